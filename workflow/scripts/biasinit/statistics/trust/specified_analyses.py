"""The analyses that the specifications cross: of per-seed differences, and by mixed models."""

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.accuracy.accuracy_model import contrast_rows, random_terms
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import constant_groups, levels_present
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.paired.arms import ArmDifferences
from biasinit.statistics.paired.seed_tests import flips_of, one_sample, with_family
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import ALL_CELLS

SEED_ANALYSES = ("per-seed t", "sign flips", "interquartile mean, bootstrap")
MIXED_ANALYSES = ("mixed model, SD per arm", "mixed model, pooled SD")
EQUAL, PRECISION = "equal", "inverse variance"
DRAWS = 2_000  # bootstrap samples; 0.2 % standard error of a tail of 1 %


def seed_analyses(
    differences: ArmDifferences, plan: FlipPlan, *, any_failed: bool
) -> list[pd.DataFrame]:
    """Return the analyses of per-seed differences, with both weights where there are cells.

    Args:
        differences: of all contrasts.
        plan: of the family.
        any_failed: whether a run of any arm failed, set apart or counted.

    """
    whole = differences.select(differences.over_all_cells)
    if whole.labels.empty:
        return []
    frames = []
    weighted = {EQUAL: whole.values}
    if len(differences.labels) > len(whole.labels):
        weighted[PRECISION] = _by_precision(differences, whole)
    family = str(whole.labels["family"].iloc[0])
    labels = whole.labels[["normalization", "scheme", "reference"]]
    for weights, values in weighted.items():
        flips = flips_of(values, plan, any_failed=any_failed, name=family, fewest=whole.fewest)
        judged = with_family(one_sample(values, fewest=whole.fewest), flips, alpha=plan.alpha)
        tests = judged[["estimate", "lower", "upper", "p"]]
        flipped = tests.assign(p=flips.single)
        middle = _interquartile(values, plan)
        for analysis, table, adjusted in (
            (SEED_ANALYSES[0], tests, holm(tests["p"].to_numpy())),
            (SEED_ANALYSES[1], flipped, judged["p_adjusted"]),
            (SEED_ANALYSES[2], middle, holm(middle["p"].to_numpy())),
        ):
            frame = pd.concat([labels, table], axis=1)
            frames.append(frame.assign(analysis=analysis, weights=weights, p_adjusted=adjusted))
    return frames


def _by_precision(differences: ArmDifferences, whole: ArmDifferences) -> Floats:
    """Return per-seed means over cells, each cell weighted by 1 / variance of its differences.

    Seeds that lack a cell drop out, as with equal weights.
    """
    found = np.full_like(whole.values, np.nan)
    places = np.flatnonzero(differences.over_all_cells)
    for column in range(len(places)):
        cells = differences.cells_behind(places[column])
        values = differences.values[:, cells]
        complete = np.isfinite(values).all(axis=1) & np.isfinite(whole.values[:, column])
        if len(cells) == 0 or complete.sum() < 2:
            continue
        variance = values[complete].var(axis=0, ddof=1)
        if (variance > 0).all():
            found[complete, column] = values[complete] @ (1 / variance) / (1 / variance).sum()
    return found


def _interquartile(values: Floats, plan: FlipPlan) -> pd.DataFrame:
    """Return the mean of the middle half of each column with a percentile bootstrap of seeds."""
    rng = stream(plan.analysis_seed, 0, Purpose.ANALYSIS, name="interquartile mean")
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


def mixed_analyses(table: pd.DataFrame, differences: ArmDifferences) -> list[pd.DataFrame]:
    """Return the analyses of the same contrasts by mixed models of ``value``.

    Args:
        table: the runs that enter.
        differences: whose contrasts over all cells are asked for.

    """
    frames = []
    labels = differences.select(differences.over_all_cells).labels
    names = ["estimate", "lower", "upper", "p"]
    for analysis, pooled in zip(MIXED_ANALYSES, (False, True), strict=True):
        found = pd.DataFrame(np.nan, index=labels.index, columns=names)
        for level in levels_present(table):
            rows = labels[labels["normalization"] == level]
            found.loc[rows.index] = _mixed_rows(
                table[table["normalization"] == level], rows, pooled=pooled
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
