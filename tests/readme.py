"""The README's tables of the answer on photographs, from docs/measured: ``python tests/readme.py``.

A test holds the README against them. Each cell is a study's registered verdict on a scheme at its
own best learning rate, with the estimate in points of test accuracy and the interval that was
judged.
"""

from collections.abc import Sequence

import pandas as pd

from biasinit import numbers
from biasinit.reporting.claims.overview import LEDGER_TABLES
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.verdicts.vocabulary import VOCABULARY
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import OWN_BEST_RATE, WITHOUT_AND_WITH
from repository import MEASURED

SCHEMES = ("0.01", "0.1", "1.0", "xavier", "pytorch", "none")
PHOTOGRAPHS = {
    "cifar10_plain": "CIFAR-10, plain",
    "cifar10_vgg": "CIFAR-10, VGG-16",
    "cifar10_resnet": "CIFAR-10, ResNet-8",
    "optimizers": "CIFAR-10, plain, AdamW",
    "fashion": "Fashion-MNIST, plain",
}


def tables() -> list[str]:
    """Return a table in Markdown for each normalisation, of the studies that are published."""
    found = {
        title: pd.read_parquet(MEASURED / study / LEDGER_TABLES["verdicts"])
        for study, title in PHOTOGRAPHS.items()
        if (MEASURED / study).exists()
    }
    own_best = {
        title: table[(table["outcome"] == Outcome.ACCURACY) & (table["cell"] == OWN_BEST_RATE)]
        for title, table in found.items()
    }
    return [
        _table(
            normalization_label(level),
            list(own_best),
            [
                table[table["normalization"] == level].set_index("scheme")
                for table in own_best.values()
            ],
        )
        for level in WITHOUT_AND_WITH
    ]


def _table(corner: str, titles: Sequence[str], columns: Sequence[pd.DataFrame]) -> str:
    lines = [
        [corner, *titles],
        ["---"] * (len(titles) + 1),
        *([name, *(_cell(column.loc[name]) for column in columns)] for name in SCHEMES),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: "pd.Series[object]") -> str:
    verdict = Verdict(str(row["verdict"]))
    estimate, lower, upper = (float(str(row[name])) for name in ("estimate", "lower", "upper"))
    size = numbers.with_interval(numbers.signed(estimate), lower, upper)
    return f"{VOCABULARY[verdict].symbol} {size}"


if __name__ == "__main__":
    print("\n\n".join(tables()))
