"""The exact interval of a share."""

from statsmodels.stats.proportion import proportion_confint


def clopper_pearson(successes: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a binomial probability; (0, 1) without trials.

    statsmodels' `proportion_confint`, which has NaN without trials.
    """
    if trials == 0:
        return 0.0, 1.0
    lower, upper = proportion_confint(successes, trials, alpha=1 - level, method="beta")
    return float(lower), float(upper)
