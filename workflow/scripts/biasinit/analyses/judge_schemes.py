"""The answer: each scheme against the reference, one verdict for each outcome and normalisation."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import REFERENCE, SCHEME
from biasinit.analyses.contract import Analysis, Tables
from biasinit.runs.columns import Table, flag, integer, number, text

VERDICTS = Table(
    name="verdicts",
    folder="analysis",
    note="The answer: one row per outcome, normalisation and scheme.\n"
    "Estimate, bounds and margins are in the unit of the row: points, ratio or share of runs.",
    columns=(
        text("outcome", "`accuracy`, `interaction`, `speed` or `failure`"),
        text("normalization", "as in the contrasts that the verdict is on"),
        SCHEME,
        REFERENCE,
        text(
            "verdict",
            "`better`, `worse`, `equivalent`, `different but negligible`, `inconclusive`, `not "
            "estimable`; for speed `better` means faster; for failure `worse` means more runs "
            "fail, and without any failure the row stays `inconclusive`: zero of 40 bounds a "
            "risk, it does not show that there is none",
        ),
        text(
            "headline",
            'one plain sentence with number, unit and interval; it says "on this test set", and '
            '"on new images" only where the interval for new test images lies inside the margin '
            "too",
        ),
        number("estimate", "what is judged"),
        number("lower", "lower bound of the interval that holds for the family"),
        number("upper", "upper bound of the interval that holds for the family"),
        number(
            "level", "of the interval (95 unless the look spends less than .05)", unit="percent"
        ),
        text("unit", "`points`, `ratio` or `share of runs`"),
        number("margin_lower", "lower end of the margin of equivalence"),
        number("margin_upper", "upper end of the margin of equivalence"),
        number("p_adjusted", "of a difference; one of two that decided"),
        number("p_equivalence_adjusted", "of equivalence; the other one"),
        flag("fragile", "whether the two analyses disagree"),
        text("depends_on", "empty, or the factor that the effect changes with"),
        number("smallest_margin", "the smallest margin that would count as equivalent"),
        integer("seeds", "seeds used"),
        integer(
            "seeds_needed",
            "seeds that would decide an inconclusive row; missing when it is decided",
        ),
        integer("failed", "failed runs of the scheme"),
        integer("reference_failed", "failed runs of the reference"),
        number(
            "new_test_set_lower",
            "lower bound of a 95 % interval of the contrast for new seeds and new test images "
            "(both resampled); missing for speed and failure, and without `correct`",
            unit="points",
        ),
        number("new_test_set_upper", "upper bound of the same", unit="points"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the table of verdicts from the tables of the analyses."""
    from biasinit.statistics.judging.schemes import judge_schemes

    verdicts = judge_schemes(
        tables["runs"],
        accuracy_contrasts=tables["accuracy_contrasts"],
        speed_contrasts=tables.get("speed_contrasts"),
        failure_rates=tables["failure_rates"],
        failure_contrasts=tables["failure_contrasts"],
        correct=tables.get("correct"),
        **plan,
    )
    return {VERDICTS.name: verdicts}


ANALYSIS = Analysis(
    name="judge_schemes",
    message="Judging each scheme against {params.plan[reference]}",
    reads=("runs", "accuracy_contrasts", "failure_rates", "failure_contrasts"),
    reads_if_there=("speed_contrasts", "correct"),
    plan=("reference", "schemes", "alpha", "analysis_seed", "test_images"),
    makes=(VERDICTS,),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
