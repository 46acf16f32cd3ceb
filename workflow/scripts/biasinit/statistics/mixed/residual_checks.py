"""Whether the residuals of a mixed model look like those of tables drawn from it.

Their quantiles, and four statistics of the residuals around the fixed effects, each in units of
the standard deviation that the model gives its row, are compared with their distribution over
simulated tables, so that correlation within seeds, unequal groups and small tables need no
theory. The tables are not fitted again, which makes the p-values a little too large where the
model has many variances.
Source: the idea of R's DHARMa, doi:10.32614/CRAN.package.DHARMa.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.mixed.mixed_fit import MixedFit

CHECKS = {
    "skewness": "positive: a tail of high values; negative: of low ones, as near a ceiling",
    "excess kurtosis": "positive: outliers",
    "largest residual": "in standard deviations",
    "spread against fitted value": "correlation: positive when higher values scatter more",
}


def residual_checks(fit: MixedFit, *, draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return four statistics of the residuals, and how unusual they are under the model.

    Args:
        fit: the model.
        draws: simulated tables.
        rng: the stream of the simulation.

    Returns:
        ``check, observed, expected`` (median over simulated tables), ``p`` (two-sided, by rank)
        and ``meaning``.

    """
    names = list(CHECKS)
    found = _simulated(fit, draws=draws, rng=rng)
    observed = _statistics(found.observed, found.fitted)
    drawn = _statistics(found.drawn, found.fitted)
    below = (drawn <= observed).sum(axis=0)
    above = (drawn >= observed).sum(axis=0)
    return pd.DataFrame(
        {
            "check": names,
            "observed": observed[0],
            "expected": np.median(drawn, axis=0) if draws else np.nan,
            "p": np.minimum(1.0, 2 * (np.minimum(below, above) + 1) / (draws + 1)),
            "meaning": list(CHECKS.values()),
        }
    )


def residual_quantiles(
    fit: MixedFit, *, draws: int, rng: np.random.Generator, positions: int = 101
) -> pd.DataFrame:
    """Return the ordered residuals, and where the model would have them.

    Args:
        fit: the model.
        draws: simulated tables.
        rng: the stream of the simulation.
        positions: rows at most; where there are more residuals, those nearest to evenly spaced
            normal quantiles stand for all, both extremes among them.

    Returns:
        ``normal`` (standard normal quantile of the position (i − 3/8) / (n + 1/4), Blom 1958),
        ``observed``, ``expected`` (median over simulated tables), ``lower`` and ``upper`` (within
        which 95 % of the simulated tables have this residual, each by itself); residuals are in
        standard deviations of their row.

    """
    found = _simulated(fit, draws=draws, rng=rng)
    count = len(found.observed)
    normal = scipy.stats.norm.ppf((np.arange(1, count + 1) - 0.375) / (count + 0.25))
    wanted = np.linspace(normal[0], normal[-1], positions)
    kept = np.unique(np.abs(normal[:, None] - wanted).argmin(axis=0))
    drawn = np.sort(found.drawn, axis=0)[kept]
    lower, middle, upper = np.quantile(drawn, [0.025, 0.5, 0.975], axis=1)
    return pd.DataFrame(
        {
            "normal": normal[kept],
            "observed": np.sort(found.observed[:, 0])[kept],
            "expected": middle,
            "lower": lower,
            "upper": upper,
        }
    )


@dataclass(frozen=True, kw_only=True)
class _Simulated:
    """Standardised residuals, (rows, 1) and (rows, tables), and fitted values, (rows,)."""

    observed: Floats
    drawn: Floats
    fitted: Floats


def _simulated(fit: MixedFit, *, draws: int, rng: np.random.Generator) -> _Simulated:
    state = fit.state
    basis = np.linalg.qr(state.design.matrix[:, state.design.kept])[0]
    variances = fit.variance_components.iloc[: len(fit.random)].to_numpy(dtype=np.float64)
    own = fit.residual_sd.to_numpy(dtype=np.float64)[state.groups]
    deviation: Floats = np.asarray(np.sqrt(variances.sum() + own**2), dtype=np.float64)
    # the fixed effects are projected out, so tables without them serve as well; (rows, tables)
    tables = own[:, None] * rng.standard_normal((fit.n, draws))
    for codes, variance in zip(state.terms, variances, strict=True):
        effects = np.sqrt(variance) * rng.standard_normal((int(codes.max()) + 1, draws))
        tables += effects[codes]
    return _Simulated(
        observed=_residuals(state.design.response[:, None], basis, deviation),
        drawn=_residuals(tables, basis, deviation),
        fitted=np.asarray(state.design.matrix @ np.nan_to_num(fit.params.to_numpy())),
    )


def _residuals(outcomes: Floats, basis: Floats, deviation: Floats) -> Floats:
    """Return what the fixed effects leave of each column, in standard deviations."""
    return np.asarray((outcomes - basis @ (basis.T @ outcomes)) / deviation[:, None])


def _statistics(residuals: Floats, fitted: Floats) -> Floats:
    """Return the statistics of each column of residuals, (columns, statistics)."""
    sizes = np.abs(residuals)
    trend = np.zeros(residuals.shape[1])
    if np.ptp(fitted) > 1e-9 * np.abs(fitted).max(initial=1.0):
        around, slope = sizes - sizes.mean(axis=0), fitted - fitted.mean()
        trend = slope @ around / np.sqrt((slope @ slope) * (around**2).sum(axis=0))
    return np.column_stack(
        [
            scipy.stats.skew(residuals, axis=0),
            scipy.stats.kurtosis(residuals, axis=0),
            sizes.max(axis=0),
            trend,
        ]
    )
