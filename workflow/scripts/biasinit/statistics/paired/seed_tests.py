"""Tests of one number per seed: single contrasts, and families adjusted by sign flips.

All schemes of a seed start from the same weights and see the same batches, so the difference
``d_s`` between two schemes in seed s is one independent observation. A one-sample t-test of
d_1..d_S is exact under normality whatever the variances of the schemes and however runs of one
seed correlate; the family is adjusted by sign flips.
"""

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Floats, Integers
from biasinit.statistics.inference.sign_flips import (
    FlipFamily,
    FlipMethod,
    FlipPlan,
    flip_family,
    varies,
)
from biasinit.streams import Purpose, stream

LEVEL = 0.95  # of plain intervals


def one_sample(differences: Floats, *, fewest: Integers | None = None) -> pd.DataFrame:
    """Return the one-sample t-test of each column.

    Args:
        differences: (units, contrasts), NaN where a unit does not enter.
        fewest: (contrasts,), units behind the part of a column that is known least, where it is
            made of several; its degrees of freedom are these. None: all that enter.

    Returns:
        ``seeds, estimate, standard_error, df, t, p, lower, upper``, one row per column. Without
        variation, or with fewer than two units, there is an estimate but no test.

    """
    present = ~np.isnan(differences)
    units = present.sum(axis=0)
    least = units if fewest is None else np.minimum(units, fewest)
    values = np.where(present, differences, 0.0)
    estimate = np.where(units > 0, values.sum(axis=0) / np.maximum(units, 1), np.nan)
    # a mean of exact opposites is zero, not the rounding error of their sum
    estimate = np.where(
        np.abs(estimate) <= 1e-13 * np.abs(values).max(axis=0, initial=0.0), 0.0, estimate
    )
    usable = (least >= 2) & varies(differences)
    around = np.where(present, differences - estimate, 0.0)
    df = np.where(usable, least - 1.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt((around**2).sum(axis=0) / np.where(usable, units - 1.0, np.nan) / units)
        t = estimate / error
    half = error * scipy.stats.t.isf((1 - LEVEL) / 2, df)
    return pd.DataFrame(
        {
            "seeds": least,
            "estimate": estimate,
            "standard_error": error,
            "df": df,
            "t": t,
            "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            "lower": estimate - half,
            "upper": estimate + half,
        }
    )


def family_table(
    differences: Floats,
    plan: FlipPlan,
    *,
    any_failed: bool,
    name: str,
    fewest: Integers | None = None,
) -> pd.DataFrame:
    """Return one-sample tests with the family-adjusted p-values and simultaneous intervals.

    A contrast is rejected only where Student's t alone would reject it too, and never where its
    own seeds are so few that no flip of them is rare enough: with two seeds beside contrasts of
    twenty, the flips of the family are many, and those of the contrast are two. As it is never
    rejected, the others pay nothing for it.

    Args:
        differences: (units, contrasts); all columns form one family.
        plan: of the family.
        any_failed: whether a run of any arm failed, or failures are counted, which calls for
            min-p.
        name: of the family; keys its flips.
        fewest: as in ``one_sample``.

    Returns:
        The columns of ``one_sample`` and ``p_adjusted, simultaneous_lower, simultaneous_upper``,
        where p_adjusted <= alpha exactly when the simultaneous interval excludes zero, and
        ``critical``, the |t| that it takes.

    """
    family = flips_of(differences, plan, any_failed=any_failed, name=name, fewest=fewest)
    return with_family(one_sample(differences, fewest=fewest), family, alpha=plan.alpha)


def with_family(tests: pd.DataFrame, family: FlipFamily, *, alpha: float) -> pd.DataFrame:
    """Return the tests of ``one_sample`` with what ``family_table`` adds to them.

    Args:
        tests: from ``one_sample``.
        family: the sign flips of the same differences.
        alpha: error rate of the family.

    """
    rarest = _rarest(tests["seeds"].to_numpy())
    plain = scipy.stats.t.isf(alpha / 2, tests["df"])
    critical = np.where(rarest > alpha, np.inf, np.maximum(family.critical, plain))
    known = tests["p"].notna().to_numpy()
    critical = np.where(known, critical, np.nan)
    alone = np.maximum(tests["p"], np.minimum(rarest, 1.0))
    adjusted = np.fmax(family.p_adjusted, alone)
    half = tests["standard_error"].to_numpy() * critical
    return tests.assign(
        critical=critical,
        p_adjusted=np.where(known, adjusted, np.nan),
        simultaneous_lower=tests["estimate"] - half,
        simultaneous_upper=tests["estimate"] + half,
    )


def flips_of(
    differences: Floats,
    plan: FlipPlan,
    *,
    any_failed: bool,
    name: str,
    fewest: Integers | None = None,
) -> FlipFamily:
    """Return the sign-flip family of the contrasts that it can reject, NaN for the others.

    One of two seeds with equal differences has an endless |t| in half of the flips, which would
    hide every other effect of the family. The arguments are those of ``family_table``.
    """
    units = (~np.isnan(differences)).sum(axis=0)
    least = units if fewest is None else np.minimum(units, fewest)
    return flip_family(
        np.where(_rarest(least) > plan.alpha, np.nan, differences),
        method=FlipMethod.SMALLEST_P if any_failed else FlipMethod.LARGEST_T,
        alpha=plan.alpha,
        resamples=plan.resamples,
        rng=stream(plan.analysis_seed, 0, Purpose.ANALYSIS, name=f"sign flips, {name}"),
    )


def _rarest(seeds: Integers) -> Floats:
    """Return the share of flips of so many seeds that reach as far as any: a flip, its mirror."""
    return np.asarray(np.power(2.0, 1.0 - seeds))
