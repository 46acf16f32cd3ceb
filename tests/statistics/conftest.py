"""Reference data with results from R, and the generated study, for the tests of statistics."""

from pathlib import Path

import pandas as pd
import pytest

from generated_study import generated_runs

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="session")
def reference():
    """A function that reads one of the reference tables (see reference/README.md)."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(REFERENCE / f"{name}.csv", dtype={"Subject": str, "Worker": str})

    return read


@pytest.fixture(scope="session")
def runs():
    """The generated study: 560 runs, three failures of 'one' without batch normalisation."""
    return generated_runs()


@pytest.fixture(scope="session")
def synthetic_study(reference):
    """The synthetic runs as a table of runs: three cells, twenty seeds, ten times not reached."""
    data = reference("nn_runs")
    return pd.DataFrame(
        {
            "dataset": "synthetic",
            "architecture": data["cell"],
            "normalization": data["bn"].map({"off": "none", "on": "batchnorm_shift"}),
            "scheme": data["scheme"],
            "seed": data["seed"],
            "final_accuracy": data["acc"],
            "epochs_to_threshold": data["epoch_to"],
            "reached": data["reached"] == 1,
        }
    )
