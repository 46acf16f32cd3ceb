"""Rows of the table of verdicts on an event: failure, collapse, not reaching the threshold."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biasinit.metric import Metric
from biasinit.statistics.judging.arm_seeds import ArmSeeds
from biasinit.statistics.judging.conditions import strongest_factor
from biasinit.statistics.judging.counts import ArmCounts
from biasinit.statistics.judging.events import (
    EventEvidence,
    decide_event,
    event_evidence,
    judge_event_conditions,
)
from biasinit.statistics.judging.verdict_row import VerdictRow
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS


@dataclass(frozen=True, kw_only=True)
class EventRows:
    """What verdicts on events ask of their study.

    ``cells`` has the varying factors of each cell; ``levels`` are the normalisations; ``metric``
    is what runs are measured by; ``arms`` says which seeds have runs; ``schemes`` are those that
    are compared with the reference.
    """

    cells: pd.DataFrame
    levels: tuple[str, ...]
    metric: Metric
    counts: ArmCounts
    arms: ArmSeeds
    reference: str
    schemes: Sequence[str]
    alpha: float

    def of(self, outcome: Outcome, contrasts: pd.DataFrame) -> Iterator[VerdictRow]:
        """Yield the rows on an event: over all conditions, then each of several.

        Args:
            outcome: the event.
            contrasts: the rows of `failure_contrasts` on it.

        """
        for level, scheme in itertools.product(self.levels, self.schemes):
            found = contrasts[
                (contrasts["normalization"] == level) & (contrasts["scheme"] == scheme)
            ]
            evidence = {
                cell: event_evidence(found[found["cell"] == cell], pairs=count)
                for cell, count in self.arms.pairs(level, scheme, self.reference).items()
            }
            yield from self._rows(outcome, level, scheme, evidence)

    def _rows(
        self, outcome: Outcome, level: str, scheme: str, evidence: Mapping[str, EventEvidence]
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
        rows = {
            cell: VerdictRow(
                outcome=outcome,
                metric=self.metric,
                normalization=level,
                scheme=scheme,
                reference=self.reference,
                cell=cell,
                conditions=1,
                judgement=judgement,
                estimate=evidence[cell].risk_difference,
                counts=self.counts.of([level], scheme, cell),
                reference_counts=self.counts.of([level], self.reference, cell),
                seeds=evidence[cell].pairs,
                p_difference=evidence[cell].p,
                p_adjusted=evidence[cell].p_adjusted,
                events=evidence[cell].events,
                reference_events=evidence[cell].reference_events,
            )
            for cell, judgement in ({ALL_CELLS: whole} | single).items()
        }
        yield dataclasses.replace(
            rows.pop(ALL_CELLS),
            conditions=max(len(there), 1),
            single=tuple(rows.values()),
            depends_on=depends,
            left_out=self.arms.left_out(level, scheme, self.reference),
        )
        yield from rows.values()
