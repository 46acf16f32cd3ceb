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
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.accuracy.accuracy_model import contrast_rows, random_terms
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    constant_groups,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.inference.typical_values import with_typical_intervals
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.paired.arms import ArmDifferences, arm_differences
from biasinit.statistics.paired.contrasts import flips_of, one_sample
from biasinit.statistics.trust.outcome_variants import MEASURES, with_measures, with_threshold
from biasinit.streams import Purpose, stream

SCALES = ("points", "log-error", "logit")
MIXED_SCALES = ("points", "log-error")
FAILURES = ("set apart", "kept")
SEED_ANALYSES = ("per-seed t", "sign flips", "interquartile mean, bootstrap")
MIXED_ANALYSES = ("mixed model, SD per arm", "mixed model, pooled SD")
EQUAL, PRECISION = "equal", "inverse variance"
OFFSETS = (-2.0, 0.0, 2.0)  # points added to the threshold
REGISTERED = {
    "accuracy": (MEASURES[0], "points", "set apart", "sign flips", EQUAL, 0.0),
    "speed": ("epochs to the threshold", "epochs", "kept", "sign flips", EQUAL, 0.0),
}
SMALLEST_ERROR = 0.01  # percent; an accuracy of 100 % has no logarithm of its error
DRAWS = 2_000  # bootstrap samples; 0.2 % standard error of a tail of 1 %
CHOICES = ["measure", "scale", "failures", "analysis", "weights", "threshold_offset"]
COLUMNS = (
    *("outcome", "normalization", "scheme", "reference", *CHOICES),
    *("estimate", "lower", "upper", "p", "p_adjusted", "decision", "registered"),
)


