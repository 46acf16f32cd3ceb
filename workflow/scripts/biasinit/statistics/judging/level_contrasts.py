"""Levels of a factor against each other, within seeds: networks, weights, scalings of the input.

A *question* names one scheme at one normalisation and two levels of a factor. Its estimate is the
mean over seeds of final accuracy at the one level minus the other, in each other condition and
over all of them; with a reference scheme it is the difference of two effects, (scheme - reference)
at the one level minus the same at the other. Opposite answers in two conditions are not averaged
into a verdict, as for the schemes.

All questions of a study are one family: whole seeds flip their sign together, so that intervals
and p-values hold for all of them at once however they correlate; two one-sided tests are adjusted
by Holm over the same questions. A question that was adjusted for itself alone would be as sure in a
ledger of twenty as in a ledger of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.accuracy.contrasts_to_plan import Place, places_to_plan
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    ONLY_CELL,
    common_margin,
    read_runs,
    treatments,
    varying_factors,
)
from biasinit.statistics.judging.conditions import (
    Condition,
    conditions_judged,
    depends_on,
    judge_conditions,
)
from biasinit.statistics.judging.evidence import Evidence, Judgement, decide
from biasinit.statistics.judging.measures import evidence_of, probabilities
from biasinit.statistics.judging.seeds_needed import NOT_NEEDED, seeds_for_row
from biasinit.statistics.paired.arms import (
    BOTH_CAME_THROUGH,
    ArmDifferences,
    DifferenceColumn,
    cell_column,
    with_mean_over_cells,
)
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.paired.contrast_tests import COLUMNS as TESTS
from biasinit.statistics.paired.contrast_tests import Margins, contrast_tests
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS

COLUMNS = (
    *("normalization", "scheme", "reference", "factor", "level", "against", "cell", "basis"),
    *TESTS,
    *("margin", "runs", "against_runs", "failed", "against_failed"),
    *("conditions", "verdict", "depends_on", "printed_lower", "printed_upper", "printed_level"),
    "printed_interval",
    *("fragile", "p_below", "p_inside", "p_above"),
    *("seeds_needed", "seeds_needed_low", "seeds_needed_high"),
    *("unit", "better", "metric"),
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
    metric: Metric = ACCURACY,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the table `level_contrasts`, each question over all conditions and in each of them.

    Args:
        runs: the table `runs`.
        questions: all that are asked of the study; together they are the family. One whose runs
            the study does not have is kept, not estimable, with 0 runs.
        margins: equivalence margin of each data set, in points.
        metric: what ``final_accuracy`` is; points are its unit.
        alpha: error rate of the family.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips and the simulation of the seeds needed.

    """
    if not questions:
        return pd.DataFrame(columns=list(COLUMNS))
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    seeds = tuple(sorted({str(seed) for seed in table["seed"]}))
    asked = [_Asked.of(question, table, margins) for question in questions]
    columns = [
        (item, column)
        for number, item in enumerate(asked)
        for column in item.columns(f"question {number}", seeds)
    ]
    differences = ArmDifferences.of_columns([column for _, column in columns], seeds)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    margin = np.array([item.margin for item, _ in columns])
    tests = contrast_tests(differences, plan, Margins.around_zero(margin), name="levels")
    labels = pd.DataFrame([item.labels(column) for item, column in columns])
    frame = pd.concat([labels, tests], axis=1).assign(
        fragile=tests["skewed"], unit=metric.unit, better=metric.better, metric=metric.name
    )
    return _judged(frame, differences, asked, _Rules(plan=plan, metric=metric))[list(COLUMNS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """How rows are judged: level and flips, and which direction is better."""

    plan: FlipPlan
    metric: Metric

    def evidence(self, row: Mapping[str, Any]) -> Evidence:
        """Return what a row says."""
        return evidence_of(
            row,
            Outcome.ACCURACY,
            metric=self.metric,
            lost=int(row["failed"]),
            reference_lost=int(row["against_failed"]),
            alpha=self.plan.alpha,
        )


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
        factors = _other_factors(rows, question)
        rows = rows.assign(condition=_conditions_of(rows, factors))
        return cls(question=question, rows=rows, margin=common_margin(margins, rows))

    def columns(self, group: str, seeds: Sequence[str]) -> list[DifferenceColumn]:
        """Return the differences over all conditions, then in each of several.

        Args:
            group: name of the question among all.
            seeds: of the study.

        """
        key = ("levels", self.question.normalization, group, self.question.reference)
        plus = self._within(self.question.scheme)
        minus = self._within(self.question.reference) if self.question.reference else None
        cells = []
        for cell, values in plus.items():
            if minus is not None and cell not in minus:
                continue
            whole = values if minus is None else values - minus[cell]
            lost = self._lost(cell)
            cells.append(
                cell_column(
                    (*key, cell),
                    np.asarray(whole.reindex(list(seeds)), dtype=np.float64),
                    any_lost=lost,
                    among=BOTH_CAME_THROUGH["failed"],
                )
            )
        if not cells:
            nothing = np.full(len(seeds), np.nan)
            among = BOTH_CAME_THROUGH["failed"]
            return [cell_column((*key, ALL_CELLS), nothing, any_lost=False, among=among)]
        return with_mean_over_cells(cells)

    def _within(self, scheme: str) -> dict[str, "pd.Series[float]"]:
        """Return level minus against under one scheme by condition, each indexed by seed."""
        part = self.rows[self.rows["scheme"] == scheme]
        if part.empty or part["compared"].nunique() < 2:
            return {}
        array, lost = (
            arrange(part, outcome, factor="compared", cells=["condition"])
            for outcome in ("final_accuracy", "failed")
        )
        difference = array.differences(self.question.level, self.question.against)
        difference = np.where(np.any(lost.values > 0, axis=2), np.nan, difference)
        there = np.any(np.all(np.isfinite(lost.values), axis=2), axis=1)
        return {
            cell: pd.Series(difference[place], index=list(array.units))
            for place, cell in enumerate(array.cells)
            if there[place]
        }

    def _lost(self, cell: str) -> bool:
        return bool(self.rows.loc[self.rows["condition"] == cell, "failed"].any())

    def conditions(self) -> pd.DataFrame:
        """Return the other factors of each condition, indexed by its label."""
        factors = _other_factors(self.rows, self.question)
        return self.rows.drop_duplicates("condition").set_index("condition")[factors]

    def at(self, level: str, cell: str) -> pd.DataFrame:
        """Return the runs at a level, in a condition or in all."""
        if self.rows.empty:
            return self.rows
        rows = self.rows[self.rows["compared"] == level]
        return rows if cell == ALL_CELLS else rows[rows["condition"] == cell]

    def labels(self, column: DifferenceColumn) -> dict[str, object]:
        """Return what the row is about."""
        cell, basis = column.labels[-2:]
        one, other = (self.at(name, cell) for name in (self.question.level, self.question.against))
        return asdict(self.question) | {
            "cell": cell,
            "basis": basis,
            "margin": self.margin,
            "runs": len(one),
            "against_runs": len(other),
            "failed": int(one["failed"].sum()),
            "against_failed": int(other["failed"].sum()),
        }


def _other_factors(rows: pd.DataFrame, question: LevelQuestion) -> list[str]:
    """Return the other factors that vary, whose combinations are the conditions."""
    return [name for name in varying_factors(rows) if name != question.factor]


def _conditions_of(rows: pd.DataFrame, factors: Sequence[str]) -> list[str]:
    """Return the label of each row's condition."""
    if not factors:
        return [ONLY_CELL] * len(rows)
    return [
        ", ".join(f"{name} {level_text(value)}" for name, value in zip(factors, row, strict=True))
        for row in rows[list(factors)].itertuples(index=False, name=None)
    ]


def _judged(
    frame: pd.DataFrame, differences: ArmDifferences, asked: Sequence[_Asked], rules: _Rules
) -> pd.DataFrame:
    """Return the rows with their verdicts."""
    rows = [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
    places = places_to_plan(
        frame,
        by=[field.name for field in fields(LevelQuestion)],
        alpha=rules.plan.alpha,
        analysis_seed=rules.plan.analysis_seed,
        name="levels",
    )

    def by_itself(place: int) -> dict[str, Any]:
        return _by_itself(rows[place], places[place], differences, rules)

    judged: list[dict[str, Any]] = [{} for _ in rows]
    number = iter(range(len(asked)))
    for place in np.flatnonzero(differences.over_all_cells):
        item, cells = asked[next(number)], differences.cells_behind(int(place))
        for cell in cells:
            judged[cell] = by_itself(int(cell))
        judged[place] = _over_conditions(
            rows[place],
            {str(rows[cell]["cell"]): (rows[cell], judged[cell]) for cell in cells},
            by_itself(int(place)),
            item,
            rules,
        )
    return frame.join(pd.DataFrame(judged, index=frame.index))


def _by_itself(
    row: Mapping[str, Any], place: Place, differences: ArmDifferences, rules: _Rules
) -> dict[str, Any]:
    """Return what is said of one row, with the seeds that would decide it."""
    judgement = decide(rules.evidence(row))
    below, inside, above = probabilities(row, Outcome.ACCURACY)
    needed = NOT_NEEDED
    if judgement.verdict is Verdict.INCONCLUSIVE:
        needed = seeds_for_row(place, seeds=row["seeds"], seeds_run=len(differences.units))
    return _said(judgement) | {
        "conditions": 1,
        "depends_on": "",
        "p_below": below,
        "p_inside": inside,
        "p_above": above,
        "seeds_needed": needed.seeds,
        "seeds_needed_low": needed.low,
        "seeds_needed_high": needed.high,
    }


def _over_conditions(
    row: Mapping[str, Any],
    single: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    alone: Mapping[str, Any],
    item: _Asked,
    rules: _Rules,
) -> dict[str, Any]:
    """Return what is said over several conditions, or of the only one."""
    if not single:
        return dict(alone)
    conditions = list(_conditions(single, rules))
    judgement = judge_conditions(
        rules.evidence(row), conditions, homogeneity_p=float(row["homogeneity_p"])
    )
    depends = depends_on(judgement.verdict, conditions, item.conditions())
    judged = conditions_judged(conditions)
    return dict(alone) | _said(judgement) | {"conditions": judged, "depends_on": depends}


def _conditions(
    single: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]], rules: _Rules
) -> Iterator[Condition]:
    for cell, (row, _) in single.items():
        evidence = rules.evidence(row)
        yield Condition(cell=cell, evidence=evidence, judgement=decide(evidence))


def _said(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": str(judgement.verdict),
        "printed_lower": judgement.lower,
        "printed_upper": judgement.upper,
        "printed_level": judgement.level,
        "printed_interval": judgement.interval,
    }
