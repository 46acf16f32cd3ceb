"""How much a single seed carries: every contrast with one seed left out at a time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.sign_flips import varies
from biasinit.statistics.inference.study_runs import ALL_CELLS, read_runs, treatments
from biasinit.statistics.paired.arms import arm_differences, crossed_differences

COLUMNS = (
    *("family", "normalization", "scheme", "reference", "seed"),
    *("estimate_without", "change", "p_without", "decision_changes"),
)


def influence(
    runs: pd.DataFrame,
    *,
    outcome: str,
    reference: str,
    schemes: Sequence[str],
    alpha: float,
) -> pd.DataFrame:
    """Return each contrast over all cells without each of its seeds.

    Args:
        runs: the table `runs`.
        outcome: column of numbers, such as "final_accuracy".
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        alpha: level of the single one-sample t-tests whose decisions are compared.

    Returns:
        ``family, normalization, scheme, reference, seed, estimate_without, change`` (in standard
        errors of the whole estimate), ``p_without`` and ``decision_changes``. Seeds in which a
        run of either arm failed are not in the contrast, so leaving them out changes nothing.

    """
    table = treatments(read_runs(runs, needed=[outcome]))
    table = table[table["scheme"].isin(list(schemes))].reset_index(drop=True)
    single = arm_differences(
        table,
        outcome,
        family="accuracy",
        reference=reference,
        schemes=schemes,
        set_failed_apart=True,
    )
    frames = []
    for differences in (single, crossed_differences(single, family="interaction")):
        whole = np.flatnonzero((differences.labels["cell"] == ALL_CELLS).to_numpy())
        for place in whole:
            values = differences.values[:, place]
            present = np.isfinite(values)
            part = leave_one_out(values[present], alpha=alpha)
            names = ["family", "normalization", "scheme", "reference"]
            label = differences.labels[names].iloc[int(place)].to_dict()
            seeds = np.array(differences.units)[present]
            frames.append(part.assign(seed=seeds, **{str(k): v for k, v in label.items()}))
    frames = [frame for frame in frames if len(frame)]
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return found[list(COLUMNS)]


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
