"""What R 4.2.2 gives for the data sets in reference/r_*.csv, which write_r_results.R wrote."""

from functools import lru_cache
from pathlib import Path

import pandas as pd

REFERENCE = Path(__file__).parent / "reference"
RESULTS = pd.read_csv(REFERENCE / "r_results.csv", keep_default_na=False)
EFFECT, ERROR, VARIANCE, DF, P = 1e-5, 1e-3, 1e-3, 0.01, 0.02  # relative
LOG_LIKELIHOOD = 1e-4  # absolute
# columns that R read as text: numbers are levels there
TEXT = {"dose", "temperature", "replicate", "Chick", "Diet", "service", "scheme", "Worker"}


@lru_cache
def r_table(name):
    """One of the data sets."""
    return pd.read_csv(REFERENCE / f"r_{name}.csv", dtype=dict.fromkeys(TEXT, str))


def expected(case, kind):
    """R's numbers of one kind for one case, by name; there are some."""
    rows = RESULTS[(RESULTS["case"] == case) & (RESULTS["kind"] == kind)]
    assert len(rows), (case, kind)
    return rows.set_index("name")["value"].astype(float)


def r_name(name, factors):
    """The package's name of a coefficient as R writes it."""
    name = name.replace("Intercept", "(Intercept)")
    for factor in factors:
        name = name.replace(f"{factor}[T.", factor)
    return name.replace("]", "")
