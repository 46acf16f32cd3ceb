"""Rows of the table of verdicts on a size: accuracy, interaction, speed, and own best rates."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.metric import Metric
from biasinit.statistics.accuracy.contrasts_to_plan import Place, places_to_plan
from biasinit.statistics.accuracy.planning import SeedsNeeded
from biasinit.statistics.inference.study_runs import levels_compared
from biasinit.statistics.judging.arm_seeds import ArmSeeds
from biasinit.statistics.judging.conditions import (
    Condition,
    conditions_judged,
    depends_on,
    judge_conditions,
)
from biasinit.statistics.judging.counts import ArmCounts, Counts
from biasinit.statistics.judging.evidence import Evidence, decide
from biasinit.statistics.judging.measures import Row, evidence_of, probabilities
from biasinit.statistics.judging.seeds_needed import NOT_NEEDED, seeds_for_row
from biasinit.statistics.judging.verdict_row import NAN, VerdictRow
from biasinit.statistics.paired.tuned_rates import SHOWN
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE

Interval = tuple[float, float]
_Arms = tuple[Counts, Counts]  # of the scheme and of the reference
_Judged = tuple[VerdictRow, Evidence]


@dataclass(frozen=True, kw_only=True)
class ContrastRows:
    """What verdicts on contrasts ask of their study.

    ``cells`` has the varying factors of each cell, ``other_cells`` those of the cells that are left
    when each scheme has its own learning rate; ``metric`` is what they are measured
    by; ``arms`` says which seeds have runs, and ``seeds`` how many the study ran.
    """

    cells: pd.DataFrame
    other_cells: pd.DataFrame
    metric: Metric
    counts: ArmCounts
    arms: ArmSeeds
    new_intervals: Mapping[tuple[str, ...], Interval]
    seeds: int
    alpha: float
    analysis_seed: int

    def of(self, contrasts: pd.DataFrame) -> Iterator[VerdictRow]:
        """Yield the rows of a table of contrasts: over all conditions, then each of several."""
        contrasts = contrasts.reset_index(drop=True)
        places: dict[int, Place] = {}
        for family, members in contrasts.groupby("family", sort=False):
            places |= self._places(members, str(family))
        keys = ["family", "normalization", "scheme"]
        for _, part in contrasts.groupby(keys, sort=False):
            rows = _rows(part)
            mean = next(row for row in rows if row["cell"] == ALL_CELLS)
            single = [
                self._judged(row, self._counts(row), places) for row in rows if row is not mean
            ]
            whole = self._judged(mean, self._counts(mean), places)
            found = self._over_conditions(mean, whole, single, places, self.cells)
            yield dataclasses.replace(
                found,
                left_out=self.arms.left_out(found.normalization, found.scheme, found.reference),
            )
            yield from (row for row, _ in single)

    def at_own_best(self, contrasts: pd.DataFrame) -> Iterator[VerdictRow]:
        """Yield the rows of contrasts at each scheme's own best rate, over all other conditions."""
        contrasts = contrasts.reset_index(drop=True).assign(family=Outcome.ACCURACY.value)
        places = self._places(contrasts, OWN_BEST_RATE)
        contrasts["cell"] = contrasts["cell"].replace({ALL_CELLS: OWN_BEST_RATE})
        for _, part in contrasts.groupby(["normalization", "scheme"], sort=False):
            mean, *others = _rows(part)
            whole, *single = (
                self._judged(row, _counts_at_chosen(row), places) for row in (mean, *others)
            )
            yield self._over_conditions(mean, whole, single, places, self.other_cells)

    def _places(self, contrasts: pd.DataFrame, name: str) -> Mapping[int, Place]:
        return places_to_plan(
            contrasts,
            by=["normalization", "scheme"],
            alpha=self.alpha,
            analysis_seed=self.analysis_seed,
            name=name,
        )

    def _counts(self, row: Row) -> _Arms:
        """Return what befell the runs that a contrast is of."""
        levels = levels_compared(str(row["normalization"]))
        own, other = (
            self.counts.of(levels, str(row[name]), str(row["cell"]))
            for name in ("scheme", "reference")
        )
        return own, other

    def _over_conditions(
        self,
        mean: Row,
        whole: _Judged,
        single: Sequence[_Judged],
        places: Mapping[int, Place],
        cells: pd.DataFrame,
    ) -> VerdictRow:
        """Return the row over all conditions from that of the mean and those of each."""
        row, evidence = whole
        if not single:
            return row
        conditions = [
            Condition(cell=one.cell, evidence=found, judgement=one.judgement)
            for one, found in single
        ]
        judgement = judge_conditions(
            evidence, conditions, homogeneity_p=float(mean["homogeneity_p"])
        )
        needed = NOT_NEEDED
        if judgement.verdict is Verdict.INCONCLUSIVE:
            needed = self._needed(mean, places)
        return dataclasses.replace(
            row,
            judgement=judgement,
            conditions=conditions_judged(conditions),
            single=tuple(one for one, _ in single),
            fragile=row.fragile or _rests_on_fragile(judgement.verdict, single),
            depends_on=depends_on(judgement.verdict, conditions, cells),
            seeds_needed=needed.seeds,
            seeds_needed_low=needed.low,
            seeds_needed_high=needed.high,
        )

    def _needed(self, row: Row, places: Mapping[int, Place]) -> SeedsNeeded:
        return seeds_for_row(places[row["place"]], seeds=row["seeds"], seeds_run=self.seeds)

    def _judged(self, row: Row, arms: _Arms, places: Mapping[int, Place]) -> _Judged:
        """Return a contrast judged by itself."""
        outcome, level, cell = Outcome(row["family"]), str(row["normalization"]), str(row["cell"])
        own, other = arms
        evidence = evidence_of(
            row,
            outcome,
            metric=self.metric,
            lost=_lost(own, outcome),
            reference_lost=_lost(other, outcome),
            alpha=self.alpha,
        )
        judgement = decide(evidence)
        below, inside, above = probabilities(row, outcome)
        needed = NOT_NEEDED
        if judgement.verdict is Verdict.INCONCLUSIVE:
            needed = self._needed(row, places)
        new = self.new_intervals.get((level, str(row["scheme"]), cell), (NAN, NAN))
        found = VerdictRow(
            outcome=outcome,
            metric=self.metric,
            normalization=level,
            scheme=str(row["scheme"]),
            reference=str(row["reference"]),
            cell=cell,
            conditions=1,
            judgement=judgement,
            estimate=evidence.estimate,
            counts=own,
            reference_counts=other,
            seeds=evidence.seeds,
            margin_lower=evidence.margin_lower,
            margin_upper=evidence.margin_upper,
            p_difference=float(row["p"]),
            p_equivalence=float(row["p_equivalence"]),
            p_adjusted=evidence.p_adjusted,
            p_equivalence_adjusted=evidence.p_equivalence_adjusted,
            fragile=bool(row["fragile"]),
            p_below=below,
            p_inside=inside,
            p_above=above,
            smallest_margin=float(row.get("ratio_smallest_margin", row["smallest_margin"])),
            seeds_needed=needed.seeds,
            seeds_needed_low=needed.low,
            seeds_needed_high=needed.high,
            new_test_set_lower=new[0] if outcome is not Outcome.SPEED else NAN,
            new_test_set_upper=new[1] if outcome is not Outcome.SPEED else NAN,
        )
        return found, evidence


