"""The reference of all tables as Markdown, from their declarations.

``python -m biasinit.analyses.documentation`` prints docs/tables.md.
"""

import sys
from collections.abc import Iterator, Sequence

from biasinit.analyses.index import all_analyses
from biasinit.runs.columns import Column, Table
from biasinit.runs.tables import COLLECTED_TABLES, COSTS, IMPORT_NOTES, PREDICTIONS, SITES

OPENING = """\
# Tables

Made from the declarations of the tables by `make schema`.
Every table is in `results/STUDY/`, as Parquet where its name does not say otherwise.
Accuracy is in percent, differences of accuracy in percentage points, time in epochs; \
where a study of brought runs has another `metric`, its values stand in the columns of accuracy, \
and its unit in place of points.
A *cell* is a combination of all factors but `normalization`: `dataset`, `architecture`, \
`weight_init`, `input_scaling`, `optimizer` and `learning_rate`.
Values may be missing where a column has nothing to say.
A column *in some studies* is absent from the tables of the others."""

OF_RUNS = """\
Made by training and merged by `collect`; of runs that are brought, `import_runs` makes `runs`, \
`import_notes` and, where they have learning curves, `curves` with the key of the run, `epoch` and \
`validation_accuracy`."""

OF_ANALYSES = """\
Each is made by the rule that is named with it.
The identity check (`normalization` is `batchnorm`) enters no model and stands in the tables of \
its own alone."""


def markdown() -> str:
    """Return the reference of all tables."""
    lines = [OPENING, "", "## Runs", "", OF_RUNS]
    for table in COLLECTED_TABLES:
        lines += _section(table, by="collect")
    lines += _section(IMPORT_NOTES, by="import_runs")
    lines += _section(SITES, by="collect_sites")
    lines += ["", "## Costs"]
    lines += _section(COSTS, by="write_report")
    lines += ["", "## Analyses", "", OF_ANALYSES]
    lines += _section(PREDICTIONS, by="predict_layers")
    for analysis in all_analyses():
        for table in analysis.makes:
            lines += _section(table, by=analysis.name)
    return "\n".join(lines) + "\n"


def _section(table: Table, *, by: str) -> Iterator[str]:
    yield from ("", f"### `{table.path}`", "", f"Made by `{by}`.", table.note, "")
    yield from _columns(table.columns)


def _columns(columns: Sequence[Column]) -> Iterator[str]:
    yield from ("| column | kind | unit | meaning |", "|---|---|---|---|")
    for column in columns:
        kind = f"{column.kind}, in some studies" if column.optional else column.kind
        # a bar would end the cell
        meaning = column.meaning.replace("|", r"\|")
        yield f"| `{column.name}` | {kind} | {column.unit} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
