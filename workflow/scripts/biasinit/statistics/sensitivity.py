"""The same contrasts under other defensible choices: the table of specifications.

Crossed are the outcome (accuracy, or its log-error, on which an equal factor of errors is an
equal step), what happens to failed runs (kept with the accuracy they reached, or set apart), and
the analysis (per-seed t, sign flips, mixed model with residual SDs per arm, pooled mixed model).
The registered specification is marked; the others are descriptive and decide nothing.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.accuracy_model import contrast_rows, random_terms
from biasinit.statistics.arms import arm_differences
from biasinit.statistics.arrays import Floats
from biasinit.statistics.mixed import fit_mixed
from biasinit.statistics.multiplicity import holm
from biasinit.statistics.paired import flips_of, one_sample
from biasinit.statistics.study_runs import (
    ALL_CELLS,
    constant_groups,
    levels_present,
    read_runs,
    treatments,
)

SCALES = ("points", "log-error")
FAILURES = ("set apart", "kept")
ANALYSES = ("per-seed t", "sign flips", "mixed model, SD per arm", "mixed model, pooled SD")
REGISTERED = ("points", "set apart", "sign flips")
SMALLEST_ERROR = 0.01  # percent; an accuracy of 100 % has no logarithm of its error
COLUMNS = (
    *("normalization", "scheme", "reference", "scale", "failures", "analysis"),
    *("estimate", "lower", "upper", "p", "p_adjusted", "decision", "registered"),
)


def sensitivity(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return every contrast over all cells under every specification.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        alpha: level of the decision.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    Returns:
        ``normalization, scheme, reference, scale, failures, analysis, estimate, lower, upper, p,
        p_adjusted`` (Holm, or sign flips), ``decision`` ("higher", "lower" or "open"; "none" when
        it cannot be estimated) and ``registered``. On the scale "log-error" the estimate is the
        log of the error ratio with its sign turned, so that higher is better on both scales.

    """
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    table = table[table["scheme"].isin(list(schemes))].reset_index(drop=True)
    table["points"] = table["final_accuracy"].astype(float)
    error = np.maximum(100 - table["points"], SMALLEST_ERROR)
    table["log-error"] = -np.log(error / 100)
    frames = []
    for scale in SCALES:
        for failures in FAILURES:
            part = _specified(table, scale, failures, reference, schemes)
            frames += _seed_analyses(part, alpha, resamples, analysis_seed)
            frames += _mixed_analyses(table, part["labels"], scale, failures)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    decided = frame["p_adjusted"] <= alpha
    sign = np.where(frame["estimate"] > 0, "higher", "lower")
    frame["decision"] = np.where(decided, sign, np.where(frame["p"].isna(), "none", "open"))
    keys = frame[["scale", "failures", "analysis"]].itertuples(index=False, name=None)
    frame["registered"] = [key == REGISTERED for key in keys]
    return frame[list(COLUMNS)]


def _specified(
    table: pd.DataFrame, scale: str, failures: str, reference: str, schemes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    differences = arm_differences(
        table,
        scale,
        family="accuracy",
        reference=reference,
        schemes=schemes,
        set_failed_apart=failures == "set apart",
    )
    whole = differences.select((differences.labels["cell"] == ALL_CELLS).to_numpy())
    labels = whole.labels[["normalization", "scheme", "reference"]].assign(
        scale=scale, failures=failures
    )
    return {
        "labels": labels,
        "values": pd.DataFrame(whole.values),
        "failed": pd.DataFrame({"failed": whole.failed}),
    }


def _seed_analyses(
    part: dict[str, pd.DataFrame], alpha: float, resamples: int, analysis_seed: int
) -> list[pd.DataFrame]:
    labels, values = part["labels"], part["values"].to_numpy(dtype=float)
    if labels.empty:
        return []
    tests = one_sample(values)[["estimate", "lower", "upper", "p"]]
    flips = flips_of(
        values,
        any_failed=bool(part["failed"]["failed"].any()),
        alpha=alpha,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name="accuracy",
    )
    plain = tests.assign(analysis=ANALYSES[0], p_adjusted=holm(tests["p"].to_numpy()))
    flipped = tests.assign(analysis=ANALYSES[1], p=flips.single, p_adjusted=flips.p_adjusted)
    return [pd.concat([labels, frame], axis=1) for frame in (plain, flipped)]


def _mixed_analyses(
    table: pd.DataFrame, labels: pd.DataFrame, scale: str, failures: str
) -> list[pd.DataFrame]:
    frames = []
    for analysis, pooled in ((ANALYSES[2], False), (ANALYSES[3], True)):
        found = pd.DataFrame(
            np.nan, index=labels.index, columns=["estimate", "lower", "upper", "p"]
        )
        for level in levels_present(table):
            part = table[table["normalization"] == level]
            if failures == "set apart":
                part = part[~part["failed"]]
            rows = labels[labels["normalization"] == level]
            found.loc[rows.index] = _mixed_rows(part, rows, scale, pooled=pooled)
        frame = pd.concat([labels, found], axis=1)
        frames.append(frame.assign(analysis=analysis, p_adjusted=holm(found["p"].to_numpy())))
    return frames


def _mixed_rows(runs: pd.DataFrame, rows: pd.DataFrame, scale: str, *, pooled: bool) -> Floats:
    """Return estimate, interval and p of each row, (rows, 4), NaN where there is no model."""
    found = np.full((len(rows), 4), np.nan)
    usable = runs[np.isfinite(runs[scale])].rename(columns={scale: "outcome"})
    usable = (
        usable[~constant_groups(usable, "outcome", ["scheme", "cell"])] if len(usable) else usable
    )
    several = usable["cell"].nunique() > 1
    factors = ["scheme", *(["cell"] if several else [])]
    try:
        fit = fit_mixed(
            usable,
            f"outcome ~ {' * '.join(factors)}",
            random_terms(usable, joint=False),
            residual_by=None if pooled else factors,
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
