"""What holds over all conditions: the mean effect of each scheme, and that of a new condition."""

import math

import numpy as np
import pandas as pd

from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.synthesis.conditions import in_margins, independent, poolable
from biasinit.statistics.synthesis.random_effects import random_effects
from biasinit.verdicts import Verdict

POOLED = (
    *("outcome", "normalization", "scheme", "conditions", "failing"),
    *("mean", "standard_error", "between", "lower", "upper"),
    *("prediction_lower", "prediction_upper", "p_inside", "p_below", "p_above"),
    *("p", "p_adjusted"),
)
ONE_MARGIN = 1.0


def pooled_effects(conditions: pd.DataFrame) -> pd.DataFrame:
    """Return the random-effects summary of each scheme, at each normalisation.

    Args:
        conditions: from ``conditions_of``.

    Returns:
        ``POOLED``, in margins. ``conditions`` counts those that the mean is over
        (``independent``), ``failing`` those in which the scheme fails, which have no part in it.
        ``p_adjusted`` is Holm's, over the schemes and normalisations of an outcome.

    """
    rows = []
    for values, part in conditions.groupby(["outcome", "normalization", "scheme"], sort=False):
        key = dict(zip(("outcome", "normalization", "scheme"), values, strict=True))
        rows.append(key | _summary(part))
    table = pd.DataFrame(rows, columns=list(POOLED))
    for _, part in table.groupby("outcome"):
        table.loc[part.index, "p_adjusted"] = holm(part["p"].to_numpy(dtype=np.float64))
    return table


def _summary(here: pd.DataFrame) -> dict[str, float]:
    used = independent(poolable(here))
    found = {
        "conditions": float(len(used)),
        "failing": float((here["verdict"] == str(Verdict.FAILS)).sum()),
    }
    if not len(used):
        return found | dict.fromkeys(POOLED[5:], math.nan)
    summary = random_effects(*in_margins(used))
    below, inside, above = summary.chances(ONE_MARGIN)
    lower, upper = summary.interval()
    prediction_lower, prediction_upper = summary.prediction()
    return found | {
        "mean": summary.mean,
        "standard_error": summary.standard_error,
        "between": summary.between,
        "lower": lower,
        "upper": upper,
        "prediction_lower": prediction_lower,
        "prediction_upper": prediction_upper,
        "p_inside": inside,
        "p_below": below,
        "p_above": above,
        "p": summary.p(),
        "p_adjusted": math.nan,
    }