def _rows(contrasts: pd.DataFrame) -> list[Row]:
    """Return rows with their ``place``, their index in the table of contrasts."""
    return [
        {str(key): value for key, value in record.items()} | {"place": int(place)}
        for place, record in zip(contrasts.index, contrasts.to_dict("records"), strict=True)
    ]


def _counts_at_chosen(row: Row) -> _Arms:
    """Return what befell the runs of both arms at the rates that were chosen for them."""
    collapsed = _told(row["collapsed"])
    own = Counts(
        runs=round(row["pairs"]),
        failed=_told(row["failed"]),
        collapsed=collapsed,
        stray=_told(row["stray"]),
        seeds_trained=round(row["seeds_trained"]),
        seeds_collapsed=max(_told(row["seeds_collapsed"]), min(collapsed, 1)),
    )
    other = Counts(
        runs=round(row["pairs"]),
        failed=_told(row["reference_failed"]),
        collapsed=_told(row["reference_collapsed"]),
        stray=_told(row["reference_stray"]),
    )
    return own, other


def _told(mean: float) -> int:
    """Return a mean over sets that chose as a whole number: at least 1 where one was seen.

    A run that fewer than half of the sets see would be rounded away, and a collapse is to be named
    wherever it may hide in the mean. What is seen in fewer sets than ``SHOWN`` is at a rate that is
    not named as chosen either.
    """
    return max(round(mean), 1) if mean >= SHOWN else 0


def _rests_on_fragile(verdict: Verdict, single: Sequence[_Judged]) -> bool:
    """Return whether equivalence over all conditions rests on a fragile one."""
    return verdict.within_margin and any(row.fragile for row, _ in single)


def _lost(counts: Counts, outcome: Outcome) -> int:
    """Return the runs of an arm that have no size to compare."""
    return counts.not_reached if outcome is Outcome.SPEED else counts.failed
