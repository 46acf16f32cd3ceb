"""From learning curves to outcomes: final accuracy, time to threshold, failure.

Definitions. *Time to threshold*: the first of two consecutive validation points at or above
the threshold τ, in epochs; a run that does not reach τ is restricted to all T epochs. The point
before training does not count: a start that is above by luck has the time of the first point.
*Time to the early threshold*: the same for the accuracy half-way between chance and τ, which runs
pass in the early stages of training.
*Diverged*: a non-finite loss or parameter at any step. *Never learned*: final test accuracy
at most 2 points above chance, or final training loss at least ln(classes). A run that reached
τ and diverged later counts as reached for speed and as failed for accuracy.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from biasinit.runs.tables import RUNS
from biasinit.vocabulary import RUN_KEY

CHANCE_MARGIN = 2.0  # percentage points above chance that still count as nothing learned


def sorted_by_run(frame: pd.DataFrame, *further: str) -> pd.DataFrame:
    """Return a table sorted by run key and further columns, with a fresh index."""
    return frame.sort_values([*RUN_KEY, *further], kind="stable", ignore_index=True)


def summarise_runs(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    study: str,
    thresholds: Mapping[str, float],
    epochs: int,
    seeds_per_shard: int,
) -> pd.DataFrame:
    """Return the table of runs with all outcomes, sorted by run key.

    Args:
        runs: what training recorded, one row per run.
        curves: the learning curves of the same runs.
        study: name of the study.
        thresholds: validation accuracy that counts as converged, in percent, by data set.
        epochs: length of training T.
        seeds_per_shard: seeds that one job trains.

    Returns:
        The columns of ``RUNS``.

    """
    result = sorted_by_run(runs)
    result["study"] = study
    result["shard"] = result["seed"] // seeds_per_shard
    classes = dict(zip(result["dataset"], result["classes"], strict=True))
    speed = speed_outcomes(
        curves,
        thresholds=thresholds,
        early_thresholds=early_thresholds(thresholds, classes),
        epochs=epochs,
    )
    result = result.merge(speed, on=list(RUN_KEY), how="left", validate="one_to_one")
    result["failure_kind"] = failure_kinds(result)
    result["failed"] = result["failure_kind"] != "none"
    return result[list(RUNS.column_names)]


def early_thresholds(
    thresholds: Mapping[str, float], classes: Mapping[str, int]
) -> dict[str, float]:
    """Return the accuracy half-way between chance and the threshold, by data set."""
    return {name: (100 / count + thresholds[name]) / 2 for name, count in classes.items()}


def speed_outcomes(
    curves: pd.DataFrame,
    *,
    thresholds: Mapping[str, float],
    early_thresholds: Mapping[str, float],
    epochs: float,
) -> pd.DataFrame:
    """Return the run key, both times to a threshold, reached, restricted_epochs and curve_area."""
    ordered = sorted_by_run(curves, "step")
    result = (
        _mean_over_epochs(ordered)
        .to_frame("curve_area")
        .join(_epochs_to(thresholds, ordered).rename("epochs_to_threshold"))
        .join(_epochs_to(early_thresholds, ordered).rename("epochs_to_early_threshold"))
        .reset_index()
    )
    result["reached"] = result["epochs_to_threshold"].notna()
    result["restricted_epochs"] = result["epochs_to_threshold"].fillna(float(epochs))
    return result


def _epochs_to(thresholds: Mapping[str, float], ordered: pd.DataFrame) -> pd.Series:
    """Return when each run that gets there has two points in a row at its threshold or above."""
    ordered = ordered[ordered["epoch"] > 0]
    above = ordered["validation_accuracy"] >= ordered["dataset"].map(thresholds)
    keys = [ordered[name] for name in RUN_KEY]
    next_above = above.groupby(keys).shift(-1, fill_value=False)
    return ordered[above & next_above].groupby(list(RUN_KEY))["epoch"].min()


def _mean_over_epochs(ordered: pd.DataFrame) -> pd.Series:
    """Return the trapezoid mean of validation accuracy over epochs, for each run."""
    grouped = ordered.groupby(list(RUN_KEY))
    widths = grouped["epoch"].diff()
    heights = (ordered["validation_accuracy"] + grouped["validation_accuracy"].shift()) / 2
    keys = [ordered[name] for name in RUN_KEY]
    areas = (widths * heights).groupby(keys).sum()
    return areas / widths.groupby(keys).sum()


def failure_kinds(runs: pd.DataFrame) -> pd.Series:
    """Return ``none``, ``diverged`` or ``never learned`` for each run.

    Args:
        runs: with final_accuracy (percent), final_loss (nats), diverged_at and classes.

    """
    chance = 100 / runs["classes"]
    never_learned = (runs["final_accuracy"] <= chance + CHANCE_MARGIN) | (
        runs["final_loss"] >= np.log(runs["classes"])
    )
    kinds = np.select(
        [runs["diverged_at"].notna(), never_learned], ["diverged", "never learned"], "none"
    )
    return pd.Series(kinds, index=runs.index, dtype="str")
