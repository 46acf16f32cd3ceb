"""Which factor an effect changes with, where it is not the same in all cells."""

import pandas as pd

from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.judging.contrast_row import ContrastRow
from biasinit.statistics.judging.lookup import Lookup
from biasinit.verdicts import Verdict


def with_adjusted_cell_tests(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts over all cells with Holm's adjustment of the tests over cells, by family.

    Without it, one of eight contrasts would "depend on" a factor by chance in a third of studies.
    """
    adjusted = contrasts.groupby("family")["scheme_by_cell_p"].transform(
        lambda p: pd.Series(holm(p.to_numpy(dtype=float)), index=p.index)
    )
    return contrasts.assign(scheme_by_cell_p_adjusted=adjusted)


def depends_on(row: ContrastRow, verdict: Verdict, lookup: Lookup, *, alpha: float) -> str:
    """Return the factor that the effect changes with, or nothing.

    It does when the joint test over cells rejects, when an established effect has the opposite
    sign in some cell, or when runs failed in some cells and not in others.
    """
    effects = lookup.effects.get((row.family, row.normalization, row.scheme))
    if effects is None or len(effects) < 2 or lookup.cells.columns.empty:
        return ""
    rejects = row["scheme_by_cell_p_adjusted"] < alpha
    established = verdict in (Verdict.BETTER, Verdict.WORSE, Verdict.NEGLIGIBLE)
    opposite = established and bool((effects * row["estimate"] < 0).any())
    levels = lookup.levels_of(row.normalization)
    failures = lookup.failures(levels, [row.scheme, row.reference], effects.index)
    uneven = bool((failures > 0).any() and (failures == 0).any())
    if not (rejects or opposite or uneven):
        return ""
    return _strongest_factor(failures if uneven and not rejects else effects, lookup.cells)


def _strongest_factor(values: "pd.Series[float]", cells: pd.DataFrame) -> str:
    """Return the factor whose levels explain most of the values between cells."""
    described = cells.loc[values.index]
    explained = {}
    for factor in described.columns:
        fitted = values.groupby(described[factor].astype(str).to_numpy()).transform("mean")
        levels = described[factor].nunique()
        # a factor with more levels explains more by chance; per level is a fair comparison
        explained[factor] = float(((fitted - values.mean()) ** 2).sum()) / max(levels - 1, 1)
    return max(explained, key=lambda name: explained[name])
