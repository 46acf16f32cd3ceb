"""Runs that failed: their share in each arm, and exact paired comparisons with the reference.

A failed run is an outcome and never dropped. Shares get Clopper-Pearson intervals. Two arms are
compared within seeds: only pairs in which exactly one of the two failed speak, and under equal
risk each of them is a fair coin (McNemar's exact test; over several cells the coins are the
seeds, since failures of one seed in different cells are not independent).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.failure.risk_difference import MOST_PAIRS, exact_risk_difference
from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.contrasts import arrange

RATES = (
    *("normalization", "cell", "scheme", "runs", "failed", "diverged", "never_learned"),
    *("rate", "lower", "upper"),
)
CONTRASTS = (
    *("normalization", "cell", "scheme", "reference", "pairs"),
    *("only_scheme_failed", "only_reference_failed"),
    *("risk_difference", "lower", "upper", "p", "p_adjusted"),
)


@dataclass(frozen=True, kw_only=True)
class FailureAnalysis:
    """The tables `failure_rates` and `failure_contrasts`."""

    rates: pd.DataFrame
    contrasts: pd.DataFrame


def analyse_failure(
    runs: pd.DataFrame, *, reference: str, schemes: Sequence[str], alpha: float
) -> FailureAnalysis:
    """Return failure rates of all arms and exact contrasts with the reference.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm; others are left out.
        alpha: two-sided level of the intervals of the contrasts.

    """
    table = read_runs(runs)
    table = treatments(table[table["scheme"].isin(list(schemes))])
    return FailureAnalysis(
        rates=_rates(table, schemes),
        contrasts=failure_contrasts(table, reference=reference, schemes=schemes, alpha=alpha),
    )


def failure_contrasts(
    runs: pd.DataFrame, *, reference: str, schemes: Sequence[str], alpha: float
) -> pd.DataFrame:
    """Return the table `failure_contrasts`; the arguments are those of ``analyse_failure``.

    Only arms with a failed run in either appear; without any there is nothing to test, and the
    rates say how small the risk can be. Holm's adjustment spans the rows with ``cell`` "all", and
    the single cells by themselves.
    """
    table = runs if "cell" in runs and "normalization" in runs else read_runs(runs)
    rows = []
    for level in levels_present(table):
        part = table[table["normalization"] == level]
        array = arrange(
            part.assign(failed=part["failed"].astype(float)),
            "failed",
            "scheme",
            unit="seed",
            cells=["cell"],
            strata=[],
        )
        cells = {ALL_CELLS: slice(None)}
        if len(array.cells) > 1:
            cells |= {cell: slice(place, place + 1) for place, cell in enumerate(array.cells)}
        for scheme in schemes:
            if scheme == reference or not {scheme, reference} <= set(array.levels):
                continue
            first, second = (
                array.values[0, :, :, array.levels.index(name)] for name in (scheme, reference)
            )
            for cell, chosen in cells.items():
                row = _paired_row(first[chosen], second[chosen], alpha)
                if row is not None:
                    key = {"normalization": level, "cell": cell, "scheme": scheme}
                    rows.append({**key, "reference": reference, **row})
    frame = pd.DataFrame(rows, columns=list(CONTRASTS))
    frame["p_adjusted"] = frame["p_adjusted"].astype(float)
    whole = (frame["cell"] == ALL_CELLS).to_numpy()
    for family in (whole, ~whole):
        frame.loc[family, "p_adjusted"] = holm(frame.loc[family, "p"].to_numpy(dtype=float))
    return frame


def clopper_pearson(successes: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a binomial probability; (0, 1) without trials."""
    tail = (1 - level) / 2
    if trials == 0:
        return 0.0, 1.0
    beta = scipy.stats.beta
    lower = 0.0 if successes == 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    upper = 1.0 if successes == trials else float(beta.isf(tail, successes + 1, trials - successes))
    return lower, upper


def exact_sign_p(differences: Floats) -> float:
    """Return the two-sided p-value that whole-numbered differences are symmetric about zero.

    The exact distribution of the sum over all sign flips, by convolution. For differences in
    {-1, 0, 1} it is McNemar's exact test.
    """
    sizes = np.abs(np.rint(differences)).astype(int)
    sizes = sizes[sizes > 0]
    if len(sizes) == 0:
        return 1.0
    total = int(sizes.sum())
    chance = np.zeros(2 * total + 1)
    chance[total] = 1.0
    for size in sizes:
        chance = (np.roll(chance, size) + np.roll(chance, -size)) / 2
    observed = abs(int(np.rint(differences.sum())))
    sums = np.abs(np.arange(-total, total + 1))
    return float(min(1.0, chance[sums >= observed].sum()))


