"""Whether intervals over seeds hold where a half of the seeds shares its learning rates.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/tuned_rates.py
Prints a table in Markdown (docs/statistics.md has it). Each table of runs has 20 seeds, 3 rates,
a reference and 3 schemes, run SD 0.5, seed SD 0.4 that the schemes of a seed share, and a noise
of validation of SD 1; rates away from a scheme's best lose ``gap`` points. In the null cases all
schemes are the reference; otherwise each prefers another rate and gains ``effect`` points at
every one. "Unlike on test" is the worst case: on validation all rates are tied, and on test the
third scheme loses ``gap`` points at two of them, so that its halves may have different effects.
The truth is the difference that choosing by ten seeds leads to on average: in that case the mean
estimate of all tables, otherwise 0 or ``effect``.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.paired.tuned_rates import RATE, tuned_contrasts

SCHEMES = ("zeros", "a", "b", "c")
RATES = (0.01, 0.1, 1.0)
SEEDS = 20
RUN, SEED, VALIDATION = 0.5, 0.4, 1.0  # standard deviations in points


@dataclass(frozen=True, kw_only=True)
class Case:
    """Mean accuracies by scheme and rate, (schemes, rates), on the test and the validation set."""

    name: str
    truth: float | None
    test: np.ndarray
    validation: np.ndarray


def cases() -> list[Case]:
    """Return the cases of the table."""
    found = []
    for gap in (0.0, 0.25, 0.5, 1.0, 5.0):
        same = np.tile([-gap, 0.0, -gap], (4, 1))
        found.append(Case(name=f"null, gap {gap:g}", truth=0.0, test=same, validation=same))
    for gap in (0.0, 0.25, 0.5, 1.0, 5.0):
        own = np.full((4, 3), -gap)
        own[np.arange(4), [1, 0, 1, 2]] = 0.0
        own[1:] += 0.75
        found.append(Case(name=f"effect 0.75, gap {gap:g}", truth=0.75, test=own, validation=own))
    for gap in (0.5, 1.0):
        unlike = np.zeros((4, 3))
        unlike[3] = [-gap, 0.0, -gap]
        name = f"unlike on test, gap {gap:g}"
        found.append(Case(name=name, truth=None, test=unlike, validation=np.zeros((4, 3))))
    return found


def table_of(case: Case, rng: np.random.Generator) -> pd.DataFrame:
    """Return the runs of one study."""
    shape = (len(SCHEMES), len(RATES), SEEDS)
    scheme, rate, seed = np.indices(shape).reshape(3, -1)
    noise = SEED * rng.normal(size=SEEDS) + RUN * rng.normal(size=shape)
    validation = case.validation[..., None] + noise + VALIDATION * rng.normal(size=shape)
    return pd.DataFrame(
        {
            "dataset": "made",
            "scheme": np.array(SCHEMES)[scheme],
            RATE: np.array(RATES)[rate],
            "seed": seed,
            "final_accuracy": (95 + case.test[..., None] + noise).ravel(),
            "validation_accuracy": (95 + validation).ravel(),
            "failed": False,
        }
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=2_000)
    tables = parser.parse_args().tables
    print("| case | standard error / SD | t: 95 % | sign flips: family of 3 | any rejection |")
    print("|---|---|---|---|---|")
    for number, case in enumerate(cases()):
        rng = np.random.default_rng([17, number])
        rows = []
        for index in range(tables):
            found = tuned_contrasts(
                table_of(case, rng),
                reference="zeros",
                schemes=SCHEMES,
                margins={"made": 0.5},
                collapse_points=15.0,
                alpha=0.05,
                resamples=2_000,
                analysis_seed=index,
            )
            rows.append(found.assign(table=index))
        every = pd.concat(rows, ignore_index=True)
        mean = every.groupby("scheme")["estimate"].transform("mean")
        truth = mean if case.truth is None else case.truth
        last = every[every["scheme"] == SCHEMES[-1]]
        ratio = np.sqrt((last["standard_error"] ** 2).mean()) / last["estimate"].std()
        plain = ((every["lower"] < truth) & (truth < every["upper"]))[last.index]
        family = (every["simultaneous_lower"] <= truth) & (truth <= every["simultaneous_upper"])
        rejected = (every["p_adjusted"] <= 0.05).groupby(every["table"]).any()
        whole = family.groupby(every["table"]).all()
        shown = [_rate(part) for part in (plain, whole, rejected)]
        print(f"| {case.name} | {ratio:.2f} | {' | '.join(shown)} |", flush=True)


def _rate(hits: pd.Series) -> str:
    lower, upper = clopper_pearson(int(hits.sum()), len(hits))
    return f"{hits.mean():.3f} ({lower:.3f}-{upper:.3f})"


if __name__ == "__main__":
    main()
