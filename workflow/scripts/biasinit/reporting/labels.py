"""Words for the levels of normalisation, and for the difference between them."""

from types import MappingProxyType

WITHOUT_BATCHNORM = "none"
WITH_BATCHNORM = "batchnorm_shift"
INTERACTION = "batchnorm_shift - none"

NORMALIZATION_LABELS = MappingProxyType(
    {
        WITHOUT_BATCHNORM: "without batch normalisation",
        WITH_BATCHNORM: "with batch normalisation",
        "norm_shift": "with the network's own normalisation",
        "batchnorm": "bias before batch normalisation (identity check)",
        INTERACTION: "difference that batch normalisation makes",
    }
)

SHORT_NORMALIZATION_LABELS = MappingProxyType(
    {
        WITHOUT_BATCHNORM: "without",
        WITH_BATCHNORM: "with",
        "norm_shift": "with its own",
        "batchnorm": "bias before",
        INTERACTION: "with − without",
    }
)


def normalization_label(normalization: str) -> str:
    """Return the words for a normalisation level, or the level itself when it has none."""
    return NORMALIZATION_LABELS.get(normalization, normalization)


def short_normalization_label(normalization: str) -> str:
    """Return one or two words for a normalisation level, for tables."""
    return SHORT_NORMALIZATION_LABELS.get(normalization, normalization)
