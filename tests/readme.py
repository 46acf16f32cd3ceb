"""The README's tables of the answer on photographs, from docs/measured: ``python tests/readme.py``.

A test holds the README against them. Each cell is a verdict with its estimate, in points of test
accuracy, and the interval of the family, of a scheme at its own best learning rate.
"""

from collections.abc import Sequence

from biasinit import numbers
from biasinit.reporting.atlas.reading import read_finished, synthesize
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import records
from biasinit.reporting.verdicts.vocabulary import VOCABULARY
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import WITHOUT_AND_WITH
from repository import REPOSITORY

MEASURED = REPOSITORY / "docs" / "measured"
SCHEMES = ("0.01", "0.1", "1.0", "xavier", "pytorch", "none")
PHOTOGRAPHS = ("cifar10-jpeg", "fashion")


def tables() -> list[str]:
    """Return a table in Markdown for each normalisation."""
    evidence = synthesize(*read_finished(MEASURED))
    rows = [
        row
        for row in records(evidence.conditions)
        if row["outcome"] == Outcome.ACCURACY and row["dataset"] in PHOTOGRAPHS
    ]
    return [
        _table([row for row in rows if row["normalization"] == level], normalization_label(level))
        for level in WITHOUT_AND_WITH
    ]


def _table(rows: Sequence[dict[str, object]], title: str) -> str:
    cells = {(row["scheme"], _condition(row)): _cell(row) for row in rows}
    conditions = list(dict.fromkeys(condition for _, condition in cells))
    lines = [
        f"| {title} | {' | '.join(conditions)} |",
        f"|---|{'---|' * len(conditions)}",
        *(
            f"| {name} | {' | '.join(cells.get((name, one), '') for one in conditions)} |"
            for name in SCHEMES
        ),
    ]
    return "\n".join(lines)


def _condition(row: dict[str, object]) -> str:
    return ", ".join(str(row[name]) for name in ("dataset", "architecture", "optimizer"))


def _cell(row: dict[str, object]) -> str:
    verdict = Verdict(str(row["verdict"]))
    estimate, lower, upper = (float(str(row[name])) for name in ("estimate", "lower", "upper"))
    size = numbers.signed(estimate, decimals=1)
    interval = numbers.with_interval(size, lower, upper, decimals=1)
    return f"{VOCABULARY[verdict].symbol} {interval}"


if __name__ == "__main__":
    print("\n\n".join(tables()))
