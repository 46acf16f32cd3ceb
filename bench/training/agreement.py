"""Whether two samples of final accuracies look like draws of one distribution."""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def compared(ours: Sequence[float], theirs: Sequence[float], *, images: int) -> dict[str, float]:
    """Return means, their difference with a 95 % interval, and the p-values of two tests.

    Kolmogorov-Smirnov compares numbers of correct images: accuracies of the same number that were
    rounded differently would look like two distributions to it.

    Args:
        ours: accuracies in percent.
        theirs: accuracies in percent, of other seeds.
        images: in the test set.

    """
    counts = [np.rint(np.array(values) * images / 100) for values in (ours, theirs)]
    test = stats.ttest_ind(ours, theirs, equal_var=False)
    lower, upper = test.confidence_interval()
    spread = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / 2)
    return {
        "mean": float(np.mean(ours)),
        "mean of the others": float(np.mean(theirs)),
        "SD": float(np.std(ours, ddof=1)),
        "SD of the others": float(np.std(theirs, ddof=1)),
        "difference, points": float(np.mean(ours) - np.mean(theirs)),
        "lower": float(lower),
        "upper": float(upper),
        "Cohen's d": float((np.mean(ours) - np.mean(theirs)) / spread),
        "Welch p": float(test.pvalue),
        "Kolmogorov-Smirnov p": float(stats.ks_2samp(*counts).pvalue),
    }
