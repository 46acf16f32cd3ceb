"""All analyses, and those that a study has.

An analysis is a file of this folder; there is no list of them, so that adding one is adding a
file. Which comes first follows from the tables that they read and make.
"""

from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from biasinit.analyses.contract import AnalysedStudy, Analysis, analysis_named
from biasinit.runs.columns import Table

# files of this folder that are no analysis; any other must be one
SHARED = frozenset(
    {"__init__", "columns", "contract", "documentation", "index", "keys", "verdict_columns"}
)


@cache
def all_analyses() -> tuple[Analysis, ...]:
    """Return all analyses, each after those whose tables it reads.

    Raises:
        AttributeError: a file of this folder has no ``ANALYSIS``.
        graphlib.CycleError: two analyses read each other's tables.

    """
    names = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - SHARED)
    found = {name: analysis_named(name) for name in names}
    makers = {table.name: name for name, item in found.items() for table in item.makes}
    # lists, so that the order is the same in every process
    reads = {
        name: [makers[table] for table in (*item.reads, *item.reads_if_there) if table in makers]
        for name, item in found.items()
    }
    return tuple(found[name] for name in TopologicalSorter(reads).static_order())


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
