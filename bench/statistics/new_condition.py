"""How often the interval for a new condition holds its effect, against the usual one.

    PYTHONPATH=workflow/scripts python bench/statistics/new_condition.py

Effects of k conditions are drawn around .5 with an SD between them, their errors (.15 to .6) are
estimated from ten seeds each, and one further effect is drawn. Compared are the interval of
``random_effects``, which averages over what the SD may be, and the usual one around one estimate of
it, by t with k − 2 degrees of freedom; and the interval for the mean is held against .5.
"""

import argparse

import numpy as np
import scipy.stats

from biasinit.statistics.synthesis.random_effects import random_effects

CONDITIONS = (6, 8, 12)
BETWEEN = (0.0, 0.15, 0.3, 1.0, 3.0)
MEAN = 0.5
SEEDS = 10


def hits(rng: np.random.Generator, conditions: int, between: float) -> tuple[bool, bool, bool]:
    """Return whether our interval, the usual one, and that of the mean hold what they are for."""
    true_errors = rng.uniform(0.15, 0.6, conditions)
    effects = rng.normal(MEAN, between, conditions) + rng.normal(0, true_errors)
    errors = true_errors * np.sqrt(rng.chisquare(SEEDS - 1, conditions) / (SEEDS - 1))
    found = random_effects(effects, errors)
    new = rng.normal(MEAN, between)
    lower, upper = found.prediction()
    half = scipy.stats.t.ppf(0.975, conditions - 2) * np.hypot(found.between, found.standard_error)
    first, last = found.interval()
    return lower <= new <= upper, abs(new - found.mean) <= half, first <= MEAN <= last


def main() -> None:
    """Print a table of coverages."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--tables", type=int, default=4000, help="for each row")
    tables = words.parse_args().tables
    print(f"| conditions | SD between | new condition | usual interval | mean |\n{'|---' * 5}|")
    for conditions in CONDITIONS:
        for between in BETWEEN:
            rng = np.random.default_rng([conditions, round(100 * between)])
            rows = np.array([hits(rng, conditions, between) for _ in range(tables)])
            shares = " | ".join(f"{share:.3f}" for share in rows.mean(axis=0))
            print(f"| {conditions} | {between:g} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
