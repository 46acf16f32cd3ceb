"""Contrasts between schemes within seeds: one number per seed, then a one-sample test.

All schemes of a seed start from the same weights and see the same batches, so the difference
``d_s`` between two schemes in seed s, averaged over cells with equal weights, is one independent
observation. A one-sample t-test of d_1..d_S is exact under normality whatever the variances of
the schemes and however runs of one seed correlate; the family is adjusted by sign flips.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError, RunsTableError
from biasinit.statistics.inference.arrays import Floats, column_numbers
from biasinit.statistics.inference.model_formula import level_codes
from biasinit.statistics.inference.sign_flips import FlipFamily, FlipMethod, flip_family, varies
from biasinit.streams import Purpose, stream


@dataclass(frozen=True, kw_only=True)
class PairedArray:
    """Outcomes arranged as (strata, cells, units, levels), NaN where there is no run.

    ``cell_present`` (strata, cells) marks the cells that a stratum has for any level.
    """

    values: Floats
    strata: tuple[str, ...]
    stratum_rows: pd.DataFrame
    cells: tuple[str, ...]
    units: tuple[str, ...]
    levels: tuple[str, ...]
    cell_present: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"

    def differences(self, level: str, reference: str) -> Floats:
        """Return level minus reference, (strata, cells, units)."""
        return np.asarray(
            self.values[..., self._place(level)] - self.values[..., self._place(reference)]
        )

    def cell_mean(self, values: Floats) -> Floats:
        """Return the mean over the cells of each stratum, (strata, units).

        A unit that lacks one of the cells gets NaN: a mean over other cells would be the answer
        to another question.
        """
        weights = self.cell_present / np.maximum(self.cell_present.sum(axis=1, keepdims=True), 1)
        filled = np.where(self.cell_present[:, :, None], values, 0.0)
        return np.asarray((filled * weights[:, :, None]).sum(axis=1))

    def _place(self, level: str) -> int:
        if level not in self.levels:
            raise NotEstimableError(
                f"No run has the level {level!r}; the table has {', '.join(self.levels)}."
            )
        return self.levels.index(level)


def arrange(
    data: pd.DataFrame,
    outcome: str,
    factor: str,
    *,
    unit: str,
    cells: Sequence[str],
    strata: Sequence[str],
) -> PairedArray:
    """Return the outcomes by stratum, cell, unit and level of ``factor``.

    Raises:
        RunsTableError: a column is missing, or two rows claim the same place.

    """
    needed = [outcome, factor, unit, *cells, *strata]
    missing = [name for name in needed if name not in data.columns]
    if missing:
        raise RunsTableError(
            f"The table has no column {', '.join(map(repr, missing))}. "
            f"It has {', '.join(map(str, data.columns))}."
        )
    frame = data[list(dict.fromkeys(needed))].reset_index(drop=True)
    frame = frame[frame.drop(columns=[outcome]).notna().all(axis=1)]
    if frame.empty:
        raise NotEstimableError("The table has no rows that can be compared.")
    places = [level_codes(frame, columns) for columns in (strata, cells, [unit], [factor])]
    codes = tuple(code for code, _ in places)
    shape = tuple(len(names) for _, names in places)
    flat = np.ravel_multi_index(codes, shape)
    if len(np.unique(flat)) < len(flat):
        repeated = frame[pd.Series(flat, index=frame.index).duplicated()].head(5)
        shown = "; ".join(
            ", ".join(f"{name} {row[name]}" for name in [*strata, *cells, factor, unit])
            for _, row in repeated.iterrows()
        )
        raise RunsTableError(
            f"Several rows share one place ({shown}). Remove duplicates, or name the columns "
            "that tell the rows apart."
        )
    values = np.full(int(np.prod(shape)), np.nan)
    values[flat] = column_numbers(frame, outcome).to_numpy()
    values[~np.isfinite(values)] = np.nan
    present = np.zeros(shape[:2], dtype=bool)
    present[codes[0], codes[1]] = True
    first = pd.Series(np.arange(len(frame))).groupby(codes[0]).first()
    rows = frame[list(strata)].iloc[first.to_numpy()].reset_index(drop=True)
    return PairedArray(
        values=values.reshape(shape),
        strata=places[0][1],
        stratum_rows=rows,
        cells=places[1][1],
        units=places[2][1],
        levels=places[3][1],
        cell_present=present,
    )


def one_sample(differences: Floats, *, level: float = 0.95) -> pd.DataFrame:
    """Return the one-sample t-test of each column.

    Args:
        differences: (units, contrasts), NaN where a unit does not enter.
        level: of the interval.

    Returns:
        ``seeds, estimate, standard_error, df, t, p, lower, upper``, one row per column. Without
        variation, or with fewer than two units, there is an estimate but no test.

    """
    present = ~np.isnan(differences)
    units = present.sum(axis=0)
    values = np.where(present, differences, 0.0)
    estimate = np.where(units > 0, values.sum(axis=0) / np.maximum(units, 1), np.nan)
    # a mean of exact opposites is zero, not the rounding error of their sum
    estimate = np.where(
        np.abs(estimate) <= 1e-13 * np.abs(values).max(axis=0, initial=0.0), 0.0, estimate
    )
    usable = (units >= 2) & varies(differences)
    around = np.where(present, differences - estimate, 0.0)
    df = np.where(usable, units - 1.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt((around**2).sum(axis=0) / df / units)
        t = estimate / error
    half = error * scipy.stats.t.isf((1 - level) / 2, df)
    return pd.DataFrame(
        {
            "seeds": units,
            "estimate": estimate,
            "standard_error": error,
            "df": df,
            "t": t,
            "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            "lower": estimate - half,
            "upper": estimate + half,
        }
    )


def family_table(
    differences: Floats,
    *,
    any_failed: bool,
    alpha: float,
    resamples: int,
    analysis_seed: int,
    name: str,
) -> pd.DataFrame:
    """Return one-sample tests with the family-adjusted p-values and simultaneous intervals.

    Args:
        differences: (units, contrasts); all columns form one family.
        any_failed: whether a run of any arm failed, which calls for min-p.
        alpha: family-wise error rate.
        resamples: random flips when there are more than 16 units.
        analysis_seed: keys the flips, together with ``name``.
        name: of the family.

    Returns:
        The columns of ``one_sample`` and ``p_adjusted, simultaneous_lower, simultaneous_upper``,
        where p_adjusted <= alpha exactly when the simultaneous interval excludes zero.

    """
    table = one_sample(differences)
    family = flips_of(
        differences,
        any_failed=any_failed,
        alpha=alpha,
        resamples=resamples,
        analysis_seed=analysis_seed,
        name=name,
    )
    half = table["standard_error"].to_numpy() * family.critical
    table["p_adjusted"] = family.p_adjusted
    table["simultaneous_lower"] = table["estimate"] - half
    table["simultaneous_upper"] = table["estimate"] + half
    return table


def flips_of(
    differences: Floats,
    *,
    any_failed: bool,
    alpha: float,
    resamples: int,
    analysis_seed: int,
    name: str,
) -> FlipFamily:
    """Return the sign-flip family; the arguments are those of ``family_table``."""
    return flip_family(
        differences,
        method=FlipMethod.SMALLEST_P if any_failed else FlipMethod.LARGEST_T,
        alpha=alpha,
        resamples=resamples,
        rng=stream(analysis_seed, 0, Purpose.ANALYSIS, name=f"sign flips, {name}"),
    )
