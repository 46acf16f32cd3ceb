"""The tables below the atlas: means over conditions, moderators, predictions, failed runs."""

import pandas as pd

from biasinit import numbers
from biasinit.metric import ACCURACY
from biasinit.numbers import as_float
from biasinit.reporting.atlas.contents import Synthesis
from biasinit.reporting.atlas.rows import FOUND, effects_of, levels_of
from biasinit.reporting.page.columns import (
    SCHEME,
    WHERE,
    Measure,
    PageColumn,
    count,
    decimals,
    interval,
    percent,
    probability,
    signed,
    words,
)
from biasinit.reporting.page.table import PageTable, page_table
from biasinit.verdicts import Outcome

FOLDER = "answer"  # beside the page: files of tables that are too large to be within it
SHOWN_OF_DIGEST = 12  # characters
MEASURE = Measure(metric=ACCURACY, places=numbers.LEAST_PLACES)


def _chance(heading: str, key: str) -> PageColumn:
    return PageColumn(
        heading=heading,
        key=key,
        numeric=True,
        write=lambda row, _: numbers.chance(as_float(row.get(key))),
    )


OUTCOME = words("outcome", "outcome")
CONDITIONS = count("conditions", "conditions")
ADJUSTED = probability("p, adjusted", "p_adjusted")

_POOLED = (
    *(OUTCOME, WHERE, SCHEME, CONDITIONS),
    signed("mean, margins", "mean"),
    interval("95 % interval", "lower", "upper"),
    decimals("SD between conditions", "between"),
    interval("95 % of new conditions", "prediction_lower", "prediction_upper"),
    _chance("worse by more than the margin", "p_below"),
    _chance("within the margin", "p_inside"),
    _chance("better by more than the margin", "p_above"),
    probability("p", "p"),
    ADJUSTED,
)
_MODERATORS = (
    *(OUTCOME, SCHEME, words("moderator", "moderator"), CONDITIONS),
    signed("change, margins", "slope"),
    interval("95 % interval", "lower", "upper"),
    probability("p", "p"),
    ADJUSTED,
    words("found", "found"),
)
MINUTES = len("2026-11-30T08:30")
_PREDICTIONS = (
    *(words("study", "study"), words("condition", "condition"), WHERE, SCHEME, OUTCOME),
    words("registered (UTC)", "registered"),
    PageColumn(
        heading="SHA-256",
        key="digest",
        numeric=False,
        write=lambda row, _: str(row.get("digest"))[:SHOWN_OF_DIGEST],
    ),
    interval("predicted, margins", "lower", "upper"),
    signed("observed", "observed"),
    interval("its interval", "observed_lower", "observed_upper"),
    words("came true", "came_true"),
)
_FAILURES = (
    *(WHERE, SCHEME, CONDITIONS, count("runs", "runs"), count("failed", "failed")),
    percent("share failed", "share"),
)


def pooled_table(synthesis: Synthesis) -> PageTable:
    """Return the means over conditions."""
    return _table(
        synthesis.pooled,
        name="pooled",
        title="Means over conditions",
        note="In margins; positive is better. The last probabilities are those of the effect in a "
        "new condition.",
        columns=_POOLED,
    )


def moderators_table(synthesis: Synthesis) -> PageTable:
    """Return what changes an effect, the most certain first."""
    frame = synthesis.moderators
    if len(frame):
        adjusted = pd.to_numeric(frame["p_adjusted"], errors="coerce")
        frame = frame.assign(
            p_adjusted=adjusted, found=["found" if p < FOUND else "" for p in adjusted]
        )
        frame = frame.sort_values("p_adjusted", kind="stable", na_position="last")
    return _table(
        frame,
        name="moderators",
        title="Changes of effects",
        note=f"In margins. Found is what has an adjusted p below {numbers.plain(FOUND)}.",
        columns=_MODERATORS,
    )


def predictions_table(synthesis: Synthesis) -> PageTable:
    """Return the registered predictions, with what came of each."""
    frame = synthesis.predictions
    if len(frame):
        frame = frame.assign(
            came_true=[_came_true(value) for value in frame["inside"]],
            registered=[str(time)[:MINUTES].replace("T", " ") for time in frame["registered_at"]],
        )
    return _table(
        frame,
        name="predictions",
        title="What came of them",
        note="Of the true effect in a condition that was not run yet, in margins. It came true "
        "where what was observed lies within the interval, given its own error.",
        columns=_PREDICTIONS,
    )


def _came_true(inside: object) -> str:
    if pd.isna(inside):  # type: ignore[call-overload]  # whatever a table holds
        return numbers.MISSING
    return "yes" if inside else "no"


def failures_table(synthesis: Synthesis) -> PageTable:
    """Return how many runs of each scheme failed, summed over conditions."""
    effects = effects_of(synthesis, Outcome.ACCURACY)
    sums = []
    for level in levels_of(effects):
        for scheme in dict.fromkeys(row.scheme for row in effects if row.normalization == level):
            rows = [row for row in effects if (row.normalization, row.scheme) == (level, scheme)]
            runs, failed = sum(row.runs for row in rows), sum(row.failed for row in rows)
            sums.append(
                {
                    "normalization": level,
                    "scheme": scheme,
                    "conditions": len(rows),
                    "runs": runs,
                    "failed": failed,
                    "share": failed / runs if runs > 0 else float("nan"),
                    "reference_failed": sum(row.reference_failed for row in rows),
                }
            )
    return _table(
        pd.DataFrame(sums),
        name="failures",
        title="By scheme",
        note="Of the comparisons of accuracy, at the learning rates that they are made at; "
        f"{synthesis.reference} in the same conditions.",
        columns=(*_FAILURES, count(f"failed runs of {synthesis.reference}", "reference_failed")),
    )


def _table(
    frame: pd.DataFrame, *, name: str, title: str, note: str, columns: tuple[PageColumn, ...]
) -> PageTable:
    return page_table(
        frame.reset_index(drop=True),
        name=name,
        title=title,
        note=note,
        columns=columns,
        file=f"{FOLDER}/{name}.csv",
        folded="",
        measure=MEASURE,
    )
