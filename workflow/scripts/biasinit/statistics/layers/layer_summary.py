"""Means of what happens inside the layers, over seeds and cells."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from biasinit.quantities import PROBED_QUANTITIES
from biasinit.statistics.inference.seed_means import means_over_seeds
from biasinit.vocabulary import TREATMENTS

KEYS = ("normalization", "scheme", "when", "layer", "quantity")


def summarise_layers(
    layers: pd.DataFrame,
    *,
    schemes: Sequence[str] | None = None,
    predictions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the table `layer_means`.

    Args:
        layers: the table `layers`.
        schemes: to be summarised; None for all that occur.
        predictions: the table `predictions`, what theory says of the start; None without one.

    Returns:
        ``normalization, scheme, when, layer, quantity, estimate, lower, upper, runs,
        predicted``: the mean over seeds of each seed's mean over cells, with a 95 % interval by
        one-sample t. Values that are not finite are left out, and ``runs`` counts the others; a
        run that diverged counts with the state in which it stopped. ``predicted`` is the mean
        prediction over cells, NaN where theory says nothing.

    """
    table = layers.reset_index(drop=True)
    if "normalization" not in table:
        table = table.assign(normalization=TREATMENTS[0])
    table = table[table["normalization"].isin(TREATMENTS)]
    if schemes is not None:
        table = table[table["scheme"].isin(list(schemes))]
    measured = [name for name in PROBED_QUANTITIES if name in table]
    columns = [*KEYS, "estimate", "lower", "upper", "runs", "predicted"]
    if table.empty or not measured:
        return pd.DataFrame(columns=columns)
    keys = ["normalization", "scheme", "when", "layer"]
    values = table[[*keys, "seed", *measured]].melt(
        id_vars=[*keys, "seed"], var_name="quantity", value_name="value"
    )
    frame = means_over_seeds(values, KEYS)
    frame["predicted"] = _predicted(frame, predictions)
    ordered = frame.sort_values(
        list(KEYS), key=lambda column: _in_network_order(column), kind="stable", ignore_index=True
    )
    return pd.DataFrame(ordered[columns])


def _predicted(frame: pd.DataFrame, predictions: pd.DataFrame | None) -> "pd.Series[float]":
    """Return the mean prediction for each row of the start, and NaN for the others."""
    if predictions is None or predictions.empty:
        return pd.Series(np.nan, index=frame.index)
    keys = [name for name in KEYS if name != "when"]
    means = predictions.groupby(keys)["predicted"].mean().rename("predicted").reset_index()
    found = frame[list(KEYS)].merge(means.assign(when="start"), how="left", on=list(KEYS))
    return pd.Series(found["predicted"].to_numpy(dtype=float), index=frame.index)


def _in_network_order(column: "pd.Series[str]") -> "pd.Series[int] | pd.Series[str]":
    """Return a sorting key: layers by their number, so that conv2 comes before conv10."""
    if column.name != "layer":
        return column
    names = column.astype(str)
    parts = names.str.extract(r"^(?P<kind>.*?)(?P<number>\d*)$")
    number = pd.to_numeric(parts["number"], errors="coerce").fillna(0).astype(int)
    keys = list(zip(parts["kind"], number, strict=True))
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    return pd.Series([places[key] for key in keys], index=column.index)
