"""Runs that failed, collapsed or missed the threshold: shares, and exact paired comparisons.

Such runs are outcomes and never dropped. A seed is what varies at random: forty runs of twenty
seeds are not forty observations, so over all cells a seed counts once, when the event befell it in
any of them. Shares get Clopper-Pearson intervals, and two arms are compared within seeds.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.failure.paired_risks import paired_risks
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.statistics.inference.collapsed import OUTCOME, with_collapsed
from biasinit.statistics.inference.multiplicity import holm
from biasinit.statistics.inference.reached import TIMES, reached_by
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import levels_present, read_runs, treatments
from biasinit.statistics.paired.arms import arm_differences
from biasinit.statistics.paired.arrangement import PairedArray, arrange
from biasinit.statistics.paired.homogeneity import homogeneity_p
from biasinit.vocabulary import ALL_CELLS

RATES = (
    *("normalization", "cell", "scheme", "runs", "failed", "diverged", "never_learned"),
    *("collapsed", "stray", "seeds", "seeds_failed", "rate", "lower", "upper"),
)
CONTRASTS = (
    *("event", "normalization", "cell", "scheme", "reference", "pairs"),
    *("scheme_events", "reference_events", "only_scheme", "only_reference"),
    *("risk_difference", "lower", "upper", "p", "p_adjusted", "homogeneity_p"),
)
EVENTS = {"failed": "failed", "collapsed": "collapsed", "not reached": "not_reached"}
"""What an event is called in tables, and the column of runs that says so."""


@dataclass(frozen=True, kw_only=True)
class FailureAnalysis:
    """The tables `failure_rates` and `failure_contrasts`."""

    rates: pd.DataFrame
    contrasts: pd.DataFrame


def analyse_failure(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    collapse_points: float,
    metric: Metric = ACCURACY,
    epochs: float | None = None,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> FailureAnalysis:
    """Return failure rates of all arms and exact contrasts with the reference.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm; others are left out.
        margins: equivalence margin in points for each data set; ten of them make a stray run.
        collapse_points: points below the reference's median; a run with more has collapsed.
        metric: what ``final_accuracy`` is; points are its unit.
        epochs: length of a run, within which it reaches the threshold; None where that is unknown.
        alpha: two-sided level of the intervals of the contrasts.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    """
    table = with_events(
        runs,
        reference=reference,
        margins=margins,
        collapse_points=collapse_points,
        metric=metric,
        epochs=epochs,
    )
    table = treatments(table[table["scheme"].isin(list(schemes))])
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    frames = [
        event_contrasts(table, event, reference=reference, schemes=schemes, plan=plan)
        for event, column in EVENTS.items()
        if column in table
    ]
    # an event that befell nobody has no rows, and columns without a kind that would spread
    seen = [frame for frame in frames if len(frame)] or frames
    return FailureAnalysis(
        rates=_rates(table, schemes, told=set(map(str, runs.columns))),
        contrasts=pd.concat(seen, ignore_index=True),
    )


def with_events(
    runs: pd.DataFrame,
    *,
    reference: str,
    margins: Mapping[str, float],
    collapse_points: float,
    metric: Metric,
    epochs: float | None,
) -> pd.DataFrame:
    """Return the runs with every event of ``EVENTS`` that they can tell of, and ``stray``.

    The arguments are those of ``analyse_failure``.
    """
    has_times = epochs is not None and set(TIMES) <= set(runs)
    needed = [*([OUTCOME] if OUTCOME in runs else []), *(TIMES if has_times else ())]
    table = read_runs(runs, needed=needed)
    if OUTCOME in table:
        table = with_collapsed(
            table,
            reference=reference,
            collapse_points=collapse_points,
            margins=margins,
            metric=metric,
        )
    return table if epochs is None or not has_times else reached_by(table, epochs)


def event_contrasts(
    table: pd.DataFrame, event: str, *, reference: str, schemes: Sequence[str], plan: FlipPlan
) -> pd.DataFrame:
    """Return the rows of `failure_contrasts` on one event.

    Only arms with the event in either appear; without any there is nothing to test, and the rates
    say how small the risk can be. Holm's adjustment spans the rows over all cells, and the single
    cells by themselves.

    Args:
        table: from ``with_events``, treatments only.
        event: a key of ``EVENTS``.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study.
        plan: level, and how flips are drawn for homogeneity.

    """
    column = EVENTS[event]
    rows = list(_risk_rows(table, column, reference, schemes, plan.alpha))
    frame = pd.DataFrame(rows, columns=list(CONTRASTS)).assign(event=event)
    frame["p_adjusted"] = frame["p_adjusted"].astype(float)
    whole = (frame["cell"] == ALL_CELLS).to_numpy()
    for family in (whole, ~whole):
        frame.loc[family, "p_adjusted"] = holm(frame.loc[family, "p"].to_numpy(dtype=float))
    return frame.assign(homogeneity_p=_homogeneity(frame, table, event, reference, schemes, plan))


def _risk_rows(
    table: pd.DataFrame, column: str, reference: str, schemes: Sequence[str], alpha: float
) -> Iterator[dict[str, object]]:
    for level in levels_present(table):
        array = arrange(table[table["normalization"] == level], column)
        for scheme in schemes:
            if scheme == reference or not {scheme, reference} <= set(array.levels):
                continue
            for cell, first, second in _pairs_by_cell(array, scheme, reference):
                row = paired_risks(first, second, alpha)
                if row is not None:
                    key = {"normalization": level, "cell": cell, "scheme": scheme}
                    yield {**key, "reference": reference, **row}


def _pairs_by_cell(
    array: PairedArray, scheme: str, reference: str
) -> Iterator[tuple[str, Floats, Floats]]:
    """Yield both arms over all cells, where a seed counts once, and in each of several cells."""
    first, second = array.of(scheme), array.of(reference)
    both = np.isfinite(first) & np.isfinite(second)
    first, second = np.where(both, first, np.nan), np.where(both, second, np.nan)
    yield ALL_CELLS, _in_any(first), _in_any(second)
    if len(array.cells) > 1:
        for place, cell in enumerate(array.cells):
            yield cell, first[place], second[place]


def _in_any(values: Floats) -> Floats:
    """Return for each seed whether the event befell it in any cell; NaN where it has no pair."""
    present = np.isfinite(values).any(axis=0)
    return np.where(present, np.where(np.isfinite(values), values, 0.0).max(axis=0), np.nan)


def _homogeneity(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    event: str,
    reference: str,
    schemes: Sequence[str],
    plan: FlipPlan,
) -> Floats:
    """Return for each row over all cells the p-value that the risk does not change."""
    if frame.empty:
        return np.zeros(0)
    differences = arm_differences(
        table, EVENTS[event], family=event, reference=reference, schemes=schemes, lost=None
    )
    # events of one arm in one cell are few, and bounded: each against its own flips
    differences = differences.counting_events()
    keys = ["normalization", "scheme", "cell"]
    found = pd.Series(
        homogeneity_p(differences, plan, name=event),
        index=pd.MultiIndex.from_frame(differences.labels[keys]),
    )
    return np.asarray(found.reindex(pd.MultiIndex.from_frame(frame[keys])), dtype=np.float64)


def _rates(table: pd.DataFrame, schemes: Sequence[str], *, told: Set[str]) -> pd.DataFrame:
    """Return the rates, without numbers that the columns of the runs do not tell: no zeros."""
    kinds = table["failure_kind"] if "failure_kind" in table else pd.Series("", index=table.index)
    table = table.assign(kind=kinds.astype(str))
    rows = []
    for level in levels_present(table):
        of_level = table[table["normalization"] == level]
        cells = {ALL_CELLS: of_level} | dict(tuple(of_level.groupby("cell", sort=False)))
        rows += [
            {"normalization": level, "cell": cell, "scheme": scheme}
            | _rate(part[part["scheme"] == scheme])
            for cell, part in cells.items()
            for scheme in schemes
        ]
    unknown = {
        "failed": ("failed", "seeds_failed", "rate", "lower", "upper"),
        "failure_kind": ("diverged", "never_learned"),
    }
    empty = [name for column, names in unknown.items() if column not in told for name in names]
    return pd.DataFrame(rows, columns=list(RATES)).assign(**dict.fromkeys(empty, np.nan))


def _rate(arm: pd.DataFrame) -> dict[str, object]:
    """Return counts of an arm's runs, and the share of its seeds with a failed one."""
    by_seed = arm.groupby("seed")["failed"].any()
    seeds, seeds_failed = len(by_seed), int(by_seed.sum())
    lower, upper = clopper_pearson(seeds_failed, seeds) if seeds else (np.nan, np.nan)
    counted = {
        name: int(arm[name].sum()) if name in arm else None for name in ("collapsed", "stray")
    }
    return {
        "runs": len(arm),
        "failed": int(arm["failed"].sum()),
        "diverged": int((arm["failed"] & (arm["kind"] == "diverged")).sum()),
        "never_learned": int((arm["failed"] & (arm["kind"] == "never learned")).sum()),
        **counted,
        "seeds": seeds,
        "seeds_failed": seeds_failed,
        "rate": seeds_failed / seeds if seeds else np.nan,
        "lower": lower,
        "upper": upper,
    }
