"""All analyses, and those that a study has."""

from collections.abc import Iterator

from biasinit.analyses.contract import AnalysedStudy, Analysis, analysis_named
from biasinit.runs.columns import Table

# an analysis stands below those whose tables it reads
NAMES = (
    "analyse_accuracy",
    "analyse_speed",
    "analyse_failure",
    "analyse_layers",
    "compare_twins",
    "check_controls",
    "judge_schemes",
    "analyse_sensitivity",
    "analyse_tuned",
    "compare_levels",
    "calibrate",
)


def all_analyses() -> tuple[Analysis, ...]:
    """Return all analyses."""
    return tuple(map(analysis_named, NAMES))


def analyses_of(study: AnalysedStudy, tables: tuple[Table, ...]) -> tuple[Analysis, ...]:
    """Return the analyses that a study has.

    Args:
        study: what decides.
        tables: that the study has without its analyses.

    """
    return tuple(_applying(study, {table.name for table in tables}))


def _applying(study: AnalysedStudy, there: set[str]) -> Iterator[Analysis]:
    for analysis in all_analyses():
        if there.issuperset(analysis.reads) and analysis.applies(study):
            there |= {table.name for table in analysis.makes}
            yield analysis
