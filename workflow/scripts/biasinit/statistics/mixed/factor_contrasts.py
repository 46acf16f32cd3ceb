"""Marginal means of factors and contrasts between them, from a linear model.

A marginal mean is the average of the model's predictions over the levels of all other factors
with equal weights, whatever the numbers of runs (R: emmeans). A contrast is a difference of two
marginal means, a contrast of contrasts the difference of two such differences.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.multiplicity import LargestT, holm

LEVEL = 0.95  # of all intervals
ADJUSTMENTS = ("none", "holm", "tukey", "dunnett")


class LinearFit(Protocol):
    """What a model must tell for its means to be compared."""

    @property
    def factors(self) -> Mapping[str, tuple[str, ...]]:
        """The factors with their levels."""

    def grid(self, factors: Sequence[str]) -> tuple[pd.DataFrame, Floats]:
        """Return combinations of levels, and the weights of their means, one row each."""

    def tests(self, rows: Floats) -> pd.DataFrame:
        """Return ``estimate, standard_error, df, t, p`` of linear combinations."""

    def correlation(self, rows: Floats) -> Floats:
        """Return the correlation of linear combinations."""


def marginal_means(fit: LinearFit, factors: Sequence[str]) -> pd.DataFrame:
    """Return the mean of each combination of levels: factors, estimate, error, df, interval."""
    grid, rows = fit.grid(factors)
    table = fit.tests(rows)
    half = table["standard_error"] * scipy.stats.t.isf((1 - LEVEL) / 2, table["df"])
    table["lower"], table["upper"] = table["estimate"] - half, table["estimate"] + half
    return pd.concat([grid, table.drop(columns=["t", "p"])], axis=1)


def contrasts(
    fit: LinearFit,
    factor: str,
    *,
    reference: str | None,
    by: Sequence[str],
    adjust: Literal["none", "holm", "tukey", "dunnett"],
    interaction: str | None,
) -> pd.DataFrame:
    """Return differences of marginal means.

    Args:
        fit: the model.
        factor: whose levels are compared.
        reference: the level that is subtracted from every other; None gives all pairs, earlier
            minus later in sorted text order.
        by: factors within whose levels the comparison is made.
        adjust: over the whole frame, ``by`` included; "tukey" and "dunnett" are both exact by the
            multivariate t of all contrasts of the frame.
        interaction: another factor; gives the difference of each contrast between its levels,
            each later level minus the first.

    Returns:
        ``contrast``, the ``by`` columns, ``estimate, standard_error, df, t, p, p_adjusted, lower,
        upper``. Intervals are simultaneous for tukey and dunnett, Bonferroni for holm.

    """
    if adjust not in ADJUSTMENTS:
        allowed = ", ".join(map(repr, ADJUSTMENTS))
        raise NotEstimableError(f"'adjust' must be one of {allowed}, got {adjust!r}.")
    crossing = [interaction] if interaction else []
    wanted = [factor, *crossing, *by]
    if len(set(wanted)) < len(wanted):
        raise NotEstimableError(f"A factor may stand once among {', '.join(wanted)}.")
    grid, means = fit.grid(wanted)
    place = {tuple(row): index for index, row in enumerate(grid.itertuples(index=False))}
    steps = _pairs(fit.factors[factor], factor, reference)
    crossed = _from_first(fit.factors[interaction]) if interaction else [None]
    labels, rows, keys = [], [], []
    for key in itertools.product(*(fit.factors[name] for name in by)):
        for (plus, minus), other in itertools.product(steps, crossed):
            if other is None:
                row = means[place[(plus, *key)]] - means[place[(minus, *key)]]
                labels.append(f"{plus} - {minus}")
            else:
                late, early = other
                row = (means[place[(plus, late, *key)]] - means[place[(minus, late, *key)]]) - (
                    means[place[(plus, early, *key)]] - means[place[(minus, early, *key)]]
                )
                labels.append(f"({plus} - {minus}) x ({late} - {early})")
            rows.append(row)
            keys.append(key)
    weights = np.array(rows).reshape(len(rows), means.shape[1])
    frame = pd.DataFrame(keys, columns=pd.Index(list(by)), index=range(len(rows)))
    frame.insert(0, "contrast", labels)
    return pd.concat([frame, _adjusted(fit, weights, adjust)], axis=1)


def _pairs(levels: Sequence[str], factor: str, reference: str | None) -> list[tuple[str, str]]:
    if reference is None:
        return list(itertools.combinations(levels, 2))
    reference = level_text(reference)
    if reference not in levels:
        raise NotEstimableError(
            f"'reference' must be a level of '{factor}', which has {', '.join(levels)}, "
            f"got {reference!r}."
        )
    return [(level, reference) for level in levels if level != reference]


def _from_first(levels: Sequence[str]) -> list[tuple[str, str] | None]:
    return [(level, levels[0]) for level in levels[1:]]


def _adjusted(fit: LinearFit, weights: Floats, adjust: str) -> pd.DataFrame:
    table = fit.tests(weights)
    t, df = np.abs(table["t"].to_numpy()), table["df"].to_numpy()
    known = ~np.isnan(t)
    count = int(known.sum())
    adjusted = table["p"].to_numpy().copy()
    critical = scipy.stats.t.isf((1 - LEVEL) / 2, df)
    if adjust == "holm":
        adjusted = holm(adjusted)
        critical = scipy.stats.t.isf((1 - LEVEL) / 2 / max(count, 1), df)
    elif adjust in ("tukey", "dunnett") and count:
        family = LargestT(fit.correlation(weights[known]))
        adjusted[known] = [
            family.tail(value, freedom) for value, freedom in zip(t[known], df[known], strict=True)
        ]
        critical[known] = family.quantiles(1 - LEVEL, df[known])
    table["p_adjusted"] = adjusted
    half = table["standard_error"] * critical
    table["lower"], table["upper"] = table["estimate"] - half, table["estimate"] + half
    return table