@dataclass(frozen=True, kw_only=True)
class _Keyed:
    """What the resampling of every specification shares."""

    resamples: int
    alpha: float
    analysis_seed: int


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

    Returns:
        ``outcome, normalization, scheme, reference, measure, scale, failures, analysis, weights,
        threshold_offset, estimate, lower, upper, p, p_adjusted`` (Holm, or sign flips),
        ``decision`` ("higher", "lower" or "open"; "none" when it cannot be estimated) and
        ``registered``. On the scales log-error and logit the sign is such that higher is better;
        fewer epochs are better.

    """
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    table = table[table["scheme"].isin(list(schemes))].reset_index(drop=True)
    keyed = _Keyed(resamples=resamples, alpha=alpha, analysis_seed=analysis_seed)
    frames = _accuracy(with_measures(table, curves), reference, schemes, keyed)
    if epochs is not None and {"epochs_to_threshold", "reached"} <= set(table):
        table = _with_epochs(table, curves, thresholds=thresholds or {}, epochs=epochs)
        frames += _speed(table, reference, schemes, keyed)
    frames = [frame for frame in frames if len(frame)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    decided = frame["p_adjusted"] <= alpha
    sign = np.where(frame["estimate"] > 0, "higher", "lower")
    frame["decision"] = np.where(decided, sign, np.where(frame["p"].isna(), "none", "open"))
    keys = frame[["outcome", *CHOICES]].itertuples(index=False, name=None)
    frame["registered"] = [key[1:] == REGISTERED[str(key[0])] for key in keys]
    return frame[list(COLUMNS)]


def _accuracy(
    table: pd.DataFrame, reference: str, schemes: Sequence[str], keyed: _Keyed
) -> list[pd.DataFrame]:
    frames = []
    any_failed = bool(table["failed"].any())
    for measure in [name for name in MEASURES if name in table]:
        scaled = {scale: table.assign(value=_on(table[measure], scale)) for scale in SCALES}
        for scale, failures in itertools.product(SCALES, FAILURES):
            differences = arm_differences(
                scaled[scale],
                "value",
                family="accuracy",
                reference=reference,
                schemes=schemes,
                set_failed_apart=failures == "set apart",
            )
            choices = {
                "outcome": "accuracy",
                "measure": measure,
                "scale": scale,
                "failures": failures,
            }
            found = _seed_analyses(differences, keyed)
            if measure == MEASURES[0] and scale in MIXED_SCALES:
                if any_failed or failures == FAILURES[0]:
                    mixed = _mixed_analyses(scaled[scale], _whole(differences).labels, failures)
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
    """Return the runs with restricted epochs at each threshold, named by its offset."""
    times = table["epochs_to_threshold"].astype(float)
    reached = table["reached"].fillna(False).astype(bool) & (times <= epochs)
    columns = {str(OFFSETS[1]): times.where(reached, float(epochs))}
    if curves is not None and thresholds:
        for offset in (OFFSETS[0], OFFSETS[2]):
            columns[str(offset)] = with_threshold(
                table, curves, thresholds=thresholds, offset=offset, epochs=epochs
            )
    return table.assign(**columns)


def _speed(
    table: pd.DataFrame, reference: str, schemes: Sequence[str], keyed: _Keyed
) -> list[pd.DataFrame]:
    frames = []
    for offset in [value for value in OFFSETS if str(value) in table]:
        differences = arm_differences(
            table,
            str(offset),
            family="speed",
            reference=reference,
            schemes=schemes,
            set_failed_apart=False,
        )
        choices = {
            "outcome": "speed",
            "measure": REGISTERED["speed"][0],
            "scale": "epochs",
            "failures": "kept",
        }
        found = _seed_analyses(differences, keyed)
        frames += [frame.assign(threshold_offset=offset, **choices) for frame in found]
    return frames


def _whole(differences: ArmDifferences) -> ArmDifferences:
    return differences.select((differences.labels["cell"] == ALL_CELLS).to_numpy())


def _seed_analyses(differences: ArmDifferences, keyed: _Keyed) -> list[pd.DataFrame]:
    """Return the analyses of per-seed differences, with both weights where there are cells."""
    whole = _whole(differences)
    if whole.labels.empty:
        return []
    frames = []
    weighted = {EQUAL: whole.values}
    if len(differences.labels) > len(whole.labels):
        weighted[PRECISION] = _by_precision(differences, whole)
    family = str(whole.labels["family"].iloc[0])
    labels = whole.labels[["normalization", "scheme", "reference"]]
    for weights, values in weighted.items():
        tests = one_sample(values)[["estimate", "lower", "upper", "p"]]
        flips = flips_of(
            values,
            any_failed=bool(whole.failed.any()),
            alpha=keyed.alpha,
            resamples=keyed.resamples,
            analysis_seed=keyed.analysis_seed,
            name=family,
        )
        flipped = with_typical_intervals(
            tests.assign(p=flips.single),
            values,
            whole.counted,
            resamples=keyed.resamples,
            analysis_seed=keyed.analysis_seed,
            name=family,
        )
        middle = _interquartile(values, keyed)
        for analysis, table, adjusted in (
            (SEED_ANALYSES[0], tests, holm(tests["p"].to_numpy())),
            (SEED_ANALYSES[1], flipped, flips.p_adjusted),
            (SEED_ANALYSES[2], middle, holm(middle["p"].to_numpy())),
        ):
            frame = pd.concat([labels, table], axis=1)
            frames.append(frame.assign(analysis=analysis, weights=weights, p_adjusted=adjusted))
    return frames


def _by_precision(differences: ArmDifferences, whole: ArmDifferences) -> Floats:
    """Return per-seed means over cells, each cell weighted by 1 / variance of its differences.

    Seeds that lack a cell drop out, as with equal weights.
    """
    labels = differences.labels
    found = np.full_like(whole.values, np.nan)
    for column, row in enumerate(whole.labels.itertuples()):
        same = (labels["normalization"] == row.normalization) & (labels["scheme"] == row.scheme)
        cells = np.flatnonzero((same & (labels["cell"] != ALL_CELLS)).to_numpy())
        values = differences.values[:, cells]
        complete = np.isfinite(values).all(axis=1) & np.isfinite(whole.values[:, column])
        if len(cells) == 0 or complete.sum() < 2:
            continue
        variance = values[complete].var(axis=0, ddof=1)
        if (variance > 0).all():
            found[complete, column] = values[complete] @ (1 / variance) / (1 / variance).sum()
    return found


def _interquartile(values: Floats, keyed: _Keyed) -> pd.DataFrame:
    """Return the mean of the middle half of each column with a percentile bootstrap of seeds."""
    rng = stream(keyed.analysis_seed, 0, Purpose.ANALYSIS, name="interquartile mean")
    rows = []
    for column in values.T:
        present = column[np.isfinite(column)]
        row = dict.fromkeys(("estimate", "lower", "upper", "p"), np.nan)
        if len(present) >= 4:
            drawn = rng.choice(present, size=(DRAWS, len(present)))
            middle = scipy.stats.trim_mean(drawn, 0.25, axis=1)
            lower, upper = np.quantile(middle, [0.025, 0.975])
            if upper > lower:
                beyond = min(int((middle <= 0).sum()), int((middle >= 0).sum()))
                row = {
                    "estimate": float(scipy.stats.trim_mean(present, 0.25)),
                    "lower": float(lower),
                    "upper": float(upper),
                    "p": min(1.0, 2 * (beyond + 1) / (DRAWS + 1)),
                }
        rows.append(row)
    return pd.DataFrame(rows, columns=["estimate", "lower", "upper", "p"])


def _mixed_analyses(table: pd.DataFrame, labels: pd.DataFrame, failures: str) -> list[pd.DataFrame]:
    frames = []
    kept = table if failures == "kept" else table[~table["failed"]]
    names = ["estimate", "lower", "upper", "p"]
    for analysis, pooled in zip(MIXED_ANALYSES, (False, True), strict=True):
        found = pd.DataFrame(np.nan, index=labels.index, columns=names)
        for level in levels_present(table):
            rows = labels[labels["normalization"] == level]
            found.loc[rows.index] = _mixed_rows(
                kept[kept["normalization"] == level], rows, pooled=pooled
            )
        frame = pd.concat([labels[["normalization", "scheme", "reference"]], found], axis=1)
        adjusted = holm(found["p"].to_numpy())
        frames.append(frame.assign(analysis=analysis, weights=EQUAL, p_adjusted=adjusted))
    return frames


def _mixed_rows(runs: pd.DataFrame, rows: pd.DataFrame, *, pooled: bool) -> Floats:
    """Return estimate, interval and p of each row, (rows, 4), NaN where there is no model."""
    found = np.full((len(rows), 4), np.nan)
    usable = runs[np.isfinite(runs["value"])]
    usable = (
        usable[~constant_groups(usable, "value", ["scheme", "cell"])] if len(usable) else usable
    )
    several = usable["cell"].nunique() > 1
    factors = ["scheme", *(["cell"] if several else [])]
    try:
        fit = fit_mixed(
            usable,
            f"value ~ {' * '.join(factors)}",
            random_terms(usable, joint=False),
            residual_by=() if pooled else factors,
        )
    except (NotEstimableError, np.linalg.LinAlgError):
        return found
    for place, row in enumerate(rows.itertuples()):
        try:
            weights = contrast_rows(
                fit, str(row.scheme), str(row.reference), ALL_CELLS, crossed=False
            )
        except KeyError:
            continue
        test = fit.tests(weights)
        estimate, error = test["estimate"].iloc[0], test["standard_error"].iloc[0]
        half = error * scipy.stats.t.isf(0.025, test["df"].iloc[0])
        found[place] = estimate, estimate - half, estimate + half, test["p"].iloc[0]
    return found
