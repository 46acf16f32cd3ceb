"""How probable it is that an effect lies below, within or above its margin.

With a flat prior, an effect estimated from seeds has a t-distribution around the estimate with its
standard error and degrees of freedom. These probabilities decide nothing; they say how open an
open verdict is. Source: Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.2.
"""

from typing import NamedTuple

import numpy as np
import scipy.stats

from biasinit.statistics.inference.arrays import Floats


class MarginProbabilities(NamedTuple):
    """Probabilities that sum to one, in the shape of the estimates."""

    below: Floats
    inside: Floats
    above: Floats


def margin_probabilities(
    estimate: Floats | float,
    standard_error: Floats | float,
    df: Floats | float,
    margin_lower: Floats | float,
    margin_upper: Floats | float,
) -> MarginProbabilities:
    """Return the probabilities of an effect below, within and above a margin.

    Args:
        estimate: any shape; a ratio goes in as its logarithm, and so do its margins.
        standard_error: of the estimate, in the same unit.
        df: degrees of freedom of the standard error.
        margin_lower: lower end of the margin, in the unit of the estimate.
        margin_upper: upper end.

    Returns:
        NaN where an argument is, or where the standard error is not positive.

    """
    names = (estimate, standard_error, df, margin_lower, margin_upper)
    center, error, freedom, lower, upper = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in names)
    )
    known = np.isfinite(center + error + freedom + lower + upper) & (error > 0) & (freedom > 0)
    scale = np.where(known, error, np.nan)
    low, high = (lower - center) / scale, (upper - center) / scale
    # differences of the tail that both bounds lie in: 1 minus two probabilities would leave
    # rounding errors, some of them negative, where the margin is far away
    right = scipy.stats.t.sf(low, freedom) - scipy.stats.t.sf(high, freedom)
    left = scipy.stats.t.cdf(high, freedom) - scipy.stats.t.cdf(low, freedom)
    return MarginProbabilities(
        below=scipy.stats.t.cdf(low, freedom),
        inside=np.where(low > 0, right, left),
        above=scipy.stats.t.sf(high, freedom),
    )
