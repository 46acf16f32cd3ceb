"""Effects of several conditions as draws from one distribution: its mean, its spread, a new draw.

The variance between conditions is Paule and Mandel's (1982), by statsmodels'
``combine_effects``. What statsmodels lacks is here: the standard error of Hartung and Knapp (2001)
with the factor that never shrinks it (max(1, q); Röver, Knapp and Friede 2015,
doi:10.1186/s12874-015-0091-1), and the distribution of the effect in a new condition. The usual
interval for that, t with k − 2 degrees of freedom around one estimate of the variance, covers .88
where the true SD between conditions is as large as their errors, for that estimate is then often
0. So the variance is averaged over its confidence distribution (Nagashima, Noma and Furukawa 2019,
doi:10.1177/0962280218773520), which here is that of Viechtbauer's Q-profile (2007,
doi:10.1002/sim.2514): the weighted sum of squares at the true variance is χ² with k − 1 degrees of
freedom.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.stats
from statsmodels.stats.meta_analysis import combine_effects

from biasinit.statistics.inference.arrays import Floats

FEWEST_CONDITIONS = 3  # for a spread between them
DRAWS = 400  # equally likely values of the variance between conditions
GRID = 600  # variances at which the sum of squares is computed, to be read between
LEVEL = 0.95
# Q − (k − 1) at which the iteration of the variance between conditions ends, statsmodels' own:
# below some 1e-7 the last step can end under 0 by rounding, and statsmodels then returns 0
CONVERGED = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffects:
    """A mean over conditions, and how they vary around it.

    Attributes:
        conditions: how many there are, k.
        mean: of the distribution that the effects of conditions come from.
        standard_error: of it, Hartung and Knapp's.
        between: SD of the distribution, τ; 0 where the effects vary no more than their errors.
        centres: of a new condition's effect, for each of ``DRAWS`` equally likely values of τ.
        spreads: SDs around them: of the effect itself, and of what is not known of the mean.

    """

    conditions: int
    mean: float
    standard_error: float
    between: float
    centres: Floats
    spreads: Floats

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval for the mean, by t with k − 1 degrees of freedom."""
        if self.conditions < FEWEST_CONDITIONS:
            return math.nan, math.nan
        half = float(scipy.stats.t.ppf((1 + level) / 2, self.conditions - 1)) * self.standard_error
        return self.mean - half, self.mean + half

    def prediction(self, level: float = LEVEL, *, error: float = 0.0) -> tuple[float, float]:
        """Return the interval for the effect in a new condition.

        Args:
            level: of the interval.
            error: standard error with which the effect is measured; 0 for the true one.

        """
        if self.conditions < FEWEST_CONDITIONS:
            return math.nan, math.nan
        tail = (1 - level) / 2
        return self._quantile(tail, error), self._quantile(1 - tail, error)

    def chances(self, margin: float) -> tuple[float, float, float]:
        """Return the probabilities that a new condition's effect is below, in, above a margin."""
        if self.conditions < FEWEST_CONDITIONS:
            return (math.nan, math.nan, math.nan)
        below, up_to = self._below(-margin, 0.0), self._below(margin, 0.0)
        return below, up_to - below, 1 - up_to

    def p(self) -> float:
        """Return the p-value of a mean of 0."""
        if self.conditions < FEWEST_CONDITIONS:
            return math.nan
        t = abs(self.mean) / self.standard_error
        return float(2 * scipy.stats.t.sf(t, self.conditions - 1))

    def _below(self, value: float, error: float) -> float:
        spreads = np.hypot(self.spreads, error)
        return float(scipy.stats.norm.cdf((value - self.centres) / spreads).mean())

    def _quantile(self, share: float, error: float) -> float:
        reach = 10 * math.hypot(float(self.spreads.max()), error)  # SDs beyond which nothing lies
        lowest, highest = float(self.centres.min()) - reach, float(self.centres.max()) + reach
        found = scipy.optimize.brentq(
            lambda value: self._below(value, error) - share, lowest, highest, xtol=1e-10
        )
        return float(found)


def random_effects(effects: Floats, errors: Floats) -> RandomEffects:
    """Return the random-effects summary of independent effects.

    Args:
        effects: of each condition, (k,), k ≥ 1.
        errors: their standard errors, (k,), above 0.

    Raises:
        ValueError: there is no effect, or one without a standard error above 0.

    """
    if not len(effects) or not (np.isfinite(effects) & np.isfinite(errors) & (errors > 0)).all():
        raise ValueError("'effects' and 'errors' must be finite, one at least, errors above 0.")
    if len(effects) == 1:
        return RandomEffects(
            conditions=1,
            mean=float(effects[0]),
            standard_error=float(errors[0]),
            between=math.nan,
            centres=effects,
            spreads=errors,
        )
    centres, spreads = _new_condition(effects, errors**2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # of I², not used
        found = combine_effects(
            effects, errors**2, method_re="iterated", maxiter=500, atol=CONVERGED
        )
    return RandomEffects(
        conditions=len(effects),
        mean=float(found.mean_effect_re),
        standard_error=math.sqrt(found.var_eff_w_re * max(1.0, found.scale_hksj_re)),
        between=math.sqrt(max(found.tau2, 0.0)),
        centres=centres,
        spreads=spreads,
    )


def _new_condition(effects: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Return centres and spreads of a new condition's effect, (DRAWS,) each."""
    widest = float(np.ptp(effects)) ** 2 + float(variances.max())
    between = np.concatenate([[0.0], np.geomspace(1e-4 * variances.min(), 1e4 * widest, GRID)])
    _, _, squares = _weighted(effects, variances, between)
    chances = (np.arange(DRAWS) + 0.5) / DRAWS
    wanted = scipy.stats.chi2.ppf(chances, len(effects) - 1)
    # the sum of squares falls as the variance grows; below 0 there is none
    drawn = np.interp(-wanted, -squares, between, left=0.0)
    centres, weights, _ = _weighted(effects, variances, drawn)
    return centres, np.sqrt(1 / weights + drawn)


def _weighted(effects: Floats, variances: Floats, between: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the means, sums of weights and sums of squares at variances between conditions."""
    weights = 1 / (variances + between[:, None])
    total = weights.sum(axis=1)
    means = weights @ effects / total
    return means, total, (weights * (effects - means[:, None]) ** 2).sum(axis=1)


def one_setting(effects: Floats, errors: Floats, dfs: Floats) -> tuple[float, float, float]:
    """Return effect, standard error and degrees of freedom of several studies of one setting.

    They estimate one number, so they are weighted by their precision alone; degrees of freedom are
    Satterthwaite's.

    Args:
        effects: of each study, (k,).
        errors: their standard errors, (k,), above 0.
        dfs: their degrees of freedom, (k,).

    """
    weights = errors**-2.0
    shares = weights / weights.sum()
    df = 1 / (shares**2 / dfs).sum()
    return float(shares @ effects), float(weights.sum() ** -0.5), float(df)
