"""The table of verdicts: one row per outcome, normalisation, scheme and condition."""

from collections.abc import Mapping, Sequence

import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.failure.analysis import EVENTS, with_events
from biasinit.statistics.inference.study_runs import (
    cell_labels,
    levels_present,
    treatments,
    varying_factors,
)
from biasinit.statistics.judging.arm_seeds import ArmSeeds
from biasinit.statistics.judging.contrast_rows import ContrastRows, Interval
from biasinit.statistics.judging.counts import ArmCounts
from biasinit.statistics.judging.event_rows import EventRows
from biasinit.statistics.judging.events import EVENT_OUTCOMES
from biasinit.statistics.judging.headline import headline
from biasinit.statistics.judging.verdict_row import COLUMNS, VerdictRow
from biasinit.statistics.paired.tuned_rates import RATE
from biasinit.statistics.trust.new_test_set import new_test_set_family
from biasinit.verdicts import Outcome

NEW_TEST_SETS = 2_000  # bootstrap samples of seeds and images
_COLUMN_OF = {outcome: EVENTS[event] for outcome, event in EVENT_OUTCOMES.items()}
"""The column of runs that tells of an event."""
FAILED = _COLUMN_OF[Outcome.FAILURE]
_FAILED_RUNS = ("failed", "reference_failed")


def judge_schemes(
    runs: pd.DataFrame,
    *,
    accuracy_contrasts: pd.DataFrame | None,
    speed_contrasts: pd.DataFrame | None,
    failure_contrasts: pd.DataFrame,
    tuned_contrasts: pd.DataFrame | None = None,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    collapse_points: float,
    metric: Metric = ACCURACY,
    epochs: float | None = None,
    alpha: float,
    analysis_seed: int,
    correct: pd.DataFrame | None = None,
    test_images: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Return the table `verdicts`.

    Args:
        runs: the table `runs`.
        accuracy_contrasts: from ``analyse_accuracy``, or None where accuracy is not judged.
        speed_contrasts: from ``analyse_speed``, or None where the study has no speed.
        failure_contrasts: from ``analyse_failure``.
        tuned_contrasts: from ``tuned_contrasts``, or None where there is one learning rate.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        margins: equivalence margin in points for each data set.
        collapse_points: points below the reference's median; a run with more has collapsed.
        metric: what ``final_accuracy`` is; points are its unit.
        epochs: length of a run, within which it reaches the threshold; None where that is unknown.
        alpha: error rate within each family.
        analysis_seed: keys the simulation of the seeds needed, and the bootstrap.
        correct: the table `correct`, for intervals on a new test set; None where there is none.
        test_images: number of test images of each data set that has one test set for all seeds;
            goes with ``correct``.

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
    new_intervals: dict[tuple[str, ...], Interval] = {}
    if correct is not None and test_images and accuracy_contrasts is not None:
        new_intervals = _new_intervals(
            correct,
            table,
            contrasts=accuracy_contrasts,
            reference=reference,
            schemes=schemes,
            test_images=test_images,
            alpha=alpha,
            analysis_seed=analysis_seed,
        )
    cells, levels, counts = _factors_of_cells(table), tuple(levels_present(table)), ArmCounts(table)
    arms = ArmSeeds(table, cells=list(map(str, cells.index)))
    sizes = ContrastRows(
        cells=cells,
        other_cells=_factors_of_cells(_without_rate(table)),
        metric=metric,
        counts=counts,
        arms=arms,
        seeds=int(table["seed"].nunique()),
        new_intervals=new_intervals,
        alpha=alpha,
        analysis_seed=analysis_seed,
    )
    events = EventRows(
        cells=cells,
        levels=levels,
        metric=metric,
        counts=counts,
        arms=arms,
        reference=reference,
        schemes=[scheme for scheme in schemes if scheme != reference],
        alpha=alpha,
    )
    rows: list[VerdictRow] = []
    for contrasts in (accuracy_contrasts, speed_contrasts):
        if contrasts is not None:
            rows += sizes.of(contrasts)
    if tuned_contrasts is not None:
        rows += sizes.at_own_best(tuned_contrasts)
    for outcome, event in EVENT_OUTCOMES.items():
        column = _COLUMN_OF[outcome]
        # of runs that do not say whether they failed, nothing is said of failures either
        if column in table and (column != FAILED or FAILED in runs):
            rows += events.of(outcome, failure_contrasts[failure_contrasts["event"] == event])
    order = list(Outcome)
    rows.sort(key=lambda row: order.index(row.outcome))
    records = [row.record(headline(row, row.single)) for row in rows]
    found = pd.DataFrame(records, columns=list(COLUMNS)).astype({"fragile": bool})
    return found if FAILED in runs else found.assign(**dict.fromkeys(_FAILED_RUNS, float("nan")))


def _factors_of_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return the varying factors of each cell, indexed by its label."""
    return table.drop_duplicates("cell").set_index("cell")[varying_factors(table)]


def _without_rate(table: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with the cells that are left when each scheme has its own learning rate."""
    table = table.drop(columns=[RATE], errors="ignore")
    return table.assign(cell=cell_labels(table))


def _new_intervals(
    correct: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    contrasts: pd.DataFrame,
    reference: str,
    schemes: Sequence[str],
    test_images: Mapping[str, int],
    alpha: float,
    analysis_seed: int,
) -> dict[tuple[str, ...], Interval]:
    """Return the intervals of accuracy for a new test set by normalisation, scheme and cell."""
    table = new_test_set_family(
        correct,
        runs,
        contrasts=contrasts,
        reference=reference,
        schemes=schemes,
        test_images=test_images,
        draws=NEW_TEST_SETS,
        alpha=alpha,
        analysis_seed=analysis_seed,
    )
    columns = table[["normalization", "scheme", "cell", "lower", "upper"]]
    return {
        (str(level), str(scheme), str(cell)): (float(lower), float(upper))
        for level, scheme, cell, lower, upper in columns.itertuples(index=False, name=None)
    }
