"""The items of a report: names, titles, categories and labels of all figures.

The parser of the workflow reads this module to know which files the report makes, so it
imports nothing but the standard library. Words that the whole report shares (names of the
normalisation levels) stand here as well.
"""

from dataclasses import dataclass
from types import MappingProxyType

ABSENT = "not in this table"

ANSWER = "1. Answer"
ACCURACY = "2. Accuracy"
SPEED = "3. Speed and failures"
WHY = "4. Why"
TRUST = "5. Can it be trusted"
NEXT = "6. How sure, and what next"

WITHOUT_BATCHNORM = "none"
WITH_BATCHNORM = "batchnorm_shift"
INTERACTION = "batchnorm_shift - none"

NORMALIZATION_LABELS = MappingProxyType(
    {
        WITHOUT_BATCHNORM: "without batch normalisation",
        WITH_BATCHNORM: "with batch normalisation",
        "batchnorm": "bias before batch normalisation (identity check)",
        INTERACTION: "difference that batch normalisation makes",
    }
)

SHORT_NORMALIZATION_LABELS = MappingProxyType(
    {
        WITHOUT_BATCHNORM: "without",
        WITH_BATCHNORM: "with",
        "batchnorm": "bias before",
        INTERACTION: "with − without",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureItem:
    """One figure of the report: its name in paths, its title and where it stands."""

    name: str
    title: str
    category: str
    tables: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the item in Snakemake's own report, the same keys for every item."""
        return {"shows": self.title, "kind": "figure"}


_ITEMS = (
    FigureItem(
        name="effects",
        title="Effect on accuracy against the reference",
        category=ANSWER,
        tables=("accuracy_contrasts",),
    ),
    FigureItem(
        name="interaction",
        title="Scheme by normalisation",
        category=ACCURACY,
        tables=("accuracy_means", "accuracy_contrasts"),
    ),
    FigureItem(
        name="effects_by_cell",
        title="Effects in each cell",
        category=ACCURACY,
        tables=("accuracy_contrasts",),
    ),
    FigureItem(
        name="level_contrasts",
        title="Levels of a factor against each other",
        category=ACCURACY,
        tables=("level_contrasts",),
    ),
    FigureItem(
        name="outcomes",
        title="Every run behind the means",
        category=ACCURACY,
        tables=("runs",),
    ),
    FigureItem(
        name="learning_curves",
        title="Learning curves",
        category=SPEED,
        tables=("curve_means",),
    ),
    FigureItem(
        name="share_reached",
        title="Share of runs that reached the threshold",
        category=SPEED,
        tables=("curve_means",),
    ),
    FigureItem(
        name="time_ratios",
        title="Time to the threshold against the reference",
        category=SPEED,
        tables=("speed_contrasts",),
    ),
    FigureItem(
        name="failure_rates",
        title="Share of runs that failed",
        category=SPEED,
        tables=("failure_rates",),
    ),
    FigureItem(
        name="mechanism",
        title="Units, gradients and biases by layer",
        category=WHY,
        tables=("layer_means",),
    ),
    FigureItem(
        name="twins",
        title="How far twins are from each other",
        category=WHY,
        tables=("twin_means",),
    ),
    FigureItem(
        name="controls",
        title="Controls: identity check and A/A arm",
        category=TRUST,
        tables=("identity", "replicate"),
    ),
    FigureItem(
        name="specifications",
        title="The same contrasts under other choices",
        category=TRUST,
        tables=("sensitivity",),
    ),
    FigureItem(
        name="residuals",
        title="Residuals of the mixed model",
        category=TRUST,
        tables=("accuracy_residuals",),
    ),
    FigureItem(
        name="calibration",
        title="How often the analysis errs",
        category=TRUST,
        tables=("calibration",),
    ),
    FigureItem(
        name="certainty",
        title="Smallest margin that would count as equivalent",
        category=NEXT,
        tables=("verdicts",),
    ),
    FigureItem(
        name="power",
        title="Chance of a verdict by number of seeds",
        category=NEXT,
        tables=("accuracy_power",),
    ),
    FigureItem(
        name="cost",
        title="Where the time went",
        category=NEXT,
        tables=("costs",),
    ),
)

FIGURES = MappingProxyType({item.name: item for item in _ITEMS})
FIGURE_NAMES: tuple[str, ...] = tuple(FIGURES)

CAPTION_NAMES: tuple[str, ...] = (*FIGURE_NAMES, "page", "verdicts")
"""Items that carry a caption in Snakemake's own report: figures, the page, the verdict table."""

PAGE_LABELS = MappingProxyType({"shows": "The whole study on one page", "kind": "page"})
VERDICT_LABELS = MappingProxyType({"shows": "Verdicts", "kind": "table"})


def normalization_label(normalization: str) -> str:
    """Return the words for a normalisation level, or the level itself when it has none."""
    return NORMALIZATION_LABELS.get(normalization, normalization)


def short_normalization_label(normalization: str) -> str:
    """Return one or two words for a normalisation level, for tables."""
    return SHORT_NORMALIZATION_LABELS.get(normalization, normalization)
