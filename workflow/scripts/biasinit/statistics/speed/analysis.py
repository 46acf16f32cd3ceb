"""Convergence speed: restricted mean epochs to the threshold, judged as a ratio.

What decides is the per-seed difference of restricted means with the sign-flip family; the ratio
and its jackknife interval carry the equivalence margin; the discrete-time hazard model with a
baseline for each cell stands beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.accuracy.analysis import exploratory_and_family
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.equivalence_columns import equivalence_columns
from biasinit.statistics.inference.multiplicity import benjamini_hochberg, holm
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.inference.typical_values import typical_interval, typical_stream
from biasinit.statistics.paired.arms import ArmDifferences, arm_differences
from biasinit.statistics.paired.contrasts import arrange, flips_of, one_sample
from biasinit.statistics.speed.hazard import discrete_hazard
from biasinit.statistics.speed.learning_curves import curve_means
from biasinit.statistics.speed.restricted_mean import jackknife_log_ratio

OUTCOME = "restricted_epochs"
CONTRASTS = (
    *("family", "normalization", "scheme", "reference", "cell", "basis", "seeds"),
    *("estimate", "standard_error", "df", "t", "p", "lower", "upper"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper"),
    *("ratio", "ratio_lower", "ratio_upper"),
    *("ratio_simultaneous_lower", "ratio_simultaneous_upper"),
    *("margin_lower", "margin_upper"),
    *("p_equivalence", "p_equivalence_adjusted", "smallest_margin"),
    *("hazard_ratio", "hazard_lower", "hazard_upper", "hazard_p", "hazard_p_adjusted"),
    *("fragile", "scheme_by_cell_p"),
)
MEANS = ("normalization", "scheme", "estimate", "standard_error", "df", "lower", "upper")


@dataclass(frozen=True, kw_only=True)
class SpeedAnalysis:
    """The tables `speed_means`, `speed_contrasts` and `curve_means`."""

    means: pd.DataFrame
    contrasts: pd.DataFrame
    curve_means: pd.DataFrame


def analyse_speed(
    runs: pd.DataFrame,
    curves: pd.DataFrame | None,
    *,
    reference: str,
    schemes: Sequence[str],
    speed_margin: tuple[float, float],
    epochs: float,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> SpeedAnalysis:
    """Return means and contrasts of the time to threshold, and mean learning curves.

    Args:
        runs: the table `runs`.
        curves: the table `curves`, or None where the study has none.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm; others are left out.
        speed_margin: ratios between which two schemes count as equally fast.
        epochs: length of a run, T; not reaching the threshold counts as T.
        alpha: error rate of the family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    """
    table = read_runs(runs, needed=["epochs_to_threshold", "reached"])
    table = treatments(table[table["scheme"].isin(list(schemes))])
    table["reached"] = table["reached"].fillna(False).astype(bool)
    times = table["epochs_to_threshold"]
    if (times < 0).any():
        raise RunsTableError(
            f"The column 'epochs_to_threshold' must hold times of at least 0, got {times.min():g}."
        )
    table["reached"] &= (times <= epochs).to_numpy()
    table[OUTCOME] = times.where(table["reached"], float(epochs))
    differences = arm_differences(
        table,
        OUTCOME,
        family="speed",
        reference=reference,
        schemes=schemes,
        set_failed_apart=False,
    )
    if curves is None:
        means_of_curves = curve_means(runs, None, schemes=schemes, analysis_seed=analysis_seed)
    else:
        means_of_curves = curve_means(runs, curves, schemes=schemes, analysis_seed=analysis_seed)
    return SpeedAnalysis(
        means=_means(table, schemes),
        contrasts=_contrasts(
            table,
            differences,
            speed_margin=speed_margin,
            alpha=alpha,
            resamples=resamples,
            analysis_seed=analysis_seed,
        ),
        curve_means=means_of_curves,
    )


def _contrasts(
    table: pd.DataFrame,
    differences: ArmDifferences,
    *,
    speed_margin: tuple[float, float],
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    labels = differences.labels
    if labels.empty:
        return pd.DataFrame(columns=list(CONTRASTS))
    whole = (labels["cell"] == ALL_CELLS).to_numpy()
    tests = exploratory_and_family(
        differences,
        whole,
        alpha=alpha,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name="speed",
    )
    critical = np.full(len(labels), np.nan)
    critical[whole] = flips_of(
        differences.values[:, whole],
        any_failed=bool(differences.failed[whole].any()),
        alpha=alpha,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name="speed",
    ).critical
    ratios = _ratios(
        table,
        differences,
        critical,
        resamples=resamples,
        analysis_seed=analysis_seed,
    )
    low, high = np.log(speed_margin)
    # the margin may be asymmetric on the log scale: test against its own centre and half width
    equivalence = equivalence_columns(
        np.log(ratios["ratio"].to_numpy()) - (high + low) / 2,
        ratios["error"].to_numpy(),
        ratios["df"].to_numpy(),
        np.full(len(labels), (high - low) / 2),
        family=whole,
    )
    equivalence["smallest_margin"] = _smallest_ratio(ratios)
    hazards = _hazards(table, labels)
    p_hazard = hazards["hazard_p"].to_numpy()
    adjusted = np.full(len(labels), np.nan)
    adjusted[whole] = holm(p_hazard[whole])
    adjusted[~whole] = benjamini_hochberg(p_hazard[~whole])
    hazards["hazard_p_adjusted"] = adjusted
    frame = pd.concat([labels, tests, ratios.drop(columns=["error", "df"])], axis=1)
    frame = pd.concat([frame, equivalence, hazards], axis=1)
    frame["margin_lower"], frame["margin_upper"] = speed_margin
    decided = frame["p_adjusted"] <= alpha
    modelled = frame["hazard_p_adjusted"] <= alpha
    # a longer time is a smaller hazard
    same_sign = np.sign(frame["estimate"]) == -np.sign(np.log(frame["hazard_ratio"]))
    known = frame["hazard_p"].notna() & frame["p_adjusted"].notna()
    frame["fragile"] = known & ((decided != modelled) | (decided & ~same_sign))
    frame["scheme_by_cell_p"] = _between_cells(differences)
    return frame[list(CONTRASTS)]


def _ratios(
    table: pd.DataFrame,
    differences: ArmDifferences,
    critical: Floats,
    *,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return ratios with intervals by the jackknife, or by sign flips where a run failed."""
    rows = []
    labels = differences.labels
    arrays = {
        level: arrange(
            table[table["normalization"] == level],
            OUTCOME,
            "scheme",
            unit="seed",
            cells=["cell"],
            strata=[],
        )
        for level in levels_present(table)
    }
    for place, row in enumerate(labels.itertuples()):
        array = arrays[str(row.normalization)]
        ratio = error = df = float("nan")
        if row.scheme in array.levels and row.reference in array.levels:
            arms = [array.levels.index(str(name)) for name in (row.scheme, row.reference)]
            if row.cell == ALL_CELLS:
                first, second = (array.cell_mean(array.values[..., arm])[0] for arm in arms)
            else:
                cell = array.cells.index(str(row.cell))
                first, second = (array.values[0, cell, :, arm] for arm in arms)
            both = np.isfinite(first) & np.isfinite(second)
            ratio, error, df = jackknife_log_ratio(first[both], second[both])
        half = error * float(scipy.stats.t.isf(0.025, df)) if df > 0 else float("nan")
        with np.errstate(over="ignore"):
            lower, upper = ratio * np.exp(-half), ratio * np.exp(half)
            if differences.failed[place] and df > 0:
                interval = typical_interval(
                    first[both],
                    second[both],
                    null=1.0,
                    resamples=resamples,
                    rng=typical_stream(analysis_seed, "speed"),
                )
                lower, upper = max(interval.lower, 0.0), interval.upper
            in_family = not np.isnan(critical[place])
            wide = error * critical[place]
            rows.append(
                {
                    "ratio": ratio,
                    "error": error,
                    "df": df,
                    "ratio_lower": lower,
                    "ratio_upper": upper,
                    "ratio_simultaneous_lower": ratio * np.exp(-wide) if in_family else lower,
                    "ratio_simultaneous_upper": ratio * np.exp(wide) if in_family else upper,
                }
            )
    return pd.DataFrame(rows, index=labels.index)


