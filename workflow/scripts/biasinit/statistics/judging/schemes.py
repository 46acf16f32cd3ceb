"""The table of verdicts: one row per outcome, normalisation and scheme."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from biasinit.statistics.accuracy.planning import planned_seeds
from biasinit.statistics.inference.study_runs import (
    ALL_CELLS,
    CROSSED_NORMALIZATION,
    read_runs,
    treatments,
)
from biasinit.statistics.judging.contrast_row import ContrastRow, contrast_rows_of
from biasinit.statistics.judging.dependence import depends_on, with_adjusted_cell_tests
from biasinit.statistics.judging.evidence import Evidence, decide
from biasinit.statistics.judging.failures import failure_evidence
from biasinit.statistics.judging.lookup import Interval, Lookup, lookup_of
from biasinit.statistics.judging.measures import measured, planned
from biasinit.statistics.judging.verdict_row import COLUMNS, verdict_row
from biasinit.statistics.trust.new_test_set import new_test_set_family
from biasinit.verdicts import Outcome, Verdict

NEW_TEST_SETS = 2_000  # bootstrap samples of seeds and images


def judge_schemes(
    runs: pd.DataFrame,
    *,
    accuracy_contrasts: pd.DataFrame,
    speed_contrasts: pd.DataFrame | None,
    failure_rates: pd.DataFrame,
    failure_contrasts: pd.DataFrame,
    reference: str,
    schemes: Sequence[str],
    alpha: float,
    analysis_seed: int,
    correct: pd.DataFrame | None = None,
    test_images: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Return the table `verdicts`.

    Args:
        runs: the table `runs`.
        accuracy_contrasts: from ``analyse_accuracy``.
        speed_contrasts: from ``analyse_speed``, or None where the study has no speed.
        failure_rates: from ``analyse_failure``.
        failure_contrasts: from ``analyse_failure``.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        alpha: error rate within each family.
        analysis_seed: keys the simulation of the seeds needed, and the bootstrap.
        correct: the table `correct`, for intervals on a new test set; None where there is none.
        test_images: number of test images of each data set; goes with ``correct``.

    """
    table = treatments(read_runs(runs))
    table = table[table["scheme"].isin(list(schemes))]
    new_intervals: dict[tuple[str, ...], Interval] = {}
    if correct is not None and test_images is not None:
        new_intervals = _new_intervals(
            correct,
            table,
            reference=reference,
            schemes=schemes,
            test_images=test_images,
            analysis_seed=analysis_seed,
        )
    frames = [accuracy_contrasts, *([] if speed_contrasts is None else [speed_contrasts])]
    lookup = lookup_of(table, frames, failure_rates, new_intervals)
    rows = [
        row
        for contrasts in frames
        for row in _rows_of_contrasts(contrasts, lookup, alpha=alpha, analysis_seed=analysis_seed)
    ]
    for level, scheme in itertools.product(lookup.levels, schemes):
        if scheme != reference:
            evidence, p_adjusted = failure_evidence(
                level,
                scheme,
                reference,
                lookup,
                rates=failure_rates,
                contrasts=failure_contrasts,
                alpha=alpha,
            )
            rows.append(verdict_row(evidence, decide(evidence), p_adjusted=p_adjusted))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"fragile": bool})


def _new_intervals(
    correct: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    test_images: Mapping[str, int],
    analysis_seed: int,
) -> dict[tuple[str, ...], Interval]:
    """Return the intervals of accuracy for a new test set by family, normalisation and scheme."""
    table = new_test_set_family(
        correct,
        runs,
        reference=reference,
        schemes=schemes,
        test_images=test_images,
        draws=NEW_TEST_SETS,
        analysis_seed=analysis_seed,
    )
    found: dict[tuple[str, ...], Interval] = {}
    for level, scheme, lower, upper in table.itertuples(index=False, name=None):
        crossed = level == CROSSED_NORMALIZATION
        family = Outcome.INTERACTION if crossed else Outcome.ACCURACY
        found[family.value, str(level), str(scheme)] = float(lower), float(upper)
    return found


def _rows_of_contrasts(
    contrasts: pd.DataFrame, lookup: Lookup, *, alpha: float, analysis_seed: int
) -> Iterator[dict[str, object]]:
    """Yield the row of each contrast over all cells, in the order of the table."""
    whole = with_adjusted_cell_tests(contrasts[contrasts["cell"] == ALL_CELLS])
    sizes = whole.groupby("family")["estimate"].count().to_dict()
    for row in contrast_rows_of(whole):
        evidence = _evidence(row, lookup, alpha)
        verdict = decide(evidence)
        needed = float("nan")
        if verdict is Verdict.INCONCLUSIVE and evidence.seeds >= 2:
            needed = planned_seeds(
                [row.family, row.normalization, row.scheme],
                **planned(row),
                comparisons=int(sizes[row.family]),
                alpha=alpha,
                analysis_seed=analysis_seed,
            )
        evidence = dataclasses.replace(
            evidence,
            depends_on=depends_on(row, verdict, lookup, alpha=alpha),
            seeds_needed=needed,
        )
        yield verdict_row(evidence, verdict, p_adjusted=row["p_adjusted"])


def _evidence(row: ContrastRow, lookup: Lookup, alpha: float) -> Evidence:
    """Return what one row of contrasts says, in the unit of its verdict."""
    levels = lookup.levels_of(row.normalization)
    key = (row.family, row.normalization, row.scheme)
    new_lower, new_upper = lookup.new_intervals.get(key, (float("nan"), float("nan")))
    runs, failed = lookup.arm(levels, row.scheme)
    reference_runs, reference_failed = lookup.arm(levels, row.reference)
    return Evidence(
        outcome=Outcome(row.family),
        normalization=row.normalization,
        scheme=row.scheme,
        reference=row.reference,
        **measured(row),
        different=row["p_adjusted"] <= alpha,
        p_equivalence_adjusted=row["p_equivalence_adjusted"],
        alpha=alpha,
        seeds=int(row["seeds"]),
        fragile=bool(row["fragile"]),
        smallest_margin=row["smallest_margin"],
        runs=runs,
        reference_runs=reference_runs,
        failed=failed,
        reference_failed=reference_failed,
        new_test_set_lower=new_lower,
        new_test_set_upper=new_upper,
    )
