"""The words that all parts share: choices of a study, factors, levels, probed quantities.

A *cell* is a combination of all factors but normalisation.
"""

from typing import Literal

Normalization = Literal["none", "batchnorm_shift", "batchnorm"]
WeightInitialisation = Literal[
    "he", "glorot", "pytorch", "small_normal", "koch", "zeros", "constant"
]
InputScaling = Literal["standardized", "raw"]
OptimizerKind = Literal["sgd", "adamw"]
ScheduleKind = Literal["constant", "cosine", "step", "one_cycle"]
Precision = Literal["float32", "float64", "bfloat16"]
AugmentationKind = Literal["none", "crop", "flip", "crop_flip"]
Engine = Literal["eager", "compiled"]

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

QUICK = "-quick"  # ends the name of a quick try of a study

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
# of networks that compare pairs, and in their tables alone
TWIN_BIAS_DISTANCE = "twin_bias_distance"  # in `layers`
ASYMMETRY = "asymmetry"  # in `curves`