def _smallest_ratio(ratios: pd.DataFrame) -> "pd.Series[float]":
    """Return the smallest ratio m > 1 such that [1/m, m] would count as equivalence."""
    half = ratios["error"] * scipy.stats.t.isf(0.05, ratios["df"])
    return pd.Series(np.exp(np.abs(np.log(ratios["ratio"])) + half))


def _hazards(table: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return hazard ratios: one model over all cells, and one in each cell."""
    columns = ["hazard_ratio", "hazard_lower", "hazard_upper", "hazard_p"]
    frame = pd.DataFrame(np.nan, index=labels.index, columns=columns)
    grid = np.unique(table.loc[table["reached"], OUTCOME])
    # a run without the event is at risk at every point where others have theirs
    position = np.searchsorted(grid, table[OUTCOME], side="left") + 1
    table = table.assign(point=np.where(table["reached"], position, max(len(grid), 1)))
    for level in levels_present(table):
        part = table[table["normalization"] == level]
        rows = labels[labels["normalization"] == level]
        for cell, chosen in rows.groupby("cell", sort=False):
            runs = part if cell == ALL_CELLS else part[part["cell"] == cell]
            found = _hazards_of(runs, chosen)
            frame.loc[found.index, columns] = found
    return frame


def _hazards_of(part: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the hazard ratios of the rows ``chosen`` from one model of the runs ``part``."""
    columns = ["hazard_ratio", "hazard_lower", "hazard_upper", "hazard_p"]
    frame = pd.DataFrame(np.nan, index=chosen.index, columns=columns)
    reference = chosen["reference"].iloc[0]
    if not bool((part["scheme"] == reference).any()):
        return frame
    # the reference must sort first to be the base of the model
    order = {scheme: f"{place + 1:03d}" for place, scheme in enumerate(chosen["scheme"])}
    order[reference] = "000"
    part = part.assign(arm=part["scheme"].map(order))
    try:
        fit = discrete_hazard(part, "point", "reached", "arm", "cell", "seed")
    except NotEstimableError:
        return frame
    for place, row in chosen.iterrows():
        term = f"arm[T.{order[row['scheme']]}]"
        if term in fit.table.index:
            found = fit.table.loc[[term]]
            values = np.exp(found[["estimate", "lower", "upper"]].to_numpy(dtype=float)[0])
            frame.loc[[place], columns] = [[*values, found["p"].iloc[0]]]
    return frame


def _between_cells(differences: ArmDifferences) -> Floats:
    """Return, for each row over all cells, the p-value that the difference is the same in each.

    Hotelling's test of the differences between cells, seed by seed; NaN with one cell or with
    too few seeds for the number of cells.
    """
    labels = differences.labels
    found = np.full(len(labels), np.nan)
    for place, row in enumerate(labels.itertuples()):
        if row.cell != ALL_CELLS:
            continue
        same = (labels["normalization"] == row.normalization) & (labels["scheme"] == row.scheme)
        cells = np.flatnonzero((same & (labels["cell"] != ALL_CELLS)).to_numpy())
        if len(cells) < 2:
            continue
        values = differences.values[:, cells]
        values = values[np.isfinite(values).all(axis=1)]
        found[place] = equal_means_p(values)
    return found


def equal_means_p(values: Floats) -> float:
    """Return Hotelling's p-value that all columns of paired values have the same mean.

    Args:
        values: (units, columns), complete.

    """
    steps = values[:, 1:] - values[:, :1]
    units, count = steps.shape
    if units <= count + 1:
        return float("nan")
    mean, covariance = steps.mean(axis=0), np.atleast_2d(np.cov(steps.T))
    if np.linalg.cond(covariance) > 1e12:
        return float("nan")
    statistic = units * float(mean @ np.linalg.solve(covariance, mean))
    f = statistic * (units - count) / ((units - 1) * count)
    return float(scipy.stats.f.sf(f, count, units - count))


def _means(table: pd.DataFrame, schemes: Sequence[str]) -> pd.DataFrame:
    rows = []
    for level in levels_present(table):
        part = table[table["normalization"] == level]
        array = arrange(part, OUTCOME, "scheme", unit="seed", cells=["cell"], strata=[])
        for scheme in schemes:
            runs = part[part["scheme"] == scheme]
            row: dict[str, object] = dict.fromkeys(MEANS, np.nan)
            if scheme in array.levels:
                values = array.cell_mean(array.values[..., array.levels.index(scheme)])
                tests = one_sample(values.T)
                row |= {name: tests[name].iloc[0] for name in MEANS[2:]}
            row |= {"normalization": level, "scheme": scheme}
            rows.append({**row, "runs": len(runs), "reached": int(runs["reached"].sum())})
    return pd.DataFrame(rows, columns=[*MEANS, "runs", "reached"])
