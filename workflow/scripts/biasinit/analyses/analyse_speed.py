"""The time to threshold, and the mean learning curves."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import (
    BASIS,
    CELL,
    FRAGILE,
    NORMALIZATION,
    REFERENCE,
    RUNS,
    SCHEME,
    STANDARD_ERROR,
    contrast_tests,
    interval,
)
from biasinit.analyses.contract import AnalysedStudy, Analysis, Tables
from biasinit.runs.columns import Table, integer, number, text

MEANS = Table(
    name="speed_means",
    folder="analysis",
    note="Restricted mean epochs to threshold.",
    columns=(
        NORMALIZATION,
        SCHEME,
        number("estimate", "restricted mean time to threshold", unit="epochs"),
        number("standard_error", STANDARD_ERROR, unit="epochs"),
        number("df", "degrees of freedom"),
        *interval("epochs"),
        RUNS,
        integer("reached", "of them reached the threshold"),
    ),
)

CONTRASTS = Table(
    name="speed_contrasts",
    folder="analysis",
    note="One row per contrast of the time to threshold with the reference scheme, among seeds in "
    "which both arms reached it; families as in `accuracy_contrasts`.\n"
    "Judged is the mean logarithm of the ratio of two times within a seed; the columns `ratio` are "
    "its exponentials.\n"
    "How often an arm does not reach the threshold stands in `failure_contrasts`.",
    columns=(
        text("family", "`speed`"),
        NORMALIZATION,
        SCHEME,
        REFERENCE,
        CELL,
        BASIS,
        *contrast_tests("mean of the logarithms of the ratios of times within seeds", "log ratio"),
        number("ratio", "geometric mean of the scheme's time / the reference's", unit="ratio"),
        number("ratio_lower", "lower bound of a 95 % interval", unit="ratio"),
        number("ratio_upper", "upper bound of a 95 % interval", unit="ratio"),
        number("ratio_simultaneous_lower", "lower bound that holds for the family", unit="ratio"),
        number("ratio_simultaneous_upper", "upper bound that holds for the family", unit="ratio"),
        number("ratio_equivalence_lower", "`equivalence_lower` as a ratio", unit="ratio"),
        number("ratio_equivalence_upper", "`equivalence_upper` as a ratio", unit="ratio"),
        number("ratio_smallest_margin", "`smallest_margin` as a ratio", unit="ratio"),
        number("margin_lower", "lower end of the margin of equivalence", unit="ratio"),
        number("margin_upper", "upper end of the margin of equivalence", unit="ratio"),
        number(
            "restricted_ratio",
            "ratio of restricted mean times, in which a run that never reaches the threshold "
            "counts with the whole length; decides nothing",
            unit="ratio",
        ),
        number("restricted_lower", "lower bound of its 95 % interval (jackknife)", unit="ratio"),
        number("restricted_upper", "upper bound of its 95 % interval (jackknife)", unit="ratio"),
        number(
            "hazard_ratio",
            "in a discrete-time complementary log-log model; above 1 is faster",
            unit="ratio",
        ),
        number("hazard_lower", "lower bound of a 95 % interval", unit="ratio"),
        number("hazard_upper", "upper bound of a 95 % interval", unit="ratio"),
        number("hazard_p", "of the row alone, in the hazard model"),
        number("hazard_p_adjusted", "the same, adjusted by Holm"),
        FRAGILE,
    ),
)

CURVE_MEANS = Table(
    name="curve_means",
    folder="analysis",
    note="Mean learning curves, and the share of runs that have reached the threshold.",
    columns=(
        NORMALIZATION,
        CELL,
        SCHEME,
        number("epoch", "epochs done, with a fraction", unit="epochs"),
        number("validation_accuracy", "mean over seeds", unit="percent"),
        number("lower", "lower bound of a 95 % interval at this epoch", unit="percent"),
        number("upper", "upper bound of a 95 % interval at this epoch", unit="percent"),
        number(
            "band_lower",
            "lower bound that holds for the whole curve at once; missing with fewer than six seeds",
            unit="percent",
        ),
        number("band_upper", "upper bound that does", unit="percent"),
        number("share_reached", "share of runs that have reached the threshold"),
        RUNS,
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return means and contrasts of the time to threshold, and mean curves if there are any."""
    from biasinit.statistics.speed.analysis import analyse_speed

    found = analyse_speed(tables["runs"], tables.get("curves"), **plan)
    return {
        MEANS.name: found.means,
        CONTRASTS.name: found.contrasts,
        CURVE_MEANS.name: found.curve_means,
    }


def has_times(study: AnalysedStudy) -> bool:
    """Return whether the runs say when they reached the threshold."""
    return "epochs_to_threshold" in study.run_columns


ANALYSIS = Analysis(
    name="analyse_speed",
    message="Analysing the time to threshold",
    reads=("runs",),
    reads_if_there=("curves",),
    plan=(
        "reference",
        "schemes",
        "speed_margin",
        "epochs",
        "alpha",
        "resamples",
        "analysis_seed",
    ),
    makes=(MEANS, CONTRASTS, CURVE_MEANS),
    run=run,
    applies=has_times,
    memory_mb=4000,
    minutes=30,
    is_local=False,
)
