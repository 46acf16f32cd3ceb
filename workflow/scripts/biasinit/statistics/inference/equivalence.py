"""Two one-sided tests that an estimate lies within a margin."""

import numpy as np
import scipy.stats

from biasinit.statistics.inference.arrays import Floats


def two_one_sided_p(
    estimate: Floats | float,
    standard_error: Floats | float,
    df: Floats | float,
    margin_lower: Floats | float,
    margin_upper: Floats | float,
) -> Floats:
    """Return the larger p-value of two one-sided t-tests of equivalence.

    Args:
        estimate: any shape.
        standard_error: of the estimate.
        df: degrees of freedom of the standard error.
        margin_lower: lower end of the margin, in the unit of the estimate; NaN for none.
        margin_upper: upper end.

    Returns:
        NaN where an argument is.

    Source: Schuirmann (1987), doi:10.1007/BF01068419.

    """
    with np.errstate(invalid="ignore", divide="ignore"):
        from_below = scipy.stats.t.sf((estimate - margin_lower) / standard_error, df)
        from_above = scipy.stats.t.cdf((estimate - margin_upper) / standard_error, df)
    return np.asarray(np.maximum(from_below, from_above))
