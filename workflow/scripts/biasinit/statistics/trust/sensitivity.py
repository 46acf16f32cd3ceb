"""The same contrasts under other defensible choices: the table of specifications.

Accuracy crosses the outcome (last epoch; mean or median of the last epochs), the scale (points;
log-error and logit, on which an equal factor of errors is an equal step), what happens to failed
runs (set apart, or kept with the accuracy they reached), the analysis (per-seed t, sign flips,
bootstrap of the interquartile mean, mixed models) and the weights of the cells. Mixed models are
fitted to the last epoch with equal weights only. Speed crosses the threshold, the analysis and
the weights. The registered specification is marked; the others decide nothing.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.inference.reached import TIMES, reached_by
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import read_runs, treatments
from biasinit.statistics.paired.arms import arm_differences
from biasinit.statistics.trust.outcome_variants import MEASURES, with_measures, with_threshold
from biasinit.statistics.trust.specified_analyses import EQUAL, mixed_analyses, seed_analyses

SCALES = ("points", "log-error", "logit")
MIXED_SCALES = ("points", "log-error")
FAILURES = ("set apart", "kept")
SPEEDS = (("log epochs", "set apart"), ("log epochs", "kept"), ("epochs", "kept"))
OFFSETS = (-2.0, 0.0, 2.0)  # points added to the threshold
REGISTERED = {
    "accuracy": (MEASURES[0], "points", "set apart", "sign flips", EQUAL, 0.0),
    "speed": ("epochs to the threshold", "log epochs", "set apart", "sign flips", EQUAL, 0.0),
}
SMALLEST_ERROR = 0.01  # percent; an accuracy of 100 % has no logarithm of its error
CHOICES = ["measure", "scale", "failures", "analysis", "weights", "threshold_offset"]
COLUMNS = (
    *("outcome", "normalization", "scheme", "reference", *CHOICES),
    *("estimate", "lower", "upper", "p", "p_adjusted", "decision", "registered"),
)


def sensitivity(
    runs: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    *,
    reference: str,
    schemes: Sequence[str],
    alpha: float,
    resamples: int,
    analysis_seed: int,
    thresholds: Mapping[str, float] | None = None,
    epochs: float | None = None,
    metric: Metric = ACCURACY,
) -> pd.DataFrame:
    """Return every contrast over all cells under every specification: the table `sensitivity`.

    Args:
        runs: the table `runs`.
        curves: the table `curves`; without it, only the last epoch and the registered threshold.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        alpha: level of the decision.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips and the bootstrap.
        thresholds: percent of validation images for each data set, for moved thresholds.
        epochs: length of a run; without it there are no specifications of speed.
        metric: what ``final_accuracy`` is; of others than accuracy there is no error to take the
            logarithm of.

    Returns:
        ``outcome, normalization, scheme, reference, measure, scale, failures, analysis, weights,
        threshold_offset, estimate, lower, upper, p, p_adjusted`` (Holm, or sign flips),
        ``decision`` ("higher", "lower" or "open"; "none" when it cannot be estimated) and
        ``registered``. On the scales log-error and logit the sign is such that higher is better;
        fewer epochs are better.

    """
    has_times = epochs is not None and set(TIMES) <= set(runs)
    needed = ["final_accuracy", *(TIMES if has_times else ())]
    table = treatments(read_runs(runs, needed=needed))
    table = table[table["scheme"].isin(list(schemes))].reset_index(drop=True)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    scales = SCALES if metric.is_accuracy else SCALES[:1]
    frames = _accuracy(with_measures(table, curves), reference, schemes, plan, scales=scales)
    if epochs is not None and has_times:
        table = _with_epochs(table, curves, thresholds=thresholds or {}, epochs=epochs)
        frames += _speed(table, reference, schemes, plan, epochs=epochs)
    frames = [frame for frame in frames if len(frame)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    decided = frame["p_adjusted"] <= alpha
    sign = np.where(frame["estimate"] > 0, "higher", "lower")
    frame["decision"] = np.where(decided, sign, np.where(frame["p"].isna(), "none", "open"))
    keys = frame[["outcome", *CHOICES]].itertuples(index=False, name=None)
    frame["registered"] = [key[1:] == REGISTERED[str(key[0])] for key in keys]
    return frame[list(COLUMNS)]


def _accuracy(
    table: pd.DataFrame,
    reference: str,
    schemes: Sequence[str],
    plan: FlipPlan,
    *,
    scales: Sequence[str],
) -> list[pd.DataFrame]:
    frames = []
    any_failed = bool(table["failed"].any())
    for measure in [name for name in MEASURES if name in table]:
        scaled = {scale: table.assign(value=_on(table[measure], scale)) for scale in scales}
        for scale, failures in itertools.product(scales, FAILURES):
            differences = arm_differences(
                scaled[scale],
                "value",
                family="accuracy",
                reference=reference,
                schemes=schemes,
                lost="failed" if failures == "set apart" else None,
            )
            choices = {
                "outcome": "accuracy",
                "measure": measure,
                "scale": scale,
                "failures": failures,
            }
            found = seed_analyses(differences, plan, any_failed=any_failed)
            if measure == MEASURES[0] and scale in MIXED_SCALES:
                entering = scaled[scale]
                if failures == "set apart":
                    entering = entering[~entering["failed"]]
                if any_failed or failures == FAILURES[0]:
                    mixed = mixed_analyses(entering, differences)
                found += mixed  # without failures both ways are the same model
            frames += [frame.assign(threshold_offset=0.0, **choices) for frame in found]
    return frames


def _on(points: "pd.Series[float]", scale: str) -> "pd.Series[float]":
    """Return accuracies on a scale where higher is better."""
    if scale == "points":
        return points
    error = points.rsub(100).clip(lower=SMALLEST_ERROR)
    if scale == "log-error":
        return pd.Series(-np.log(error / 100))
    return pd.Series(np.log(points.clip(lower=SMALLEST_ERROR)) - np.log(error))


def _with_epochs(
    table: pd.DataFrame,
    curves: pd.DataFrame | None,
    *,
    thresholds: Mapping[str, float],
    epochs: float,
) -> pd.DataFrame:
    """Return the runs with their epochs to each threshold, named by its offset.

    They are missing where it was not reached within the length of the study.
    """
    table = reached_by(table, epochs)
    columns = {str(OFFSETS[1]): table["epochs_to_threshold"].where(table["reached"])}
    if curves is not None and thresholds:
        for offset in (OFFSETS[0], OFFSETS[2]):
            columns[str(offset)] = with_threshold(
                table, curves, thresholds=thresholds, offset=offset, epochs=epochs
            )
    return table.assign(**columns)


def _speed(
    table: pd.DataFrame, reference: str, schemes: Sequence[str], plan: FlipPlan, *, epochs: float
) -> list[pd.DataFrame]:
    frames = []
    for offset in [value for value in OFFSETS if str(value) in table]:
        times = table[str(offset)]
        late = times.isna()
        for scale, failures in SPEEDS:
            restricted = times.fillna(float(epochs))
            values = restricted
            if scale == "log epochs":  # a curve that begins above a lowered threshold has none
                values = np.log(restricted.where(restricted > 0))
            differences = arm_differences(
                table.assign(value=values, not_reached=late),
                "value",
                family="speed",
                reference=reference,
                schemes=schemes,
                lost="not_reached" if failures == "set apart" else None,
            )
            choices = {
                "outcome": "speed",
                "measure": REGISTERED["speed"][0],
                "scale": scale,
                "failures": failures,
            }
            found = seed_analyses(differences, plan, any_failed=bool(late.any()))
            frames += [frame.assign(threshold_offset=offset, **choices) for frame in found]
    return frames
