"""The tables of docs/photographs.md, from docs/measured: ``python tests/photographs.py``.

A test holds the page against them. Verdicts are those of the studies, on each scheme at its own
best learning rate, with the estimate in points of test accuracy and the interval that was judged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A published recipe, the level published for it, in per cent, and a study of the same data."""

    of: str
    published: float
    beside: str


CALIBRATIONS = {
    "calibration_cifar10": Calibration(
        of="CIFAR-10 (here JPEG copies), ResNet-8 of 16, 32 and 64 channels",
        published=85.0,
        beside="cifar10_resnet",
    ),
    "calibration_fashion": Calibration(
        of="Fashion-MNIST, two convolutions of 32 and 64 channels",
        published=92.5,
        beside="fashion",
    ),
}

BIAS_RATES = "bias_rate_cifar10"
RATES = {
    "rate-1": "that of the weights",
    "rate-2": "twice",
    "rate-8": "8 times",
    "rate-64": "64 times",
    "decayed": "that of the weights, biases decayed",
}


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


def verdicts_on_accuracy(study: str) -> pd.DataFrame:
    """Return the published verdicts on accuracy."""
    table = pd.read_parquet(MEASURED / study / LEDGER_TABLES["verdicts"])
    return table[table["outcome"] == Outcome.ACCURACY]


def own_best(study: str) -> pd.DataFrame:
    """Return the verdicts on accuracy of schemes at their own best rates."""
    table = verdicts_on_accuracy(study)
    return table[table["cell"] == OWN_BEST_RATE]


def tables() -> list[str]:
    """Return the tables in Markdown: studies, verdicts, rates of biases, calibrations."""
    verdicts = map(_verdicts, WITHOUT_AND_WITH)
    return [_studies(), *verdicts, _rates_of_biases(), _calibrations()]


def _rates_of_biases() -> str:
    found = verdicts_on_accuracy(BIAS_RATES).set_index(["cell", "normalization", "scheme"])
    columns = [(level, scheme) for level in WITHOUT_AND_WITH for scheme in ("0.1", "1.0")]
    head = [f"{scheme}, {normalization_label(level)}" for level, scheme in columns]
    rows = [
        [title, *(_cell(found.loc[f"optimizer {name}", *column]) for column in columns)]
        for name, title in RATES.items()
    ]
    return _markdown(["learning rate of biases", *head], rows)


def _calibrations() -> str:
    rows = []
    for study, one in CALIBRATIONS.items():
        (run,) = runs_of(study).to_dict("records")
        level = levels_of_zeros(one.beside)[WITHOUT_AND_WITH.index(run["normalization"])]
        rows.append(
            [
                f"{one.of} (`{study}`)",
                f"{one.published:g}",
                f"{run['final_accuracy']:.2f}",
                f"{level:.1f} (`{one.beside}`)",
            ]
        )
    return _markdown(["data and network", "published, %", "here, %", "zeros in a study, %"], rows)


def _studies() -> str:
    head = [
        "study",
        "runs",
        "failed",
        *(f"zeros {normalization_label(x)}, %" for x in WITHOUT_AND_WITH),
    ]
    rows = []
    for study, title in PHOTOGRAPHS.items():
        runs = runs_of(study)
        levels = [f"{level:.1f}" for level in levels_of_zeros(study)]
        rows.append(
            [f"{title} (`{study}`)", str(len(runs)), str(int(runs["failed"].sum())), *levels]
        )
    return _markdown(head, rows)


def _verdicts(level: str) -> str:
    columns = []
    for study in PHOTOGRAPHS:
        table = own_best(study)
        columns.append(table[table["normalization"] == level].set_index("scheme"))
    rows = [[name, *(_cell(column.loc[name]) for column in columns)] for name in SCHEMES]
    return _markdown([normalization_label(level), *PHOTOGRAPHS.values()], rows)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: "pd.Series[object]") -> str:
    verdict = Verdict(str(row["verdict"]))
    estimate, lower, upper = (float(str(row[name])) for name in ("estimate", "lower", "upper"))
    if not math.isfinite(lower):
        said = f"{row['failed']} of {row['runs']} runs failed"
    else:
        said = numbers.with_interval(numbers.signed(estimate), lower, upper)
    return f"{VOCABULARY[verdict].symbol} {said}"


if __name__ == "__main__":
    print("\n\n".join(tables()))
