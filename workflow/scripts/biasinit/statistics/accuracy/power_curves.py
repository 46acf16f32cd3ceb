"""How the chance of a verdict on accuracy grows with the number of seeds."""

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.planning import (
    FEWEST_SEEDS,
    PLANNED_POWER,
    contrasts_to_plan,
    planned_family,
)
from biasinit.statistics.inference.study_runs import ALL_CELLS

COLUMNS = ("normalization", "scheme", "reference", "seeds", "power", "wanted", "present")
MOST = 1_280  # seeds; beyond this a curve has no news for anyone
STEP = 2 ** (1 / 3)


def power_curves(contrasts: pd.DataFrame, *, alpha: float, analysis_seed: int) -> pd.DataFrame:
    """Return the table `accuracy_power`: the chance of a verdict if the estimate is the truth.

    A verdict is an interval of the family that excludes zero, or two one-sided tests within the
    margin that hold after Holm, as in ``seeds_needed``. Seeds are those that a contrast uses.

    Args:
        contrasts: the table `accuracy_contrasts`.
        alpha: error rate of the family.
        analysis_seed: keys the simulation.

    """
    whole = contrasts[(contrasts["family"] == "accuracy") & (contrasts["cell"] == ALL_CELLS)]
    family = planned_family(
        contrasts_to_plan(whole), alpha=alpha, analysis_seed=analysis_seed, name="accuracy"
    )
    labels = whole[["normalization", "scheme", "reference", "seeds"]].itertuples(index=False)
    frames = []
    for place, (level, scheme, reference, present) in enumerate(labels):
        numbers = seed_numbers(int(present))
        frames.append(
            pd.DataFrame(
                {
                    "normalization": str(level),
                    "scheme": str(scheme),
                    "reference": str(reference),
                    "seeds": numbers,
                    "power": [family.power(place, number) for number in numbers],
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
