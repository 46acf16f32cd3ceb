"""Runs that failed: their share in each arm, and exact paired comparisons with the reference.

A failed run is an outcome and never dropped. Shares get Clopper-Pearson intervals, and two arms
are compared within seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.failure.paired_risks import paired_risks
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.arrangement import arrange

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
        array = arrange(part, "failed")
        cells = {ALL_CELLS: slice(None)}
        if len(array.cells) > 1:
            cells |= {cell: slice(place, place + 1) for place, cell in enumerate(array.cells)}
        for scheme in schemes:
            if scheme == reference or not {scheme, reference} <= set(array.levels):
                continue
            first, second = (array.of(name) for name in (scheme, reference))
            for cell, chosen in cells.items():
                row = paired_risks(first[chosen], second[chosen], alpha)
                if row is not None:
                    key = {"normalization": level, "cell": cell, "scheme": scheme}
                    rows.append({**key, "reference": reference, **row})
    frame = pd.DataFrame(rows, columns=list(CONTRASTS))
    frame["p_adjusted"] = frame["p_adjusted"].astype(float)
    whole = (frame["cell"] == ALL_CELLS).to_numpy()
    for family in (whole, ~whole):
        frame.loc[family, "p_adjusted"] = holm(frame.loc[family, "p"].to_numpy(dtype=float))
    return frame


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
