"""How the chance of a verdict on accuracy grows with the number of seeds."""

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.contrasts_to_plan import places_to_plan
from biasinit.statistics.accuracy.planning import PLANNED_POWER
from biasinit.statistics.paired.contrast_tests import FEWEST_SEEDS
from biasinit.vocabulary import ALL_CELLS

COLUMNS = ("normalization", "scheme", "reference", "seeds", "power", "wanted", "present")
MOST = 1_280  # seeds; beyond this a curve has no news for anyone
STEP = 2 ** (1 / 3)


def power_curves(contrasts: pd.DataFrame, *, alpha: float, analysis_seed: int) -> pd.DataFrame:
    """Return the table `accuracy_power`: the chance of a verdict if the estimate is the truth.

    A verdict is an interval of the family that excludes zero, or two one-sided tests within the
    margin that hold after Holm in every condition, as in ``seeds_needed``. Seeds are those that a
    contrast uses.

    Args:
        contrasts: the table `accuracy_contrasts`.
        alpha: error rate of the family.
        analysis_seed: keys the simulation.

    """
    accuracy = contrasts[contrasts["family"] == "accuracy"].reset_index(drop=True)
    places = places_to_plan(
        accuracy,
        by=["normalization", "scheme"],
        alpha=alpha,
        analysis_seed=analysis_seed,
        name="accuracy",
    )
    frames = []
    for index, row in accuracy[accuracy["cell"] == ALL_CELLS].iterrows():
        family, place = places[int(str(index))]
        numbers = seed_numbers(int(row["seeds"]))
        frames.append(
            pd.DataFrame(
                {
                    "normalization": str(row["normalization"]),
                    "scheme": str(row["scheme"]),
                    "reference": str(row["reference"]),
                    "seeds": numbers,
                    "power": [family.power(place, number) for number in numbers],
                    "wanted": PLANNED_POWER,
                    "present": np.array(numbers) == row["seeds"],
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def seed_numbers(present: int) -> list[int]:
    """Return the numbers of seeds of a curve: each about 1.26 times the last, and the present."""
    steps = int(np.ceil(np.log(MOST / FEWEST_SEEDS) / np.log(STEP)))
    grid = {round(FEWEST_SEEDS * STEP**step) for step in range(steps + 1)}
    return sorted(grid | ({present} if present >= FEWEST_SEEDS else set()))