def risk_difference_interval(
    only_first: int, only_second: int, pairs: int, *, alpha: float, p: float
) -> tuple[float, float]:
    """Return an interval for P(only first) - P(only second) with at least 1 - alpha coverage.

    Exact by ``risk_difference`` up to 100 pairs; beyond, the two discordant probabilities get
    Clopper-Pearson intervals at 1 - alpha/2 each. Where the interval and the exact p-value
    disagree on zero, the end near zero is moved there.
    """
    if pairs <= MOST_PAIRS:
        lower, upper = exact_risk_difference(only_first, only_second, pairs, alpha=alpha)
    else:
        level = 1 - alpha / 2
        first = clopper_pearson(only_first, pairs, level=level)
        second = clopper_pearson(only_second, pairs, level=level)
        lower, upper = first[0] - second[1], first[1] - second[0]
    if p > alpha:
        return min(lower, 0.0), max(upper, 0.0)
    if only_first > only_second:
        return max(lower, 0.0), upper
    return lower, min(upper, 0.0)


def _paired_row(first: Floats, second: Floats, alpha: float) -> dict[str, float] | None:
    """Return the comparison of two arms, (cells, seeds) each, or None without failures."""
    both = np.isfinite(first) & np.isfinite(second)
    differences = np.where(both, first - second, 0.0)
    pairs = int(both.sum())
    if pairs == 0 or not (np.where(both, first + second, 0.0) > 0).any():
        return None
    only_first, only_second = int((differences > 0).sum()), int((differences < 0).sum())
    p = exact_sign_p(differences.sum(axis=0))
    lower, upper = risk_difference_interval(only_first, only_second, pairs, alpha=alpha, p=p)
    if len(first) > 1:
        lower, upper = _allowing_for_seeds(differences, both, (lower, upper), alpha=alpha, p=p)
    return {
        "pairs": pairs,
        "only_scheme_failed": only_first,
        "only_reference_failed": only_second,
        "risk_difference": (only_first - only_second) / pairs,
        "lower": lower,
        "upper": upper,
        "p": p,
        "p_adjusted": np.nan,
    }


def _allowing_for_seeds(
    differences: Floats,
    both: Booleans,
    interval: tuple[float, float],
    *,
    alpha: float,
    p: float,
) -> tuple[float, float]:
    """Return the interval, widened where the failures of one seed come together.

    The exact interval takes the pairs of one seed in several cells as independent. The t-interval
    of the seeds' means does not, but is too short when few seeds failed; the wider end of the two
    holds on each side.
    """
    present = both.sum(axis=0) > 0
    means = differences.sum(axis=0)[present] / both.sum(axis=0)[present]
    seeds = len(means)
    if seeds < 2:
        return interval
    half = float(scipy.stats.t.isf(alpha / 2, seeds - 1) * means.std(ddof=1) / np.sqrt(seeds))
    middle = float(differences.sum() / both.sum())
    lower, upper = min(interval[0], middle - half), max(interval[1], middle + half)
    if p <= alpha:  # the exact test of the seeds has decided; the interval must not contradict it
        lower, upper = (max(lower, 0.0), upper) if middle > 0 else (lower, min(upper, 0.0))
    return max(lower, -1.0), min(upper, 1.0)


def _rates(table: pd.DataFrame, schemes: Sequence[str]) -> pd.DataFrame:
    rows = []
    whole = pd.concat([table.assign(cell=ALL_CELLS), table], ignore_index=True)
    kinds = whole["failure_kind"] if "failure_kind" in whole else pd.Series("", index=whole.index)
    whole = whole.assign(kind=kinds.astype(str))
    for level in levels_present(table):
        for cell in whole.loc[whole["normalization"] == level, "cell"].unique():
            part = whole[(whole["normalization"] == level) & (whole["cell"] == cell)]
            for scheme in schemes:
                arm = part[part["scheme"] == scheme]
                failed = int(arm["failed"].sum())
                lower, upper = clopper_pearson(failed, len(arm))
                rows.append(
                    {
                        "normalization": level,
                        "cell": cell,
                        "scheme": scheme,
                        "runs": len(arm),
                        "failed": failed,
                        "diverged": int((arm["failed"] & (arm["kind"] == "diverged")).sum()),
                        "never_learned": int(
                            (arm["failed"] & (arm["kind"] == "never learned")).sum()
                        ),
                        "rate": failed / len(arm) if len(arm) else np.nan,
                        "lower": lower if len(arm) else np.nan,
                        "upper": upper if len(arm) else np.nan,
                    }
                )
    return pd.DataFrame(rows, columns=list(RATES))
