"""Columns that the tables of several analyses have."""

from biasinit.runs.columns import Column, flag, integer, number, text

NORMALIZATION = text("normalization", "`none` or `batchnorm_shift`")
SCHEME = text("scheme", "name of the scheme; never the A/A arm")
REFERENCE = text("reference", "the scheme that it is compared with")
CELL = text(
    "cell",
    "`all` for the mean over cells, or one cell by the factors that vary (`learning_rate 0.02`; "
    "`the only cell` where none does)",
)
BASIS = text(
    "basis", "`all seeds`, or `seeds where both trained` when any run of either arm failed"
)
SEEDS = integer("seeds", "that the row rests on")
FAMILY_SEEDS = integer("seeds", "that the row rests on; runs of the scheme where failures count")
STANDARD_ERROR = "of the estimate"
DEGREES_OF_FREEDOM = "degrees of freedom"
RUNS = integer("runs", "number of runs")
MARGIN = number("margin", "of equivalence", unit="points")
EQUIVALENCE = (
    number("p_equivalence", "of two one-sided tests against the margin"),
    number("p_equivalence_adjusted", "the same, adjusted by Holm over the family"),
)
SMALLEST_MARGIN = number("smallest_margin", "that would be declared equivalent", unit="points")
FRAGILE = flag("fragile", "whether the model's decision differs in sign or rejection")
SCHEME_BY_CELL = number(
    "scheme_by_cell_p", "joint test of the contrast's differences between cells"
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
        FAMILY_SEEDS,
        *tested("mean of the differences within seeds", "points"),
        *family_of_flips("points"),
        MARGIN,
        *EQUIVALENCE,
        SMALLEST_MARGIN,
        number("mixed_estimate", "the same contrast in the mixed model", unit="points"),
        number("mixed_standard_error", "of the estimate of the mixed model", unit="points"),
        number("mixed_df", "degrees of freedom of the mixed model, by Satterthwaite"),
        number("mixed_p", "of the row alone, in the mixed model"),
        number("mixed_p_adjusted", "the same, adjusted by Holm"),
        FRAGILE,
        SCHEME_BY_CELL,
    )
