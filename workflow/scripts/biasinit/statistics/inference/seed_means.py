"""Means over seeds with intervals, of anything that every run has a value of."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.stats


def means_over_seeds(values: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return mean and 95 % interval of each group, from one number per seed.

    A seed is the unit that varies at random: runs of one seed in several cells share weights and
    batches, so each seed is averaged first, and the interval is that of a one-sample t-test.

    Args:
        values: ``keys``, ``seed`` and ``value``; values that are not finite are left out.
        keys: columns that name a group.

    Returns:
        ``keys`` and ``estimate, lower, upper, runs`` (values that entered), sorted by keys. Bounds
        are NaN where there is one seed.

    """
    usable = values.assign(value=values["value"].astype(float))
    usable = usable[np.isfinite(usable["value"])]
    by_seed = usable.groupby([*keys, "seed"], sort=True, observed=True)["value"].agg(
        ["mean", "size"]
    )
    groups = by_seed.groupby(list(keys), sort=True, observed=True)
    frame = groups["mean"].agg(["mean", "std", "count"])
    frame["runs"] = groups["size"].sum()
    frame = frame.reset_index()
    df = np.where(frame["count"] > 1, frame["count"] - 1.0, np.nan)
    half = frame["std"] / np.sqrt(frame["count"]) * scipy.stats.t.isf(0.025, df)
    frame["estimate"] = frame["mean"]
    frame["lower"], frame["upper"] = frame["mean"] - half, frame["mean"] + half
    return pd.DataFrame(frame[[*keys, "estimate", "lower", "upper", "runs"]])
