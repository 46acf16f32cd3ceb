"""Standard errors of the mixed model where five cells share their seeds, against what estimates do.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/shared_seeds.py
Five schemes, five cells, 20 seeds; the residual SD is 1, and a seed shifts all its runs by a normal
number of SD 1, in all cells alike. Printed for each case and each structure of random effects: the
root mean square of the standard errors over the empirical SD of the estimates (bar for the
structure in use: 0.9 to 1.1), the type I error of Satterthwaite's t, and the mean df. Cases:

* ``seeds``: nothing else;
* ``seeds, blocks, seeds within schemes``: also SD 0.5 for blocks and for a scheme's response to a
  seed over all its cells, which is what makes the variance of a mean over cells larger;
* ``one noisier arm``: as ``seeds``, one scheme five times noisier in one cell;
* ``two normalisations``: the difference of contrasts in the joint model, with seeds within
  normalisations, and schemes' responses to a seed with and without normalisation (SD 0.5 each).
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from unittest import mock

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy import accuracy_model
from biasinit.statistics.accuracy.accuracy_model import contrast_rows, fit_accuracy, random_terms
from biasinit.statistics.inference.arrays import Floats
from biasinit.vocabulary import ALL_CELLS, WITHOUT_AND_WITH

SCHEMES = ("zeros", "small", "one", "xavier", "kaiming")
CELLS, SEEDS = 5, 20
MEAN = 97.0  # percent, mean of all arms

Terms = Callable[..., list[str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Standard deviations of the effects that runs share; those of the residual are 1."""

    block: float = 0.0
    scheme: float = 0.0
    normalization: float = 0.0
    scheme_in_normalization: float = 0.0
    noisy: float = 1.0
    joint: bool = False


CASES = {
    "seeds": Case(),
    "seeds, blocks, seeds within schemes": Case(block=0.5, scheme=0.5),
    "one noisier arm": Case(noisy=5.0),
    "two normalisations": Case(
        block=0.5, scheme=0.5, normalization=0.5, scheme_in_normalization=0.5, joint=True
    ),
}


def without_seeds(runs: pd.DataFrame, *, joint: bool) -> list[str]:
    """Return the structure that was in use before: no effect that all cells of a seed share."""
    blocks = ["seed:cell", *(["seed:cell:normalization"] if joint else [])]
    return [*blocks, "seed:scheme"]


STRUCTURES: Mapping[str, Terms] = {"in use": random_terms, "without (1|seed)": without_seeds}


def simulated(case: Case, rng: np.random.Generator) -> pd.DataFrame:
    """Return a study in which no scheme differs from another."""
    levels = WITHOUT_AND_WITH if case.joint else WITHOUT_AND_WITH[:1]
    # normalisations, cells, seeds, schemes
    shape = (len(levels), CELLS, SEEDS, len(SCHEMES))
    index = np.indices(shape).reshape(4, -1)
    noise = np.ones(shape)
    noise[:, 0, :, -1] = case.noisy

    def shared(deviation: float, *axes: int) -> Floats:
        return deviation * rng.normal(
            size=[shape[axis] if axis in axes else 1 for axis in range(4)]
        )

    accuracy = (
        MEAN
        + shared(1.0, 2)
        + shared(case.block, 1, 2)
        + shared(case.scheme, 2, 3)
        + shared(case.normalization, 0, 2)
        + shared(case.scheme_in_normalization, 0, 2, 3)
        + noise * rng.normal(size=shape)
    )
    return pd.DataFrame(
        {
            "normalization": np.array(levels)[index[0]],
            "cell": [f"cell {number}" for number in index[1]],
            "seed": index[2],
            "scheme": np.array(SCHEMES)[index[3]],
            "final_accuracy": accuracy.ravel(),
        }
    )


def contrasts(case: Case, terms: Terms, key: int) -> Floats:
    """Return estimate, standard error, df and p of each contrast over cells, (4, contrasts)."""
    runs = simulated(case, np.random.default_rng(key))
    with mock.patch.object(accuracy_model, "random_terms", terms):
        fit = fit_accuracy(runs, joint=case.joint).fit
    rows = [
        contrast_rows(fit, scheme, SCHEMES[0], ALL_CELLS, crossed=case.joint)[0]
        for scheme in SCHEMES[1:]
    ]
    return fit.tests(np.array(rows))[["estimate", "standard_error", "df", "p"]].to_numpy().T


def summary(found: Floats) -> dict[str, float]:
    """Return the figures of one case from (tables, 4, contrasts)."""
    estimate, error, df, p = np.moveaxis(found, 1, 0)
    empirical = np.sqrt((estimate**2).mean())  # the truth is zero
    return {
        "empirical SD": float(empirical),
        "SE / SD": float(np.sqrt((error**2).mean()) / empirical),
        "type I": float((p <= 0.05).mean()),
        "df": float(df.mean()),
    }


def main() -> int:
    """Simulate and print; return 1 where the structure in use misses the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=2_000, help="a quarter for joint models")
    options = parser.parse_args()
    missed = False
    for name, case in CASES.items():
        for structure, terms in STRUCTURES.items():
            began = time.perf_counter()
            # a joint model takes a second
            tables = options.tables // 4 if case.joint else options.tables
            found = np.array([contrasts(case, terms, key) for key in range(tables)])
            figures = summary(found)
            missed |= structure == "in use" and not 0.9 <= figures["SE / SD"] <= 1.1
            shown = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
            seconds = time.perf_counter() - began
            print(f"{name}; {structure}: {shown} ({seconds:.0f} s)", flush=True)
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
