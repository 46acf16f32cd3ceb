"""Mean learning curves with intervals over seeds, and the share of runs past the threshold."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.quantities import ASYMMETRY
from biasinit.statistics.inference.sign_flips import coin_signs
from biasinit.statistics.inference.study_runs import read_runs, treatments
from biasinit.statistics.speed.curve_bands import largest_t_quantile
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import ALL_CELLS

FLIPS = 2_000  # random signs for a band; the quantile's level is then good to 0.5 %

COLUMNS = (
    *("normalization", "cell", "scheme", "epoch"),
    *("validation_accuracy", "lower", "upper", "band_lower", "band_upper"),
    *("share_reached", "runs"),
)


def curve_means(
    runs: pd.DataFrame,
    curves: pd.DataFrame | None,
    *,
    schemes: Sequence[str],
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the table `curve_means`.

    Args:
        runs: the table `runs`; ``epochs_to_threshold`` gives the share past the threshold.
        curves: the table `curves`, or None where the study has none.
        schemes: to be shown.
        analysis_seed: keys the random signs behind the bands.

    Returns:
        One row per normalisation, cell, scheme and epoch; ``cell`` "all" averages each seed over
        the cells that have a point at the epoch. ``lower, upper`` hold for each point,
        ``band_lower, band_upper`` for the whole curve at once.

    """
    if curves is None or curves.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    table = treatments(read_runs(runs, needed=["epochs_to_threshold"]))
    table = table[table["scheme"].isin(list(schemes))]
    points = treatments(_labelled(curves))
    points = points[points["scheme"].isin(list(schemes))]
    if points.empty or table.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    whole = points.assign(cell=ALL_CELLS)
    keys = ["normalization", "cell", "scheme", "epoch"]
    both = pd.concat([points, whole], ignore_index=True)
    by_seed = both.groupby([*keys, "seed"], sort=True)["validation_accuracy"].mean().reset_index()
    groups = by_seed.groupby(keys, sort=True)["validation_accuracy"]
    frame = groups.agg(["mean", "std", "count"]).reset_index()
    df = np.where(frame["count"] > 1, frame["count"] - 1.0, np.nan)
    half = frame["std"] / np.sqrt(frame["count"]) * scipy.stats.t.isf(0.025, df)
    frame["validation_accuracy"] = frame["mean"]
    frame["lower"], frame["upper"] = frame["mean"] - half, frame["mean"] + half
    critical = _critical_values(by_seed, keys[:3], analysis_seed)
    wide = frame["std"] / np.sqrt(frame["count"])
    wide *= [critical[key] for key in frame[keys[:3]].itertuples(index=False, name=None)]
    frame["band_lower"], frame["band_upper"] = frame["mean"] - wide, frame["mean"] + wide
    reached = pd.concat([table, table.assign(cell=ALL_CELLS)], ignore_index=True)
    shares = {
        key: np.sort(group.dropna().to_numpy(dtype=float))
        for key, group in reached.groupby(["normalization", "cell", "scheme"])[
            "epochs_to_threshold"
        ]
    }
    sizes = reached.groupby(["normalization", "cell", "scheme"]).size().to_dict()
    frame["share_reached"] = [
        np.searchsorted(shares[key[:3]], key[3] + 1e-9) / sizes[key[:3]]
        if key[:3] in sizes
        else np.nan
        for key in frame[keys].itertuples(index=False, name=None)
    ]
    frame["runs"] = [
        sizes.get(key, 0) for key in frame[keys[:3]].itertuples(index=False, name=None)
    ]
    return frame[list(COLUMNS)]


def _critical_values(
    by_seed: pd.DataFrame, keys: Sequence[str], analysis_seed: int
) -> dict[tuple[str, ...], float]:
    """Return the critical value of the band of each curve, by normalisation, cell and scheme."""
    found = {}
    for key, part in by_seed.groupby(list(keys), sort=True):
        values = part.pivot(index="seed", columns="epoch", values="validation_accuracy")
        name = tuple(map(str, key))
        rng = stream(
            analysis_seed,
            0,
            Purpose.ANALYSIS,
            name=f"band of a learning curve, {', '.join(name)}",
        )
        signs, _ = coin_signs(len(values), FLIPS, rng)
        found[name] = largest_t_quantile(values.to_numpy(dtype=float), signs)
    return found


def _labelled(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the curves with cell labels; every run has many rows, so keys are not unique."""
    keys = [name for name in curves.columns if name not in _MEASURED]
    first = curves.drop_duplicates(keys)
    labels = read_runs(first[keys])
    codes = curves.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    positions = curves.groupby(keys, sort=False, dropna=False).ngroup()[first.index].to_numpy()
    label_of = np.empty(len(first), dtype=object)
    level_of = np.empty(len(first), dtype=object)
    scheme_of = np.empty(len(first), dtype=object)
    label_of[positions] = labels["cell"].to_numpy()
    level_of[positions] = labels["normalization"].to_numpy()
    scheme_of[positions] = labels["scheme"].to_numpy()
    return pd.DataFrame(
        {
            "normalization": level_of[codes],
            "cell": label_of[codes],
            "scheme": scheme_of[codes],
            "seed": curves["seed"].to_numpy(),
            "epoch": curves["epoch"].to_numpy(dtype=float),
            "validation_accuracy": curves["validation_accuracy"].to_numpy(dtype=float),
        }
    )


_MEASURED = (
    *("step", "epoch", "train_loss", "validation_accuracy", "test_accuracy"),
    ASYMMETRY,
)
