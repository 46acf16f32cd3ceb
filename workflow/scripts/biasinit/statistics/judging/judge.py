"""Judging every comparison of a study: from rows of contrasts to rows of verdicts."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pandas as pd

from biasinit.statistics.accuracy.contrasts_to_plan import Place, places_to_plan
from biasinit.statistics.accuracy.planning import SeedsNeeded
from biasinit.statistics.inference.study_runs import CROSSED_NORMALIZATION
from biasinit.statistics.judging.conditions import (
    Condition,
    conditions_judged,
    depends_on,
    judge_conditions,
    strongest_factor,
)
from biasinit.statistics.judging.counts import ArmCounts, Counts
from biasinit.statistics.judging.events import (
    EventEvidence,
    decide_event,
    event_evidence,
    judge_event_conditions,
)
from biasinit.statistics.judging.evidence import Evidence, decide
from biasinit.statistics.judging.measures import Row, evidence_of, probabilities
from biasinit.statistics.judging.reasons import why_left_out
from biasinit.statistics.judging.seeds_needed import NOT_NEEDED, seeds_for_row
from biasinit.statistics.judging.verdict_row import VerdictRow
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE

Interval = tuple[float, float]
Arm = tuple[str, str, str]
"""A scheme at a normalisation, in a cell."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """What every verdict of a study asks of the study.

    ``cells`` has the varying factors of each cell, ``other_cells`` those of the cells that are left
    when each scheme has its own learning rate; ``levels`` are the normalisations; ``seeds`` is
    how many the study ran.
    """

    cells: pd.DataFrame
    other_cells: pd.DataFrame
    levels: tuple[str, ...]
    counts: ArmCounts
    arms: Mapping[Arm, Set[object]]
    new_intervals: Mapping[tuple[str, ...], Interval]
    seeds: int
    alpha: float
    analysis_seed: int

    def contrasts(self, contrasts: pd.DataFrame) -> Iterator[VerdictRow]:
        """Yield the rows of a table of contrasts: over all conditions, then each of several."""
        contrasts = contrasts.reset_index(drop=True)
        places: dict[int, Place] = {}
        for family, members in contrasts.groupby("family", sort=False):
            places |= self._places(members, str(family))
        keys = ["family", "normalization", "scheme"]
        for _, part in contrasts.groupby(keys, sort=False):
            rows = _rows(part)
            mean = next(row for row in rows if row["cell"] == ALL_CELLS)
            single = [self._row(row, places) for row in rows if row is not mean]
            found = self._over_conditions(mean, single, places, self.cells)
            yield dataclasses.replace(
                found, left_out=self._left_out(found.normalization, found.scheme, found.reference)
            )
            yield from (row for row, _ in single)

    def tuned(self, contrasts: pd.DataFrame) -> Iterator[VerdictRow]:
        """Yield the rows of contrasts at each scheme's own best rate, over all other conditions."""
        contrasts = contrasts.reset_index(drop=True).assign(family=Outcome.ACCURACY.value)
        places = self._places(contrasts, OWN_BEST_RATE)
        for _, part in contrasts.groupby(["normalization", "scheme"], sort=False):
            rows = _rows(part)
            single = [self._row(row, places) for row in rows[1:]]
            found = self._over_conditions(rows[0], single, places, self.other_cells)
            yield dataclasses.replace(
                found,
                cell=OWN_BEST_RATE,
                counts=_counts_of(rows[0], "failed"),
                reference_counts=_counts_of(rows[0], "reference_failed"),
            )

    def _left_out(self, normalization: str, scheme: str, reference: str) -> str:
        """Return the conditions of the study that are no part of a comparison, and why.

        Nothing where it has none at all: then it is not estimable, and that says why.
        """
        levels = self.levels if normalization == CROSSED_NORMALIZATION else (normalization,)
        lacking: dict[tuple[bool, bool], list[str]] = {}
        cells = [str(cell) for cell in self.cells.index]
        for cell in cells:
            own, other = (
                [self.arms.get((level, name, cell), set()) for level in levels]
                for name in (scheme, reference)
            )
            if not all(mine & theirs for mine, theirs in zip(own, other, strict=True)):
                lacking.setdefault((all(own), all(other)), []).append(cell)
        if sum(map(len, lacking.values())) == len(cells):
            return ""
        return "; ".join(
            why_left_out(
                names, scheme=scheme, reference=reference, runs=runs, reference_runs=reference_runs
            )
            for (runs, reference_runs), names in lacking.items()
        )

    def _places(self, contrasts: pd.DataFrame, name: str) -> Mapping[int, Place]:
        return places_to_plan(
            contrasts,
            by=["normalization", "scheme"],
            alpha=self.alpha,
            analysis_seed=self.analysis_seed,
            name=name,
        )

    def events(
        self,
        outcome: Outcome,
        contrasts: pd.DataFrame,
        *,
        reference: str,
        schemes: Sequence[str],
    ) -> Iterator[VerdictRow]:
        """Yield the rows on an event: over all conditions, then each of several."""
        for level, scheme in itertools.product(self.levels, schemes):
            found = contrasts[
                (contrasts["normalization"] == level) & (contrasts["scheme"] == scheme)
            ]
            both = {
                str(cell): self.arms.get((level, scheme, str(cell)), set())
                & self.arms.get((level, reference, str(cell)), set())
                for cell in self.cells.index
            }
            pairs = {ALL_CELLS: len(set().union(*both.values()))}
            if len(both) > 1:
                pairs |= {cell: len(found_seeds) for cell, found_seeds in both.items()}
            evidence = {
                cell: event_evidence(found[found["cell"] == cell], pairs=count)
                for cell, count in pairs.items()
            }
            left_out = self._left_out(level, scheme, reference)
            for row in self._event_rows(outcome, level, scheme, reference, evidence):
                whole = row.cell == ALL_CELLS
                yield dataclasses.replace(row, left_out=left_out) if whole else row

    def _event_rows(
        self,
        outcome: Outcome,
        level: str,
        scheme: str,
        reference: str,
        evidence: Mapping[str, EventEvidence],
    ) -> Iterator[VerdictRow]:
        single = {
            cell: decide_event(one, alpha=self.alpha)
            for cell, one in evidence.items()
            if cell != ALL_CELLS
        }
        there = [one for one in single.values() if one.verdict is not Verdict.NOT_ESTIMABLE]
        whole = judge_event_conditions(evidence[ALL_CELLS], there, alpha=self.alpha)
        depends = ""
        if whole.verdict is Verdict.DEPENDS:
            risks = {cell: evidence[cell].risk_difference for cell in single}
            depends = strongest_factor(pd.Series(risks, dtype=float), self.cells)
        for cell, judgement in ({ALL_CELLS: whole} | single).items():
            found = evidence[cell]
            yield VerdictRow(
                outcome=outcome,
                normalization=level,
                scheme=scheme,
                reference=reference,
                cell=cell,
                conditions=max(len(there), 1) if cell == ALL_CELLS else 1,
                judgement=judgement,
                estimate=found.risk_difference,
                counts=self.counts.of([level], scheme, cell),
                reference_counts=self.counts.of([level], reference, cell),
                seeds=found.pairs,
                p_difference=found.p,
                p_adjusted=found.p_adjusted,
                depends_on=depends if cell == ALL_CELLS else "",
                events=found.events,
                reference_events=found.reference_events,
            )

    def _over_conditions(
        self,
        mean: Row,
        single: Sequence[tuple[VerdictRow, Evidence]],
        places: Mapping[int, Place],
        cells: pd.DataFrame,
    ) -> VerdictRow:
        """Return the row over all conditions from that of the mean and those of each."""
        row, evidence = self._row(mean, places)
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
            fragile=row.fragile or _rests_on_fragile(judgement.verdict, single),
            depends_on=depends_on(judgement.verdict, conditions, cells),
            seeds_needed=needed.seeds,
            seeds_needed_low=needed.low,
            seeds_needed_high=needed.high,
        )

    def _needed(self, row: Row, places: Mapping[int, Place]) -> SeedsNeeded:
        return seeds_for_row(places[row["place"]], seeds=row["seeds"], seeds_run=self.seeds)

    def _row(self, row: Row, places: Mapping[int, Place]) -> tuple[VerdictRow, Evidence]:
        """Return a contrast judged by itself."""
        outcome, level, cell = Outcome(row["family"]), str(row["normalization"]), str(row["cell"])
        levels = self.levels if level == CROSSED_NORMALIZATION else (level,)
        own, other = (
            self.counts.of(levels, str(row[name]), cell) for name in ("scheme", "reference")
        )
        evidence = evidence_of(
            row,
            outcome,
            lost=_lost(own, outcome),
            reference_lost=_lost(other, outcome),
            alpha=self.alpha,
        )
        judgement = decide(evidence)
        below, inside, above = probabilities(row, outcome)
        needed = NOT_NEEDED
        if judgement.verdict is Verdict.INCONCLUSIVE:
            needed = self._needed(row, places)
        new = self.new_intervals.get((level, str(row["scheme"]), cell), (float("nan"),) * 2)
        found = VerdictRow(
            outcome=outcome,
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
            new_test_set_lower=new[0] if outcome is not Outcome.SPEED else float("nan"),
            new_test_set_upper=new[1] if outcome is not Outcome.SPEED else float("nan"),
        )
        return found, evidence


