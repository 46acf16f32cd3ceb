"""Evidence that is in how many seeds a run failed, and the mean accuracy, by level of a factor."""

import pandas as pd

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.reporting.claims.finding import (
    Bearing,
    Finding,
    Grid,
    Kind,
    Place,
    Tables,
    absent,
)
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.selection import matching, natural_order, table
from biasinit.reporting.verdicts.verdict_rows import metric_of
from biasinit.statistics.inference.binomial import clopper_pearson
from biasinit.study.evidence import FailureEvidence

_PLACE = Place(table="failure_rates", figure="failure_rates", rule="rule-failure")


def find(evidence: FailureEvidence, tables: Tables) -> Finding:
    """Return the seeds with a failed run of each scheme at each level, with exact intervals."""
    where = normalization_label(evidence.normalization)
    question = f"seeds with a failed run by {evidence.factor.replace('_', ' ')}, {where}"
    rows = matching(table(tables, "runs"), normalization=evidence.normalization)
    if not {evidence.factor, "failed"} <= set(rows) or rows.empty:
        return absent(evidence, question, table=_PLACE.table)
    metric = metric_of(table(tables, "verdicts"))
    names = rows["scheme"].astype(str)
    schemes = tuple(scheme for scheme in evidence.schemes if (names == scheme).any())
    rows = rows[names.isin(schemes)]
    if not schemes:
        return absent(evidence, question, table=_PLACE.table)
    levels = sorted(rows.groupby(evidence.factor), key=lambda group: natural_order(str(group[0])))
    return Finding(
        study=evidence.study,
        question=question,
        measured=(),
        bearing=Bearing.NUMBERS,
        sure=f"{rows['seed'].nunique()} seeds",
        place=_PLACE,
        grid=Grid(
            title=f"seeds with a failed run, exact 95 % interval, mean {metric.short} of all runs",
            columns=schemes,
            rows=tuple(
                (
                    str(level),
                    tuple(_counted(matching(part, scheme=name), metric) for name in schemes),
                )
                for level, part in levels
            ),
        ),
    )


def _counted(runs: pd.DataFrame, metric: Metric) -> str:
    """Return the count; several runs of one seed are not independent, and count once."""
    if runs.empty:
        return numbers.MISSING
    by_seed = runs.groupby("seed")["failed"].any()
    failed, total = int(by_seed.sum()), len(by_seed)
    lower, upper = clopper_pearson(failed, total)
    bounds = f"{numbers.number(100 * lower, decimals=0)} to {numbers.percent(upper)}"
    value = float(runs["final_accuracy"].mean())
    mean = numbers.number(value, decimals=1) if metric.is_accuracy else numbers.scientific(value)
    return f"{failed} of {total} ({bounds})\n{mean} {metric.level_unit}"


KIND = Kind(reads=("runs", "verdicts"), find=find)
