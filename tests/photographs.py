"""The tables of docs/photographs.md, from docs/measured: ``python tests/photographs.py``.

A test holds the page against them. Verdicts are those of the studies, on each scheme at its own
best learning rate, with the estimate in points of test accuracy and the interval that was judged.
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
    "optimizers": "CIFAR-10, plain, AdamW",
    "cifar10_vgg": "CIFAR-10, VGG-16",
    "cifar10_resnet": "CIFAR-10, ResNet-8",
    "fashion": "Fashion-MNIST, plain",
}


def published() -> dict[str, str]:
    """Return the studies on photographs that are published, with their titles."""
    return {name: title for name, title in PHOTOGRAPHS.items() if (MEASURED / name).exists()}


def runs_of(study: str) -> pd.DataFrame:
    """Return the published runs of a study."""
    return pd.read_parquet(MEASURED / study / LEDGER_TABLES["runs"])


def levels_of_zeros(study: str) -> list[float]:
    """Return the mean test accuracy of zeros without and with batch normalisation, in per cent.

    At the learning rate that validation images prefer.
    """
    runs = runs_of(study)
    zeros = runs[runs["scheme"] == "zeros"]
    means = zeros.groupby(["normalization", "learning_rate"])[
        ["validation_accuracy", "final_accuracy"]
    ].mean()
    best = means["validation_accuracy"].groupby("normalization").idxmax()
    return [float(means.loc[best[level], "final_accuracy"]) for level in WITHOUT_AND_WITH]


def own_best(study: str) -> pd.DataFrame:
    """Return the verdicts on accuracy of schemes at their own best rates."""
    table = pd.read_parquet(MEASURED / study / LEDGER_TABLES["verdicts"])
    return table[(table["outcome"] == Outcome.ACCURACY) & (table["cell"] == OWN_BEST_RATE)]


def tables() -> list[str]:
    """Return the tables in Markdown: the studies, and the verdicts at each normalisation."""
    return [_studies(), *(_verdicts(level) for level in WITHOUT_AND_WITH)]


def _studies() -> str:
    head = [
        "study",
        "runs",
        "failed",
        *(f"zeros {normalization_label(x)}, %" for x in WITHOUT_AND_WITH),
    ]
    rows = []
    for study, title in published().items():
        runs = runs_of(study)
        levels = [f"{level:.1f}" for level in levels_of_zeros(study)]
        rows.append(
            [f"{title} (`{study}`)", str(len(runs)), str(int(runs["failed"].sum())), *levels]
        )
    return _markdown(head, rows)


def _verdicts(level: str) -> str:
    columns = []
    for study in published():
        table = own_best(study)
        columns.append(table[table["normalization"] == level].set_index("scheme"))
    rows = [[name, *(_cell(column.loc[name]) for column in columns)] for name in SCHEMES]
    return _markdown([normalization_label(level), *published().values()], rows)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: "pd.Series[object]") -> str:
    verdict = Verdict(str(row["verdict"]))
    estimate, lower, upper = (float(str(row[name])) for name in ("estimate", "lower", "upper"))
    size = numbers.with_interval(numbers.signed(estimate), lower, upper)
    return f"{VOCABULARY[verdict].symbol} {size}"


if __name__ == "__main__":
    print("\n\n".join(tables()))