def _rests_on_fragile(verdict: Verdict, single: Sequence[tuple[VerdictRow, Evidence]]) -> bool:
    """Return whether equivalence over all conditions rests on a fragile one."""
    return verdict.within_margin and any(row.fragile for row, _ in single)


def _lost(counts: Counts, outcome: Outcome) -> int:
    """Return the runs of an arm that have no size to compare."""
    return counts.not_reached if outcome is Outcome.SPEED else counts.failed


def _counts_of(row: Row, failed: str) -> Counts:
    """Return what is known of an arm's runs at chosen rates: means over sets that chose."""
    return Counts(runs=round(row["pairs"]), failed=round(row[failed]))


def _rows(contrasts: pd.DataFrame) -> list[Row]:
    """Return rows with their ``place``, their index in the table of contrasts."""
    return [
        {str(key): value for key, value in record.items()} | {"place": int(place)}
        for place, record in zip(contrasts.index, contrasts.to_dict("records"), strict=True)
    ]


def seeds_of_arms(table: pd.DataFrame) -> dict[Arm, set[object]]:
    """Return the seeds that have a run, by normalisation, scheme and cell."""
    seeds: dict[Arm, set[object]] = {}
    columns = table[["normalization", "scheme", "cell", "seed"]]
    for level, scheme, cell, seed in columns.itertuples(index=False, name=None):
        seeds.setdefault((level, scheme, cell), set()).add(seed)
    return seeds
