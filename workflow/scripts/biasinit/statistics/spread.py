"""Whether schemes differ in how much their runs scatter.

Two paired samples have equal variances exactly when their sum and difference are uncorrelated
(Pitman 1939, Morgan 1939), so the test is that of a correlation and uses the pairing. Inverting
it gives an interval for the ratio of standard deviations. Over all arms, a likelihood-ratio test
compares the mixed models with and without residual SDs of their own. Both assume normal errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.mixed.fitting import fit_mixed
from biasinit.statistics.paired.contrasts import arrange


@dataclass(frozen=True, kw_only=True)
class SpreadAnalysis:
    """Pairwise and overall comparison of run-to-run scatter.

    ``contrasts``: the ``by`` columns and ``scheme, reference, pairs, sd, reference_sd, ratio,
    lower, upper, correlation, t, df, p, p_adjusted``; ``correlation`` is that of sum and
    difference. ``likelihood_ratio`` is chi-square with ``likelihood_ratio_df``, NaN if the models
    cannot be fitted.
    """

    contrasts: pd.DataFrame
    likelihood_ratio: float
    likelihood_ratio_df: float
    likelihood_ratio_p: float
    note: str


def spread_contrasts(
    data: pd.DataFrame,
    outcome: str,
    factor: str,
    reference: str,
    unit: str = "seed",
    by: str | Sequence[str] = (),
) -> SpreadAnalysis:
    """Return how the scatter of each level compares with that of the reference.

    Args:
        data: one row per run.
        outcome: column of numbers.
        factor: column whose levels are compared.
        reference: the level that the others are compared with.
        unit: column of the pairs.
        by: columns within whose levels the comparison is made (cell, normalisation).

    """
    columns = [by] if isinstance(by, str) else list(by)
    array = arrange(data, outcome, factor, unit=unit, cells=[], strata=columns)
    if reference not in array.levels:
        raise NotEstimableError(
            f"'reference' must be a level of '{factor}', which has {', '.join(array.levels)}, "
            f"got {reference!r}."
        )
    rows: list[dict[str, object]] = []
    base = array.levels.index(reference)
    for stratum, key in enumerate(array.stratum_rows.to_dict("records")):
        for place, level in enumerate(array.levels):
            if place != base:
                pair = array.values[stratum, 0][:, [place, base]]
                row = pitman_morgan(pair[np.isfinite(pair).all(axis=1)])
                named = {"scheme": level, "reference": reference}
                rows.append({str(name): value for name, value in key.items()} | named | row)
    frame = pd.DataFrame(rows)
    frame["p_adjusted"] = holm(frame["p"].to_numpy()) if len(frame) else np.nan
    statistic, df, note = _likelihood_ratio(data, outcome, factor, unit, columns)
    return SpreadAnalysis(
        contrasts=frame,
        likelihood_ratio=statistic,
        likelihood_ratio_df=df,
        likelihood_ratio_p=float(scipy.stats.chi2.sf(statistic, df)),
        note=note,
    )


def pitman_morgan(pair: Floats, *, level: float = 0.95) -> dict[str, float]:
    """Return the Pitman-Morgan test of two paired samples.

    Args:
        pair: (units, 2), complete.
        level: of the interval for the ratio of standard deviations, first / second.

    """
    units = len(pair)
    names = ("sd", "reference_sd", "ratio", "lower", "upper", "correlation", "t", "df", "p")
    row = {"pairs": float(units), **dict.fromkeys(names, np.nan)}
    if units < 3:
        return row
    row["sd"], row["reference_sd"] = (float(value) for value in pair.std(axis=0, ddof=1))
    negligible = 1e-11 * float(np.abs(pair).max())
    if min(row["sd"], row["reference_sd"]) <= negligible:
        return row
    total, difference = pair.sum(axis=1), pair[:, 0] - pair[:, 1]
    row["ratio"] = row["sd"] / row["reference_sd"]
    if difference.std() <= negligible or total.std() <= negligible:
        return row
    correlation = float(np.corrcoef(total, difference)[0, 1])
    df = units - 2
    row["correlation"], row["df"] = correlation, float(df)
    row["t"] = correlation * np.sqrt(df / max(1 - correlation**2, 1e-300))
    row["p"] = float(2 * scipy.stats.t.sf(abs(row["t"]), df))
    within = float(np.corrcoef(pair[:, 0], pair[:, 1])[0, 1])
    spread = 1 + 2 * (1 - within**2) * scipy.stats.t.isf((1 - level) / 2, df) ** 2 / df
    root = np.sqrt(spread**2 - 1)
    row["lower"] = row["ratio"] * float(np.sqrt(spread - root))
    row["upper"] = row["ratio"] * float(np.sqrt(spread + root))
    return row


def _likelihood_ratio(
    data: pd.DataFrame, outcome: str, factor: str, unit: str, by: Sequence[str]
) -> tuple[float, float, str]:
    """Return twice the gain in log-likelihood by residual SDs per level, and its df."""
    names = {outcome: "outcome", factor: "arm", unit: "unit"}
    names |= {name: f"stratum{place}" for place, name in enumerate(by)}
    frame = data[list(names)].rename(columns=names)
    strata = [names[name] for name in by]
    frame[["arm", *strata]] = frame[["arm", *strata]].astype(str)
    formula = " * ".join(["outcome ~ arm", *strata])
    try:
        pooled = fit_mixed(frame, formula, [":".join(["unit", *strata])])
        single = fit_mixed(frame, formula, [":".join(["unit", *strata])], residual_by="arm")
    except (NotEstimableError, np.linalg.LinAlgError) as problem:
        return float("nan"), float("nan"), str(problem)
    gain = 2 * (single.log_likelihood - pooled.log_likelihood)
    return max(gain, 0.0), float(len(single.residual_sd) - 1), ""
