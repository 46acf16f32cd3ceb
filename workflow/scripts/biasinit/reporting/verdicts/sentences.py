"""Plain-language sentences from verdicts, with numbers, units and uncertainty.

Sentences decide nothing: the verdict is in the row, and the numbers are those of the row,
rounded by ``numbers``. The phrase that a large p-value invites ("no difference was found") is
not in the vocabulary: what was not shown is called inconclusive, with the seeds that would
decide it.
"""

import math
from collections.abc import Sequence

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.verdicts.clauses import bounds, by_condition, doubts, filled, not_excluded
from biasinit.reporting.verdicts.verdict_rows import VerdictRow
from biasinit.reporting.verdicts.vocabulary import phrases
from biasinit.verdicts import Outcome, Verdict


def sentence(row: VerdictRow, *, threshold: str, conditions: Sequence[VerdictRow]) -> str:
    """Return one plain sentence or two for a verdict.

    Args:
        row: a row of the table of verdicts.
        threshold: the threshold of convergence in words, such as '95 %'.
        conditions: the rows of the single conditions of the same comparison.

    """
    subject = row.scheme
    if row.outcome is not Outcome.INTERACTION:  # which is about both normalisations
        subject += f" {normalization_label(row.normalization)}"
    said = finding(row, threshold=threshold, conditions=conditions)
    return f"{subject}: {said}.{remarks(row)}"


def finding(row: VerdictRow, *, threshold: str, conditions: Sequence[VerdictRow]) -> str:
    """Return what was found, without the subject: 'worse than zeros by 0.93 points (…)'.

    What depends on the condition is followed by what holds in each: an average of opposite effects
    is no finding.
    """
    found = filled(phrases(row.verdict, row.outcome).finding, row, threshold=threshold)
    if row.verdict is not Verdict.DEPENDS or not conditions:
        return found
    return f"{found}: {by_condition(conditions)}"


def remarks(row: VerdictRow) -> str:
    """Return what qualifies a verdict: what it cannot exclude, for which images, fragility."""
    rest = not_excluded(row)
    unseen = f" {rest}." if rest else ""
    unseen += f" Without {row.left_out}." if row.left_out else ""
    return unseen + _test_set(row) + "".join(f" {doubt.sentence}" for doubt in doubts(row))


def _test_set(row: VerdictRow) -> str:
    """Return whether an equivalence holds for new test images too, where that was measured."""
    lower, upper = row.new_test_set_lower, row.new_test_set_upper
    measured = math.isfinite(lower) and math.isfinite(upper)
    if row.verdict is not Verdict.EQUIVALENT or not measured:
        return ""
    if row.margin_lower < lower and upper < row.margin_upper:
        return " On new test images too."
    return (
        f" On this test set; for new test images the 95 % interval is {bounds(row, lower, upper)}."
    )


def threshold_words(study: StudyFacts) -> str:
    """Return the threshold of convergence: '95 %', or 'the threshold' when data sets differ."""
    values = set(study.analysis.thresholds.values())
    unit = study.metric.level_unit
    return f"{numbers.plain(values.pop())} {unit}" if len(values) == 1 else "the threshold"
