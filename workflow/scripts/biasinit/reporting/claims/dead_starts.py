"""Evidence that is how many networks start without a signal, against the share that theory gives.

A layer whose units are all off for every image passes nothing on, so that all outputs are equal:
the loss at the start is then the logarithm of the number of classes, to the last digit of float32.
"""

import numpy as np
import pandas as pd

from biasinit import numbers
from biasinit.reporting.claims.finding import Bearing, Finding, Kind, Place, Tables, absent
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, table
from biasinit.statistics.inference.arrays import Booleans
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.study.evidence import DeadStartEvidence

LEVEL = 0.99  # of the interval that has to hold the theory's share
LAST_DIGIT = 1.5e-7  # of a loss near 1 in float32
_PLACE = Place(table="failure_rates", figure="failure_rates", rule="rule-failure")


def find(evidence: DeadStartEvidence, tables: Tables) -> Finding:
    """Return the share of seeds with a dead start, its exact interval, and the theory's share."""
    where = normalization_label(evidence.normalization)
    question = (
        f"networks {evidence.architecture} without a signal at the start, biases "
        f"{evidence.scheme}, {where}"
    )
    runs = table(tables, "runs")
    keys = ("normalization", "scheme", "architecture")
    if not {*keys, "initial_loss", "seed"} <= set(runs):
        return absent(evidence, question, table=_PLACE.table)
    runs = matching(runs, **{name: getattr(evidence, name) for name in keys})
    runs = runs.drop_duplicates("seed")  # the rate changes nothing before the first step
    if runs.empty:
        return absent(evidence, question, table=_PLACE.table)
    dead, total = int(dead_starts(runs["initial_loss"]).sum()), len(runs)
    lower, upper = clopper_pearson(dead, total, level=LEVEL)
    holds = lower <= evidence.expected <= upper
    return Finding(
        study=evidence.study,
        question=question,
        measured=(
            f"{dead} of {total} seeds, {numbers.percent(dead / total)} (exact 99 % interval "
            f"{numbers.percent(lower)} to {numbers.percent(upper)}); theory says "
            f"{numbers.number(100 * evidence.expected, decimals=1)} %",
        ),
        shown="as theory says" if holds else "not as theory says",
        bearing=Bearing.SUPPORTS if holds else Bearing.REFUTES,
        sure=f"{total} seeds",
        place=_PLACE,
    )


def dead_starts(losses: "pd.Series[float]") -> Booleans:
    """Mark the losses at the start that are those of equal outputs over some number of classes."""
    values = losses.to_numpy(dtype=np.float64)
    classes = np.maximum(2.0, np.round(np.exp(np.minimum(values, 20.0))))
    return np.asarray(np.abs(values - np.log(classes)) < LAST_DIGIT, dtype=bool)


KIND = Kind(reads=("runs",), find=find)
