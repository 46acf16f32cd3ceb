"""The conditions of all studies, each once: its effect, and what its interval says.

Studies of one setting at one normalisation estimate one effect, so they become one condition.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.paired.contrast_tests import FEWEST_SEEDS
from biasinit.statistics.synthesis.effects import SETTING
from biasinit.statistics.synthesis.random_effects import LEVEL, one_setting
from biasinit.verdicts import Verdict

FAMILY = ("outcome", "normalization", "condition")
KEYS = ("outcome", "normalization", "scheme", "condition")
CONDITIONS = (
    *KEYS,
    *("studies", "estimate", "standard_error", "df", "lower", "upper", "margin"),
    *("effect", "effect_error", "seeds", "runs", "failed", "reference_failed", "verdict"),
)
SHARED_STARTS = tuple(name for name in SETTING if name != "optimizer")
MOST = 0.5  # share of failed runs above which an arm fails
POOLED_VERDICTS = (
    *(Verdict.WORSE_BEYOND, Verdict.WORSE, Verdict.BETTER_BEYOND, Verdict.BETTER),
    *(Verdict.NEGLIGIBLE, Verdict.EQUIVALENT, Verdict.INCONCLUSIVE),
)
"""Of conditions whose effect has a size and an error."""


def conditions_of(effects: pd.DataFrame) -> pd.DataFrame:
    """Return each scheme in each condition once, over all studies that have it.

    Args:
        effects: ``KEYS`` and ``study``, beside what ``effects_of_study`` returns; further columns
            are those of the condition and are kept.

    Returns:
        ``CONDITIONS`` and the further columns. ``lower, upper`` is a t interval that holds at 95 %
        for all schemes of a condition at once (Bonferroni), as verdicts of a study hold for its
        family; ``effect`` is the estimate in margins (of several studies, the strictest). Counts
        are sums. An arm *fails* where more than half of its runs do.

    """
    compared = effects.groupby(list(FAMILY))["scheme"].nunique().to_dict()
    rows = []
    for values, part in effects.groupby(list(KEYS), sort=False):
        key = dict(zip(KEYS, values, strict=True))
        family = tuple(key[name] for name in FAMILY)
        rows.append(key | _merged(part, compared=compared[family]))
    return pd.DataFrame(rows, columns=list(CONDITIONS) if not rows else None)


def _merged(part: pd.DataFrame, *, compared: int) -> dict[str, Any]:
    known = part[np.isfinite(part["estimate"]) & (part["standard_error"] > 0)]
    same = part[(part["estimate"] == 0) & (part["standard_error"] == 0)]
    if len(known):
        numbers = (
            known[name].to_numpy(dtype=np.float64) for name in ("estimate", "standard_error", "df")
        )
        estimate, error, df = one_setting(*numbers)
    else:
        estimate, error, df = (0.0, 0.0, math.nan) if len(same) else (math.nan,) * 3
    margin = float(part["margin"].min())
    tail = (1 - LEVEL) / 2 / compared
    half = float(scipy.stats.t.isf(tail, df)) * error if len(known) else math.nan
    counts = {
        name: float(part[name].sum()) for name in ("seeds", "runs", "failed", "reference_failed")
    }
    further = [
        name
        for name in part
        if name not in {*CONDITIONS, "study", "standard_error", "learning_rates"}
    ]
    found: dict[str, Any] = {
        "studies": ", ".join(part["study"].drop_duplicates()),
        "learning_rates": "; ".join(part["learning_rates"].astype(str).drop_duplicates()),
        "estimate": estimate,
        "standard_error": error,
        "df": df,
        "lower": estimate - half,
        "upper": estimate + half,
        "margin": margin,
        "effect": estimate / margin,
        "effect_error": error / margin,
        **counts,
        **{str(name): part[name].iloc[0] for name in further},
    }
    return found | {"verdict": str(_verdict(found))}


def _verdict(row: Mapping[str, Any]) -> Verdict:
    estimate, error, lower, upper, margin, seeds, runs, failed, reference_failed = (
        float(row[name])
        for name in (
            *("estimate", "standard_error", "lower", "upper", "margin"),
            *("seeds", "runs", "failed", "reference_failed"),
        )
    )
    if reference_failed > MOST * runs:
        return Verdict.REFERENCE_FAILS
    if failed > MOST * runs:
        return Verdict.FAILS
    if error == 0:
        return Verdict.IDENTICAL
    if math.isnan(estimate):
        return Verdict.NOT_ESTIMABLE
    if max(lower, -upper) > margin:
        return Verdict.BETTER_BEYOND if estimate > 0 else Verdict.WORSE_BEYOND
    inside = seeds >= FEWEST_SEEDS and max(-lower, upper) < margin
    if lower > 0 or upper < 0:
        if inside:
            return Verdict.NEGLIGIBLE
        return Verdict.BETTER if estimate > 0 else Verdict.WORSE
    return Verdict.EQUIVALENT if inside else Verdict.INCONCLUSIVE


def poolable(conditions: pd.DataFrame) -> pd.DataFrame:
    """Return the conditions whose effect has a size and an error, and in which both arms train."""
    return conditions[conditions["verdict"].isin([str(name) for name in POOLED_VERDICTS])]


def independent(conditions: pd.DataFrame) -> pd.DataFrame:
    """Return conditions whose effects err apart: one for those that differ in the optimiser alone.

    Conditions of the same studies with one data set, network, start of weights and scaling of
    inputs share images, weights and seeds, and their effects go together: by seed they correlate at
    .45 and .44 in the published `bias_rate` and `bias_rate_cifar10`, and at −.18 to .26 in studies
    whose conditions differ in anything else (bench/statistics/shared_starts.py). They become one,
    with the mean of their effects and, as if they were the same measurement, the mean of their
    errors.

    Args:
        conditions: from ``conditions_of``, of effects with a size and an error (``poolable``).

    Returns:
        The same columns, of the first of each group but for ``effect`` and ``effect_error``.

    """
    keys = [*SHARED_STARTS, "studies", "outcome", "normalization", "scheme"]
    means = conditions.groupby(keys, dropna=False)[["effect", "effect_error"]].transform("mean")
    return conditions.assign(**means)[~conditions.duplicated(keys)]


def differ_in_optimizer_alone(conditions: pd.DataFrame) -> int:
    """Return how many conditions differ from an earlier one of theirs in the optimiser alone.

    Of each group that ``independent`` takes as one, these are all but the first.
    """
    if conditions.empty:
        return 0
    each = conditions.drop_duplicates("condition")
    return int(each.duplicated([*SHARED_STARTS, "studies"]).sum())


def in_margins(conditions: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return effects and their standard errors in margins, (conditions,) each."""
    effects = conditions["effect"].to_numpy(dtype=np.float64)
    return effects, conditions["effect_error"].to_numpy(dtype=np.float64)
