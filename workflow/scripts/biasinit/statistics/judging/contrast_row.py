"""A row of a table of contrasts: whom it compares, and its numbers by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastRow:
    """A scheme against the reference at a normalisation; ``row["estimate"]`` is a number."""

    family: str
    normalization: str
    scheme: str
    reference: str
    numbers: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]


LABELS = ("family", "normalization", "scheme", "reference")
TEXTS = (*LABELS, "cell", "basis")


def contrast_rows_of(contrasts: pd.DataFrame) -> Iterator[ContrastRow]:
    """Yield the rows of a table; what is empty is NaN, true and false are 1 and 0."""
    for record in contrasts.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        yield ContrastRow(
            **{name: str(row[name]) for name in LABELS},
            numbers={name: _number(value) for name, value in row.items() if name not in TEXTS},
        )


def _number(value: object) -> float:
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]
