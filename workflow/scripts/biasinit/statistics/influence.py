"""How much a single seed carries: every contrast with one seed left out at a time."""

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.arms import ArmDifferences
from biasinit.statistics.arrays import Floats
from biasinit.statistics.sign_flips import varies


def influence(differences: ArmDifferences, *, alpha: float) -> pd.DataFrame:
    """Return each contrast without each of its seeds.

    Args:
        differences: per-seed differences of a family.
        alpha: level of the single one-sample t-tests whose decisions are compared.

    Returns:
        The labels of the contrast, ``seed``, ``estimate_without, change`` (in standard errors of
        the whole estimate), ``p_without`` and ``decision_changes``.

    """
    frames = []
    for place, label in differences.labels.iterrows():
        values = differences.values[:, int(str(place))]
        present = np.isfinite(values)
        seeds = [unit for unit, here in zip(differences.units, present, strict=True) if here]
        table = leave_one_out(values[present], alpha=alpha)
        table.insert(0, "seed", seeds)
        for name, text in reversed(list(label.items())):
            table.insert(0, str(name), text)
        frames.append(table)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def leave_one_out(values: Floats, *, alpha: float) -> pd.DataFrame:
    """Return the one-sample t-test of ``values`` (units,) without each unit in turn."""
    count = len(values)
    columns = ["estimate_without", "change", "p_without", "decision_changes"]
    if count < 3 or not varies(values[:, None])[0]:
        return pd.DataFrame(np.nan, index=range(count), columns=columns)
    centred = values - values.mean()
    mean = -centred / (count - 1)
    squares = (centred**2).sum() - centred**2 - (count - 1) * mean**2
    error = np.sqrt(np.maximum(squares, 0) / (count - 2) / (count - 1))
    whole_error = np.sqrt((centred**2).sum() / (count - 1) / count)
    with np.errstate(divide="ignore"):
        p = 2 * scipy.stats.t.sf(np.abs(values.mean() + mean) / error, count - 2)
    decided = 2 * scipy.stats.t.sf(abs(values.mean()) / whole_error, count - 1) <= alpha
    return pd.DataFrame(
        {
            "estimate_without": values.mean() + mean,
            "change": mean / whole_error,
            "p_without": p,
            "decision_changes": (p <= alpha) != decided,
        }
    )
