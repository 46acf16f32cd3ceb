"""The same contrast measured by several studies, combined into one.

ASSUME: the studies are independent, and their effects scatter around a common mean (random
effects), so that the answer is about further studies of the kind and not about these alone.
Source: Paule & Mandel's variance between studies, Hartung & Knapp (2001), doi:10.1002/sim.791, for
the error, never below that of known variances, which Hartung and Knapp's is when studies agree by
chance; statsmodels' `combine_effects` computes both.
"""

from dataclasses import dataclass

import numpy as np
import scipy.stats
from statsmodels.stats.meta_analysis import combine_effects

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats

LEVEL = 0.95  # of the interval


@dataclass(frozen=True, kw_only=True)
class CombinedEffect:
    """The mean effect over studies, with df = studies − 1, in the unit of the effects.

    ``between_sd``: how much true effects scatter between studies; ``homogeneity_p``: Cochran's Q
    that they do not.
    """

    estimate: float
    standard_error: float
    df: int
    lower: float
    upper: float
    between_sd: float
    homogeneity_p: float


def combined_effect(effects: Floats, standard_errors: Floats) -> CombinedEffect:
    """Return the mean of one contrast over studies.

    Args:
        effects: estimate of each study, (studies,).
        standard_errors: above 0, (studies,).

    Raises:
        NotEstimableError: fewer than two studies, or one without a finite error above 0.

    """
    known = np.isfinite(effects) & np.isfinite(standard_errors) & (standard_errors > 0)
    if len(effects) < 2 or not known.all():
        raise NotEstimableError(
            "Effects are combined over two studies or more, each with a standard error above 0; "
            f"got {int(known.sum())} of {len(effects)} such."
        )
    found = combine_effects(effects, standard_errors**2, method_re="iterated")
    error = float(max(found.sd_eff_w_re, found.sd_eff_w_re_hksj))
    estimate, df = float(found.mean_effect_re), len(effects) - 1
    half = error * float(scipy.stats.t.isf((1 - LEVEL) / 2, df))
    return CombinedEffect(
        estimate=estimate,
        standard_error=error,
        df=df,
        lower=estimate - half,
        upper=estimate + half,
        between_sd=float(np.sqrt(max(found.tau2, 0.0))),
        homogeneity_p=float(found.test_homogeneity().pvalue),
    )
