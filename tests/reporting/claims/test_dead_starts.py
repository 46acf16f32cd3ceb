"""Networks that start without a signal, against the share that theory gives."""

import numpy as np
import pandas as pd
import pytest

from biasinit.reporting.claims.dead_starts import dead_starts
from biasinit.reporting.claims.finding import Bearing
from biasinit.reporting.claims.findings import finding
from biasinit.study.evidence import DeadStartEvidence

EVIDENCE = DeadStartEvidence(
    kind="dead_start",
    study="s",
    normalization="none",
    scheme="zeros",
    architecture="deep",
    expected=0.5,
)


def tables(dead, alive):
    losses = [float(np.float32(np.log(2)))] * dead + [0.6931, 0.75][:1] * alive
    runs = pd.DataFrame(
        {
            "normalization": "none",
            "scheme": "zeros",
            "architecture": "deep",
            "seed": range(dead + alive),
            "initial_loss": losses,
        }
    )
    return {"runs": pd.concat([runs, runs.assign(learning_rate=0.1)])}


@pytest.mark.parametrize(
    ("dead", "alive", "bearing"),
    [(100, 100, Bearing.SUPPORTS), (60, 140, Bearing.REFUTES), (140, 60, Bearing.REFUTES)],
)
def test_the_exact_interval_decides(dead, alive, bearing):
    found = finding(EVIDENCE, tables(dead, alive))
    assert found.bearing is bearing
    assert f"{dead} of {dead + alive} seeds" in found.measured[0]


def test_runs_that_are_not_there_are_said():
    assert finding(EVIDENCE, {}).bearing is Bearing.ABSENT
    other = EVIDENCE.model_copy(update={"architecture": "other"})
    assert finding(other, tables(1, 1)).bearing is Bearing.ABSENT


@pytest.mark.parametrize("classes", [2, 3, 10, 20])
def test_a_dead_start_is_the_loss_of_equal_outputs_to_the_last_digit(classes):
    exact = float(np.float32(np.log(classes)))
    losses = pd.Series([exact, exact * (1 + 1e-5), exact * (1 - 1e-5), 50.0, np.nan])
    assert dead_starts(losses).tolist() == [True, False, False, False, False]
