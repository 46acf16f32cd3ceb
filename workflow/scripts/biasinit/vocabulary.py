"""The words that all tables share: factors, levels of normalisation, probed quantities.

A *cell* is a combination of all factors but normalisation.
"""

CELL_FACTORS = (
    "dataset",
    "architecture",
    "weight_init",
    "input_scaling",
    "optimizer",
    "learning_rate",
)
FACTORS = (
    "dataset",
    "architecture",
    "normalization",
    "weight_init",
    "input_scaling",
    "optimizer",
    "learning_rate",
)
RUN_KEY = (*FACTORS, "scheme", "seed")

TREATMENTS = ("none", "batchnorm_shift")  # the levels of normalisation that enter models
IDENTITY = "batchnorm"  # bias before normalisation: cancelled exactly, a check and no treatment

PROBED_QUANTITIES = (
    "active_fraction",
    "dead_fraction",
    "always_on_fraction",
    "preactivation_mean",
    "preactivation_std",
    "gradient_norm_weight",
    "gradient_norm_bias",
    "bias_norm",
    "bias_shift",
)
