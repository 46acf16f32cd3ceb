"""The exact interval of a share."""

import scipy.stats


def clopper_pearson(successes: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a binomial probability; (0, 1) without trials."""
    tail = (1 - level) / 2
    if trials == 0:
        return 0.0, 1.0
    beta = scipy.stats.beta
    lower = 0.0 if successes == 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    upper = 1.0 if successes == trials else float(beta.isf(tail, successes + 1, trials - successes))
    return lower, upper
