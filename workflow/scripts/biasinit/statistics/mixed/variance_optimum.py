"""The variances that maximise a Gaussian likelihood, and the curvature there.

Optimisers fail on this surface in a known way: at a zero component the derivative with respect
to a standard deviation vanishes, so a search that starts or strays there reports convergence
(statsmodels returned a log-likelihood 38 below the maximum, docs/statistics.md). The guard is
threefold: three starts, a check in the scale of variances that no zero component wants to grow,
and a refit without each small component that must not be better than the fit with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.mixed.restricted_likelihood import LikelihoodPoint, RestrictedLikelihood

STARTS = (0.5, 0.1, 1.5)  # standard deviation of each term / residual standard deviation
ZERO_RATIO = 1e-7  # variance of a term / mean residual variance below which the term is zero
SMALL_RATIO = 0.02  # below this ratio the fit without the term is tried as well
RESIDUAL_FLOOR = 1e-4  # residual variance of a group / its variance around the fixed effects:
# below, random effects explain the group's rows perfectly and the likelihood is rounding noise
CEILING = 1e6  # largest variance / variance of the response around the fixed effects
STEP = 3e-4  # of the logarithm of a variance, for the central differences of the gradient
FLAT = 1e-7  # curvature below this share of the largest counts as none


@dataclass(frozen=True, kw_only=True)
class VarianceOptimum:
    """Variances at the maximum and the curvature of -2 log-likelihood there.

    ``components`` (terms,) and ``residual`` (groups,) are variances; ``zero`` (terms,) and
    ``floored`` (groups,) mark those at their lower limit; ``spread`` (parameters, parameters) is
    the asymptotic covariance of the logarithms of the remaining variances, terms first;
    ``gradient_norm`` is the largest derivative with respect to a logarithm that is left.
    """

    components: Floats
    residual: Floats
    zero: Booleans
    floored: Booleans
    point: LikelihoodPoint
    spread: Floats
    curvature_deficient: bool
    gradient_norm: float
    evaluations: int


class _Search:
    """Minimises -2 log-likelihood over standard deviations of terms and log residual variances."""

    def __init__(self, likelihood: RestrictedLikelihood, floor: Floats) -> None:
        self.likelihood = likelihood
        self.terms = likelihood.term_count
        self.groups = len(floor)
        self.floor = floor
        self.evaluations = 0

    def at(self, components: Floats, residual: Floats) -> LikelihoodPoint:
        self.evaluations += 1
        return self.likelihood.evaluate(components, residual)

    def minimise(self, start: Floats, active: Booleans) -> tuple[Floats, float]:
        """Return the best parameters from one start, with inactive terms held at zero."""
        free = np.concatenate([active, np.ones(self.groups, dtype=bool)])
        full = np.where(free, start, 0.0)

        def criterion(values: Floats) -> tuple[float, Floats]:
            full[free] = values
            deviations, logs = full[: self.terms], full[self.terms :]
            residual = np.exp(logs)
            try:
                point = self.at(deviations**2, residual)
            except np.linalg.LinAlgError:
                return 1e12, np.zeros(int(free.sum()))
            slopes = np.concatenate(
                [2 * deviations * point.gradient_components, residual * point.gradient_residual]
            )
            return point.value, slopes[free]

        bounds = [(0.0, np.sqrt(CEILING))] * int(active.sum())
        bounds += [(float(np.log(low)), float(np.log(CEILING))) for low in self.floor]
        found = scipy.optimize.minimize(
            criterion,
            full[free].copy(),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-6, "maxcor": 20},
        )
        full[free] = found.x
        return full.copy(), float(found.fun)


def maximise(likelihood: RestrictedLikelihood, group_variance: Floats) -> VarianceOptimum:
    """Return the variances with the highest likelihood.

    Args:
        likelihood: of a response whose variance around the fixed effects is near 1.
        group_variance: variance of each residual group around the fixed effects, (groups,),
            above 0.

    """
    search = _Search(likelihood, RESIDUAL_FLOOR * group_variance)
    terms = likelihood.term_count
    everything = np.ones(terms, dtype=bool)
    logs = np.log(group_variance / 2)
    level = float(np.sqrt(np.mean(group_variance) / 2))
    factors: Sequence[float] = STARTS if terms else STARTS[:1]
    tries = [
        search.minimise(np.concatenate([np.full(terms, factor * level), logs]), everything)
        for factor in factors
    ]
    best, value = min(tries, key=lambda item: item[1])
    best, value, active = _without_idle_terms(search, best, value)
    return _polished(search, best, active)


def _without_idle_terms(
    search: _Search, best: Floats, value: float
) -> tuple[Floats, float, Booleans]:
    terms = search.terms
    active = np.ones(terms, dtype=bool)
    while True:
        ratios = best[:terms] ** 2 / np.mean(np.exp(best[terms:]))
        small = [term for term in np.argsort(ratios) if active[term] and ratios[term] < SMALL_RATIO]
        for term in small:
            trial = active.copy()
            trial[term] = False
            reduced, reduced_value = search.minimise(best, trial)
            worse = reduced_value - value
            if worse <= 1e-8 or (ratios[term] < ZERO_RATIO and worse < 1e-5):
                best, value, active = reduced, min(value, reduced_value), trial
                break
        else:
            break
    point = search.at(best[:terms] ** 2, np.exp(best[terms:]))
    eager = ~active & (point.gradient_components < -1e-6)
    if eager.any():  # a zero term would like to grow: start again from just above zero
        start = best.copy()
        start[:terms][eager] = 0.05 * float(np.sqrt(np.mean(np.exp(best[terms:]))))
        again, again_value = search.minimise(start, active | eager)
        if again_value < value - 1e-8:
            return again, again_value, active | eager
    return best, value, active


def _polished(search: _Search, best: Floats, active: Booleans) -> VarianceOptimum:
    """Return the optimum after Newton steps in the logarithms of the free variances."""
    terms = search.terms
    variances = np.concatenate([best[:terms] ** 2, np.exp(best[terms:])])
    variances[:terms][~active] = 0.0
    floored = variances[terms:] <= search.floor * 1.01
    free = np.concatenate([active & (variances[:terms] > 0), ~floored])

    def slopes(logs: Floats) -> tuple[LikelihoodPoint, Floats]:
        trial = variances.copy()
        trial[free] = np.exp(logs)
        point = search.at(trial[:terms], trial[terms:])
        gradient = np.concatenate([point.gradient_components, point.gradient_residual])
        return point, (trial * gradient)[free]

    logs = np.log(variances[free])
    point, gradient = slopes(logs)
    curvature = np.empty((len(logs), len(logs)))
    for index in range(len(logs)):
        move = np.zeros(len(logs))
        move[index] = STEP
        curvature[index] = (slopes(logs + move)[1] - slopes(logs - move)[1]) / (2 * STEP)
    curvature = (curvature + curvature.T) / 2
    inverse, deficient = _inverse_of_positive_part(curvature)
    for _ in range(4):
        if np.abs(gradient).max(initial=0.0) < 1e-8:
            break
        trial_logs = logs - np.clip(inverse @ gradient, -0.5, 0.5)
        trial_point, trial_gradient = slopes(trial_logs)
        if np.abs(trial_gradient).max() >= np.abs(gradient).max():
            break
        logs, point, gradient = trial_logs, trial_point, trial_gradient
    variances[free] = np.exp(logs)
    return VarianceOptimum(
        components=variances[:terms],
        residual=variances[terms:],
        zero=variances[:terms] == 0,
        floored=floored,
        point=point,
        spread=2 * inverse,
        curvature_deficient=deficient,
        gradient_norm=float(np.abs(gradient).max(initial=0.0)),
        evaluations=search.evaluations,
    )


def _inverse_of_positive_part(matrix: Floats) -> tuple[Floats, bool]:
    if matrix.size == 0:
        return matrix, False
    values, vectors = np.linalg.eigh(matrix)
    keep = values > FLAT * max(float(values.max()), 1e-300)
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return inverse, not bool(keep.all())
