"""What training measures of a network's layers and pairs, by the names that tables have."""

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
