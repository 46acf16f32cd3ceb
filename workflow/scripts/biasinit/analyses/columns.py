"""Columns that the tables of several analyses have."""

from biasinit.runs.columns import Column, flag, integer, number, text

NORMALIZATION = text("normalization", "`none`, `batchnorm_shift` or `norm_shift`")
SCHEME = text("scheme", "name of the scheme; never the A/A arm")
REFERENCE = text("reference", "the scheme that it is compared with")
CELL = text(
    "cell",
    "`all` for the mean over cells, or one cell by the factors that vary (`learning_rate 0.02`; "
    "`the only cell` where none does)",
)
BASIS = text(
    "basis",
    "`all seeds`, or `seeds where both trained` (for times: `seeds where both reached it`) when a "
    "pair of runs was set apart",
)
SEEDS = integer(
    "seeds", "that the row rests on; over several cells, those of the cell with the fewest"
)
STANDARD_ERROR = "of the estimate"
DEGREES_OF_FREEDOM = "degrees of freedom"
RUNS = integer("runs", "number of runs")
MARGIN = number("margin", "of equivalence", unit="points")
EQUIVALENCE = (
    number(
        "p_equivalence",
        "of two one-sided tests against the margin; over several cells, the largest of them; "
        "missing with fewer than six seeds",
    ),
    number(
        "p_equivalence_adjusted",
        "the same, adjusted by Holm over the family; of a cell, not above that of all cells where "
        "that is decided",
    ),
)
SMALLEST_MARGIN = number("smallest_margin", "that would be declared equivalent", unit="points")
FRAGILE = flag(
    "fragile",
    "whether the model's decision differs in sign or rejection, or a test that allows for skewed "
    "values decides otherwise",
)
HOMOGENEITY = number(
    "homogeneity_p",
    "over several cells: that the contrast is the same in each, from sign flips over the family",
)


def interval(unit: str = "") -> tuple[Column, Column]:
    """Return the bounds of a 95 % interval."""
    return (
        number("lower", "lower bound of a 95 % interval", unit=unit),
        number("upper", "upper bound of a 95 % interval", unit=unit),
    )


def tested(what: str, unit: str) -> tuple[Column, ...]:
    """Return an estimate from differences within seeds, and its one-sample t-test."""
    return (
        number("estimate", what, unit=unit),
        number("standard_error", STANDARD_ERROR, unit=unit),
        number("df", DEGREES_OF_FREEDOM),
        number("t", "one-sample t of differences within seeds"),
        number("p", "of the row alone"),
        *interval(unit),
    )


def family_of_flips(unit: str) -> tuple[Column, ...]:
    """Return what sign flips of whole seeds say of a whole family at once."""
    return (
        number("p_adjusted", "from sign flips, over the family"),
        number("simultaneous_lower", "lower bound that holds for the whole family", unit=unit),
        number("simultaneous_upper", "upper bound that holds for the whole family", unit=unit),
    )


def contrast_tests(what: str, unit: str) -> tuple[Column, ...]:
    """Return the columns of all tests of a table of contrasts.

    Args:
        what: the estimate is.
        unit: of the estimate.

    """
    return (
        SEEDS,
        *tested(what, unit),
        *family_of_flips(unit),
        *EQUIVALENCE,
        number("equivalence_level", "of the interval that decides on equivalence", unit="percent"),
        number(
            "equivalence_lower",
            "its lower bound; over several cells, the lowest of any cell",
            unit=unit,
        ),
        number("equivalence_upper", "its upper bound; the highest of any cell", unit=unit),
        number("smallest_margin", "the margin that this interval would touch", unit=unit),
        flag("identical", "whether no seed differs"),
        number("skewness", "of the differences within seeds"),
        flag("skewed", "whether a test that allows for skewed values (Hall) decides otherwise"),
        HOMOGENEITY,
    )


def accuracy_contrasts(
    *, family: Column, normalization: Column, scheme: Column
) -> tuple[Column, ...]:
    """Return the columns of contrasts of final accuracy, with what their labels mean."""
    return (
        family,
        normalization,
        scheme,
        REFERENCE,
        CELL,
        BASIS,
        *contrast_tests("mean of the differences within seeds", "points"),
        MARGIN,
        number("without_collapsed", "the estimate without collapsed runs", unit="points"),
        number("without_collapsed_lower", "lower bound of its 95 % interval", unit="points"),
        number("without_collapsed_upper", "upper bound of its 95 % interval", unit="points"),
        number("mixed_estimate", "the same contrast in the mixed model", unit="points"),
        number("mixed_standard_error", "of the estimate of the mixed model", unit="points"),
        number("mixed_df", "degrees of freedom of the mixed model, by Satterthwaite"),
        number("mixed_p", "of the row alone, in the mixed model"),
        number("mixed_p_adjusted", "the same, adjusted by Holm"),
        number(
            "mixed_scheme_by_cell_p",
            "joint test of the contrast's differences between cells, in the mixed model",
        ),
        FRAGILE,
    )
