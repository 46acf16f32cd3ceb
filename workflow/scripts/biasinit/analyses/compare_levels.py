"""The levels of factors against each other, where claims ask for it."""

from collections.abc import Mapping
from typing import Any

from biasinit.analyses.columns import BASIS, CELL, MARGIN, NORMALIZATION, contrast_tests
from biasinit.analyses.contract import AnalysedStudy, Analysis, Tables, with_metric
from biasinit.runs.columns import Table, flag, integer, number, text

CONTRASTS = Table(
    name="level_contrasts",
    folder="analysis",
    note="One row for each comparison between levels of a factor that the claims ask of the "
    "study, over all conditions and in each; only there where they ask any. Rows over all "
    "conditions are one family, those in single conditions another.",
    columns=(
        NORMALIZATION,
        text("scheme", "under which start of biases"),
        text(
            "reference",
            "empty, or another scheme: then the effect of the scheme against it is compared "
            "between the levels",
        ),
        text("factor", "whose levels are compared"),
        text("level", "one level of the factor"),
        text("against", "the level that it is compared with"),
        CELL,
        BASIS,
        *contrast_tests(
            "accuracy at `level` minus that at `against`; mean of the differences within seeds",
            "points",
        ),
        MARGIN,
        integer("runs", "runs at the level"),
        integer("against_runs", "runs at the level that it is compared with"),
        integer("failed", "of the first, failed"),
        integer("against_failed", "of the second, failed"),
        integer("conditions", "how many conditions stand behind the row"),
        text("verdict", "as in `verdicts`"),
        text("depends_on", "as in `verdicts`"),
        number("printed_lower", "lower bound of the interval that decides", unit="points"),
        number("printed_upper", "its upper bound", unit="points"),
        number("printed_level", "its level", unit="percent"),
        text("printed_interval", "what it is: `interval` in `verdicts`"),
        flag("fragile", "whether a test that allows for skewed values decides otherwise"),
        number("p_below", "as in `verdicts`"),
        number("p_inside", "as in `verdicts`"),
        number("p_above", "as in `verdicts`"),
        integer("seeds_needed", "as in `verdicts`"),
        integer("seeds_needed_low", "as in `verdicts`"),
        integer("seeds_needed_high", "as in `verdicts`"),
        text("unit", "`points`, or that of another metric"),
        text("better", "as in `verdicts`"),
        text("metric", "as in `verdicts`"),
    ),
)


def run(tables: Tables, plan: Mapping[str, Any]) -> Tables:
    """Return the contrasts between levels that are asked for."""
    from biasinit.statistics.judging.level_contrasts import LevelQuestion, compare_levels

    questions = [LevelQuestion(**question) for question in plan["questions"]]
    found = compare_levels(tables["runs"], **{**with_metric(plan), "questions": questions})
    return {CONTRASTS.name: found}


def is_asked(study: AnalysedStudy) -> bool:
    """Return whether claims ask for comparisons between levels."""
    return bool(study.plan["questions"])


ANALYSIS = Analysis(
    name="compare_levels",
    message="Comparing levels of factors for the ledger of claims",
    reads=("runs",),
    plan=("margins", "metric", "alpha", "resamples", "analysis_seed", "questions"),
    makes=(CONTRASTS,),
    run=run,
    applies=is_asked,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
