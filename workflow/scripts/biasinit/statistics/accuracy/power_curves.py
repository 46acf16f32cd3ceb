"""How the chance of a verdict on accuracy grows with the number of seeds."""

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.planning import (
    FEWEST_SEEDS,
    PLANNED_POWER,
    PLANNED_STUDIES,
    contrast_deviation,
    decision_power,
    planning_stream,
)
from biasinit.statistics.inference.study_runs import ALL_CELLS

COLUMNS = ("normalization", "scheme", "reference", "seeds", "power", "wanted", "present")
MOST = 1_280  # seeds; beyond this a curve has no news for anyone
STEP = 2 ** (1 / 3)


def power_curves(contrasts: pd.DataFrame, *, alpha: float, analysis_seed: int) -> pd.DataFrame:
    """Return the table `accuracy_power`: the chance of a verdict if the estimate is the truth.

    A verdict is an interval that excludes zero or two one-sided tests that lie within the margin,
    at the share of alpha that the family leaves to each contrast, as in ``seeds_needed``.

    Args:
        contrasts: the table `accuracy_contrasts`.
        alpha: error rate of the family.
        analysis_seed: keys the simulation.

    """
    whole = contrasts[(contrasts["family"] == "accuracy") & (contrasts["cell"] == ALL_CELLS)]
    comparisons = int(whole["estimate"].notna().sum())
    frames = []
    for record in whole.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        level, scheme = str(row["normalization"]), str(row["scheme"])
        present = int(row["seeds"])
        numbers = seed_numbers(present)
        power = decision_power(
            numbers,
            effect=float(row["estimate"]),
            deviation=contrast_deviation(row, present),
            margin=float(row["margin"]),
            comparisons=comparisons,
            alpha=alpha,
            draws=PLANNED_STUDIES,
            rng=planning_stream(analysis_seed, "accuracy", level, scheme),
        )
        frames.append(
            pd.DataFrame(
                {
                    "normalization": level,
                    "scheme": scheme,
                    "reference": str(row["reference"]),
                    "seeds": numbers,
                    "power": power,
                    "wanted": PLANNED_POWER,
                    "present": np.array(numbers) == present,
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def seed_numbers(present: int) -> list[int]:
    """Return the numbers of seeds of a curve: each about 1.26 times the last, and the present."""
    steps = int(np.ceil(np.log(MOST / FEWEST_SEEDS) / np.log(STEP)))
    grid = {round(FEWEST_SEEDS * STEP**step) for step in range(steps + 1)}
    return sorted(grid | ({present} if present >= FEWEST_SEEDS else set()))
