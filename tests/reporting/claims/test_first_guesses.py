"""Schemes whose first guesses are more unequal, and whether they are less accurate."""

import numpy as np
import pandas as pd
import pytest

from biasinit.reporting.claims.finding import Bearing
from biasinit.reporting.claims.findings import finding
from biasinit.study.evidence import FirstGuessEvidence

SCHEMES = ("zeros", "0.1", "1.0")
EVIDENCE = FirstGuessEvidence(
    kind="first_guesses", study="s", normalization="none", schemes=SCHEMES
)
CONDITION = {
    "dataset": "d",
    "architecture": "a",
    "weight_init": "he",
    "input_scaling": "raw",
    "optimizer": "sgd",
}


def tables(*, loss, spread=0.1, seeds=10):
    """Runs at two rates; at the second, validation and everything else is worse."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(seeds):
        for number, scheme in enumerate(SCHEMES):
            final = 60 - loss * number / 2 + rng.normal(0, spread)
            for rate, lost in ((0.1, 0.0), (0.01, 30.0 * number)):
                rows.append(
                    {
                        **CONDITION,
                        "normalization": "none",
                        "scheme": scheme,
                        "seed": seed,
                        "learning_rate": rate,
                        "commonest_first_guess": 20.0 + 40 * number,
                        "validation_accuracy": 60 - lost,
                        "final_accuracy": final - lost,
                    }
                )
    verdicts = pd.DataFrame(
        {"outcome": ["accuracy"], "normalization": ["none"], "margin_upper": [1.0]}
    )
    return {"runs": pd.DataFrame(rows), "verdicts": verdicts}


@pytest.mark.parametrize(
    ("loss", "spread", "bearing", "shown"),
    [
        (5.0, 0.1, Bearing.SUPPORTS, "less accurate"),
        (0.0, 0.1, Bearing.REFUTES, "as accurate"),
        (0.0, 5.0, Bearing.OPEN, "not settled"),
        (-5.0, 0.1, Bearing.OPEN, "more accurate"),
    ],
)
def test_the_interval_decides_at_the_rate_that_validated_best(loss, spread, bearing, shown):
    found = finding(EVIDENCE, tables(loss=loss, spread=spread))
    assert (found.bearing, found.shown) == (bearing, shown)
    assert "20 to 100 % of the images" in found.measured[0]
    assert (found.p == 1.0) == (bearing is Bearing.OPEN)
    assert found.sure == "10 seeds"


def test_seeds_without_a_scheme_are_counted():
    made = tables(loss=5.0)
    lacks = (made["runs"]["seed"] == 3) & (made["runs"]["scheme"] == "1.0")
    found = finding(EVIDENCE, made | {"runs": made["runs"][~lacks]})
    assert found.sure == "9 seeds; 1 left out"


def test_what_is_not_there_is_said():
    made = tables(loss=0.0)
    assert finding(EVIDENCE, {}).bearing is Bearing.ABSENT
    other = EVIDENCE.model_copy(update={"schemes": (*SCHEMES, "none")})
    assert finding(other, made).bearing is Bearing.ABSENT
    old = made | {"runs": made["runs"].drop(columns="commonest_first_guess")}
    assert finding(EVIDENCE, old).bearing is Bearing.ABSENT
