"""What makes an effect larger or smaller: normalisation, depth, the learning rate."""

import math

import numpy as np
import pandas as pd
import scipy.optimize
import scipy.stats
import statsmodels.api as sm

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.multiplicity import benjamini_yekutieli
from biasinit.statistics.synthesis.conditions import in_margins, independent, poolable
from biasinit.statistics.synthesis.random_effects import (
    FEWEST_CONDITIONS,
    LEVEL,
    RandomEffects,
    random_effects,
)
from biasinit.vocabulary import WITHOUT_AND_WITH

MODERATORS = (
    *("outcome", "scheme", "moderator", "conditions"),
    *("slope", "lower", "upper", "p", "p_adjusted"),
)
NORMALIZATION = "batch normalisation instead of none"
DEPTH = "each doubling of hidden layers, without batch normalisation"
RATE = "each doubling of the learning rate, without batch normalisation"
FEWEST_DEPTHS = 3


def moderators_of(conditions: pd.DataFrame, rate_slopes: pd.DataFrame) -> pd.DataFrame:
    """Return how the effect of each scheme changes with each moderator, in margins.

    Args:
        conditions: from ``conditions_of``, with ``setting`` and ``depth``.
        rate_slopes: ``outcome, scheme, slope, error`` of each setting without batch normalisation:
            from ``rate_slopes_of_study``, in margins.

    Returns:
        ``MODERATORS``; NaN where fewer than three conditions tell. ``p_adjusted`` is Benjamini and
        Yekutieli's over all rows.

    """
    rows = []
    for (outcome, scheme), part in poolable(conditions).groupby(["outcome", "scheme"], sort=False):
        slopes = rate_slopes[
            (rate_slopes["outcome"] == outcome) & (rate_slopes["scheme"] == scheme)
        ]
        for moderator, found in (
            (NORMALIZATION, _of_normalization(part)),
            (DEPTH, _of_depth(part[part["normalization"] == WITHOUT_AND_WITH[0]])),
            (RATE, _mean(slopes["slope"].to_numpy(float), slopes["error"].to_numpy(float))),
        ):
            key = {"outcome": outcome, "scheme": scheme, "moderator": moderator}
            rows.append(key | found)
    table = pd.DataFrame(rows, columns=list(MODERATORS))
    return table.assign(p_adjusted=benjamini_yekutieli(table["p"].to_numpy(dtype=np.float64)))


def _of_normalization(part: pd.DataFrame) -> dict[str, float]:
    """Return the mean over settings of the effect with minus the effect without."""
    without, within = (
        part[part["normalization"] == level].set_index("setting") for level in WITHOUT_AND_WITH
    )
    both = without.index.intersection(within.index)
    without, within = without.loc[both], within.loc[both]
    changes = without.assign(
        effect=within["effect"] - without["effect"],
        effect_error=np.hypot(within["effect_error"], without["effect_error"]),
    )
    return _mean(*in_margins(independent(changes)))


def _mean(values: Floats, errors: Floats) -> dict[str, float]:
    usable = np.isfinite(values) & (errors > 0)
    if usable.sum() < FEWEST_CONDITIONS:
        return _row(int(usable.sum()), math.nan, math.nan, 1)
    summary: RandomEffects = random_effects(values[usable], errors[usable])
    return _row(summary.conditions, summary.mean, summary.standard_error, summary.conditions - 1)


def _of_depth(part: pd.DataFrame) -> dict[str, float]:
    known = independent(part[part["depth"] > 0])
    if known["depth"].nunique() < FEWEST_DEPTHS:
        return _row(len(known), math.nan, math.nan, 1)
    slope, error, df = meta_slope(*in_margins(known), np.log2(known["depth"].to_numpy(float)))
    return _row(len(known), slope, error, df)


def _row(conditions: int, slope: float, error: float, df: int) -> dict[str, float]:
    half = float(scipy.stats.t.ppf((1 + LEVEL) / 2, df)) * error
    p = float(2 * scipy.stats.t.sf(abs(slope) / error, df)) if error > 0 else math.nan
    return {
        "conditions": float(conditions),
        "slope": slope,
        "lower": slope - half,
        "upper": slope + half,
        "p": p,
    }


def meta_slope(effects: Floats, errors: Floats, covariate: Floats) -> tuple[float, float, int]:
    """Return slope, standard error and degrees of freedom of effects over a covariate.

    A random-effects regression: the variance between conditions is that at which the weighted
    residual sum of squares is what it should be (Paule and Mandel, as DerSimonian and Kacker 2007,
    doi:10.1016/j.cct.2006.04.004, section 2), the standard error is Hartung and Knapp's, never
    shrunk.

    Args:
        effects: (k,), k ≥ 3.
        errors: standard errors, (k,), above 0.
        covariate: (k,), two different values at least.

    """
    design = sm.add_constant(covariate)
    df = len(effects) - 2

    def fit(between: float) -> sm.regression.linear_model.RegressionResults:
        return sm.WLS(effects, design, weights=1 / (errors**2 + between)).fit()

    def excess(between: float) -> float:
        return float(fit(between).ssr - df)

    between = 0.0
    if excess(0.0) > 0:
        above = float(np.ptp(effects) ** 2 + 1.0)
        while excess(above) > 0:
            above *= 4
        between = float(scipy.optimize.brentq(excess, 0.0, above, xtol=1e-12))
    found = fit(between)
    # the mean residual square is Hartung and Knapp's factor
    error = math.sqrt(found.normalized_cov_params[1, 1] * max(1.0, found.scale))
    return float(found.params[1]), float(error), df
