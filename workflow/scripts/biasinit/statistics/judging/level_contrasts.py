"""Levels of a factor against each other, within seeds: networks, weights, scalings of the input.

A *question* names one scheme at one normalisation and two levels of a factor. Its estimate is the
mean over seeds of final accuracy at the one level minus the other, averaged over all other cells;
with a reference scheme it is the difference of two effects, (scheme - reference) at the one level
minus the same at the other.

All questions of a study are one family: whole seeds flip their sign together, so that intervals
and p-values hold for all of them at once however they correlate, as for the schemes; two
one-sided tests are adjusted by Holm over the same questions. A question that was adjusted for
itself alone would be as sure in a ledger of twenty as in a ledger of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.planning import planned_seeds
from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.equivalence import equivalence_of
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    common_margin,
    read_runs,
    treatments,
    varying_factors,
)
from biasinit.statistics.judging.evidence import Evidence, decide
from biasinit.statistics.paired.arms import BOTH_TRAINED, EVERY_SEED
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.paired.seed_tests import family_table
from biasinit.verdicts import Outcome, Verdict

COLUMNS = (
    *("normalization", "scheme", "reference", "factor", "level", "against", "basis", "seeds"),
    *("estimate", "standard_error", "df", "t", "p", "lower", "upper"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper", "interval_level"),
    *("margin", "p_equivalence", "p_equivalence_adjusted", "smallest_margin"),
    *("runs", "against_runs", "failed", "against_failed", "verdict", "seeds_needed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelQuestion:
    """Two levels of a factor under one scheme; with ``reference``, two effects of the scheme."""

    normalization: str
    scheme: str
    factor: str
    level: str
    against: str
    reference: str = ""


def compare_levels(
    runs: pd.DataFrame,
    *,
    questions: Sequence[LevelQuestion],
    margins: Mapping[str, float],
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the table `level_contrasts`, one row for each question, in their order.

    Args:
        runs: the table `runs`.
        questions: all that are asked of the study; together they are the family. One whose runs
            the study does not have is kept, not estimable, with 0 runs.
        margins: equivalence margin of each data set, in points.
        alpha: error rate of the family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips and the simulation of the seeds needed.

    """
    if not questions:
        return pd.DataFrame(columns=list(COLUMNS))
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    seeds = tuple(sorted({str(seed) for seed in table["seed"]}))
    asked = [_Asked.of(question, table, margins) for question in questions]
    differences = np.column_stack([item.differences(seeds) for item in asked])
    any_failed = any(item.failed + item.against_failed > 0 for item in asked)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    found = family_table(differences, plan, any_failed=any_failed, name="levels in final_accuracy")
    frame = pd.concat([pd.DataFrame([item.labels() for item in asked]), found], axis=1)
    equivalence = equivalence_of(frame, family=np.ones(len(asked), dtype=bool))
    frame = pd.concat([frame, equivalence], axis=1)
    frame["interval_level"] = round(100 * (1 - alpha), 6)
    comparisons = int(frame["standard_error"].notna().sum())
    judged = [_judged(row, alpha, comparisons, analysis_seed) for row in frame.to_dict("records")]
    frame["verdict"] = [str(verdict) for verdict, _ in judged]
    frame["seeds_needed"] = [needed for _, needed in judged]
    return frame[list(COLUMNS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question with its runs: those of the scheme (and reference) at the two levels."""

    question: LevelQuestion
    rows: pd.DataFrame
    margin: float

    @classmethod
    def of(
        cls, question: LevelQuestion, table: pd.DataFrame, margins: Mapping[str, float]
    ) -> "_Asked":
        if question.factor not in table:
            return cls(question=question, rows=table.head(0), margin=float("nan"))
        schemes = [name for name in (question.scheme, question.reference) if name]
        level = table[question.factor].map(level_text)
        rows = table[
            (table["normalization"] == question.normalization)
            & table["scheme"].isin(schemes)
            & level.isin([question.level, question.against])
        ]
        rows = rows.assign(compared=level[rows.index])
        return cls(question=question, rows=rows, margin=common_margin(margins, rows))

    def differences(self, seeds: Sequence[str]) -> Floats:
        """Return one difference for each seed, NaN where a run of it failed or is missing."""
        whole = np.full(len(seeds), np.nan)
        plus = self._within(self.question.scheme)
        minus = self._within(self.question.reference) if self.question.reference else {}
        for seed, value in plus.items():
            if not self.question.reference:
                whole[seeds.index(seed)] = value
            elif seed in minus:
                whole[seeds.index(seed)] = value - minus[seed]
        return whole

    def _within(self, scheme: str) -> dict[str, float]:
        """Return level minus against under one scheme, averaged over the other cells, by seed."""
        part = self.rows[self.rows["scheme"] == scheme]
        if part.empty or part["compared"].nunique() < 2:
            return {}
        cells = [name for name in varying_factors(part) if name != self.question.factor]
        array, lost = (
            arrange(part, outcome, factor="compared", cells=cells)
            for outcome in ("final_accuracy", "failed")
        )
        mean = array.cell_mean(array.differences(self.question.level, self.question.against))
        mean = np.where((lost.values > 0).any(axis=(0, 2)), np.nan, mean)
        return {unit: float(value) for unit, value in zip(array.units, mean, strict=True)}

    def _at(self, level: str) -> pd.DataFrame:
        return self.rows[self.rows["compared"] == level] if len(self.rows) else self.rows

    @property
    def failed(self) -> int:
        """Failed runs at the level."""
        return int(self._at(self.question.level)["failed"].sum())

    @property
    def against_failed(self) -> int:
        """Failed runs at the other level."""
        return int(self._at(self.question.against)["failed"].sum())

    def labels(self) -> dict[str, object]:
        """Return what the row is about."""
        apart = self.failed + self.against_failed > 0
        return asdict(self.question) | {
            "basis": BOTH_TRAINED if apart else EVERY_SEED,
            "margin": self.margin,
            "runs": len(self._at(self.question.level)),
            "against_runs": len(self._at(self.question.against)),
            "failed": self.failed,
            "against_failed": self.against_failed,
        }


def _judged(
    row: Mapping[object, object], alpha: float, comparisons: int, analysis_seed: int
) -> tuple[Verdict, float]:
    """Return the verdict on a row, and the seeds that would decide an inconclusive one."""
    estimate, margin, error, seeds = (
        float(row[name])  # type: ignore[arg-type]
        for name in ("estimate", "margin", "standard_error", "seeds")
    )
    evidence = Evidence(
        outcome=Outcome.ACCURACY,
        normalization=str(row["normalization"]),
        scheme=str(row["level"]),
        reference=str(row["against"]),
        estimate=estimate,
        lower=float(row["simultaneous_lower"]),  # type: ignore[arg-type]
        upper=float(row["simultaneous_upper"]),  # type: ignore[arg-type]
        null=0.0,
        margin_lower=-margin,
        margin_upper=margin,
        different=float(row["p_adjusted"]) <= alpha,  # type: ignore[arg-type]
        p_equivalence_adjusted=float(row["p_equivalence_adjusted"]),  # type: ignore[arg-type]
        alpha=alpha,
        higher_is_better=True,
        seeds=int(seeds),
    )
    verdict = decide(evidence)
    if verdict is not Verdict.INCONCLUSIVE or seeds < 2:
        return verdict, float("nan")
    labels = ("normalization", "scheme", "reference", "factor", "level", "against")
    needed = planned_seeds(
        ["levels", *(str(row[key]) for key in labels)],
        effect=estimate,
        deviation=error * float(np.sqrt(seeds)),
        margin=margin,
        comparisons=comparisons,
        alpha=alpha,
        analysis_seed=analysis_seed,
    )
    return verdict, needed
