"""From a table of contrasts or of verdicts to the rows of a forest plot, with numbers in words."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.reporting.selection import records
from biasinit.reporting.verdicts.clauses import LISTED, condition_names
from biasinit.reporting.verdicts.verdict_rows import VerdictRow, row_of
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, shown, word
from biasinit.verdicts import Outcome, Verdict
from biasinit.vocabulary import ALL_CELLS, OWN_BEST_RATE

BEST_MARKER = "*"
CONDITION_SIZE = 4.0  # points; half a mark, since a condition is a part of the answer


def column_values(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers, nan where it or the whole column is missing."""
    if name not in frame:
        return pd.Series(math.nan, index=frame.index)
    return pd.to_numeric(frame[name], errors="coerce")


def _first_finite(*columns: pd.Series) -> pd.Series:
    first, *rest = columns
    for other in rest:
        first = first.where(first.notna(), other)
    return first


def points_rows(
    frame: pd.DataFrame, *, metric: Metric, outcome: Outcome = Outcome.ACCURACY
) -> pd.DataFrame:
    """Return forest rows in the unit of the metric, with the verdicts in words of the outcome.

    Where a row has a verdict, its bar is the interval that decided, and the plain one is left out;
    where this is that the effect depends on the condition, the row has no number.
    """
    lower, upper = column_values(frame, "lower"), column_values(frame, "upper")
    judged_lower = column_values(frame, "judged_lower")
    judged_upper = column_values(frame, "judged_upper")
    judged = judged_lower.notna() & judged_upper.notna()
    untold = _untold(frame, judged)
    rows = pd.DataFrame(
        {
            "normalization": frame["normalization"].astype(str),
            "scheme": frame["scheme"].astype(str),
            "label": frame["scheme"].astype(str),
            "estimate": column_values(frame, "estimate").mask(untold),
            "lower": judged_lower.where(judged, lower).mask(untold),
            "upper": judged_upper.where(judged, upper).mask(untold),
            "outer_lower": _first_finite(
                judged_lower, column_values(frame, "simultaneous_lower"), lower
            ).mask(untold),
            "outer_upper": _first_finite(
                judged_upper, column_values(frame, "simultaneous_upper"), upper
            ).mask(untold),
            "margin_lower": -column_values(frame, "margin"),
            "margin_upper": column_values(frame, "margin"),
        }
    )
    return rows.assign(
        text=_texts(rows, frame, outcome, metric), absent=_reasons(frame, outcome, metric)
    )


def _verdicts(frame: pd.DataFrame) -> list[str]:
    found = frame["verdict"] if "verdict" in frame else [""] * len(frame)
    return [verdict if isinstance(verdict, str) else "" for verdict in found]


def _untold(frame: pd.DataFrame, judged: pd.Series) -> pd.Series:
    """Return which rows have a verdict without a number: no interval decided it."""
    if "judged_lower" not in frame:
        return pd.Series(False, index=frame.index)
    return pd.Series(_verdicts(frame), index=frame.index).ne("") & ~judged


def _reasons(frame: pd.DataFrame, outcome: Outcome, metric: Metric) -> list[str]:
    """Return what stands in place of an estimate that is not there: the verdict, if there is."""
    return [
        word(Verdict(verdict), outcome, depends_on=_factor(row), metric=metric) if verdict else ""
        for verdict, row in zip(_verdicts(frame), records(frame), strict=True)
    ]


def _factor(row: Mapping[str, Any]) -> str:
    found = row.get("depends_on")
    return found if isinstance(found, str) else ""


def _texts(rows: pd.DataFrame, frame: pd.DataFrame, outcome: Outcome, metric: Metric) -> list[str]:
    texts = []
    for row, verdict in zip(records(rows), _verdicts(frame), strict=True):
        estimate = float(row["estimate"])
        if not math.isfinite(estimate):
            texts.append("")
            continue
        places = numbers.places(float(row["margin_upper"]))
        line = numbers.with_interval(
            numbers.signed(estimate, decimals=places),
            row["outer_lower"],
            row["outer_upper"],
            decimals=places,
        )
        said = shown(Verdict(verdict), outcome, metric=metric) if verdict else ""
        texts.append(f"{line}\n{said}" if said else line)
    return texts


def verdict_lanes(frame: pd.DataFrame, *, outcome: Outcome) -> pd.DataFrame:
    """Return forest rows of verdicts: for each scheme one over all conditions, and one for each.

    Up to four conditions have a row of their own; more share one, as marks. The last row is that of
    each scheme at its own best learning rate.

    Args:
        frame: rows of the table of verdicts of one outcome, in their order.
        outcome: which.

    """
    rows = [row_of(row) for row in records(frame)]
    lanes: list[dict[str, Any]] = []
    for level, scheme in dict.fromkeys((row.normalization, row.scheme) for row in rows):
        here = [row for row in rows if (row.normalization, row.scheme) == (level, scheme)]
        lanes += _lanes(here)
    return pd.DataFrame(lanes)


def _lanes(rows: Sequence[VerdictRow]) -> list[dict[str, Any]]:
    whole = [row for row in rows if row.cell == ALL_CELLS]
    best = [row for row in rows if row.cell == OWN_BEST_RATE]
    single = [row for row in rows if row.cell not in (ALL_CELLS, OWN_BEST_RATE)]
    if not single and not best:
        return [_lane(row, f"{_line(row)}\n{_shown(row)}".strip()) for row in whole]
    names = condition_names(single)
    lanes = [_lane(row, _named(row, "all")) for row in whole]
    if len(single) <= LISTED:
        lanes += [
            _lane(row, _named(row, names[row.cell])) | {"size": CONDITION_SIZE, "name": ""}
            for row in single
        ]
    else:
        lanes.append(_strip(single))
    return lanes + [
        _lane(row, _named(row, "own best")) | {"marker": BEST_MARKER, "name": ""} for row in best
    ]


def _lane(row: VerdictRow, text: str) -> dict[str, Any]:
    estimate, lower, upper = (
        value if row.measured else math.nan for value in (row.estimate, row.lower, row.upper)
    )
    return {
        "normalization": row.normalization,
        "scheme": row.scheme,
        "label": f"{row.scheme}\n{row.cell}",
        "name": row.scheme,
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "margin_lower": row.margin_lower,
        "margin_upper": row.margin_upper,
        "text": text,
        "absent": word(row.verdict, row.outcome, depends_on=row.depends_on, metric=row.metric),
        "size": math.nan,
        "marker": "",
        "points": (),
    }


def _strip(rows: Sequence[VerdictRow]) -> dict[str, Any]:
    """Return one row for many conditions: a mark for each, and their range in words."""
    values = sorted(row.estimate for row in rows if row.measured)
    write = _writer(rows[0])
    text = f"{len(rows)} conditions"
    if values:
        text += f": {write(values[0])} to {write(values[-1])}"
    empty = {"estimate": math.nan, "lower": math.nan, "upper": math.nan}
    own = {"label": f"{rows[0].scheme}\nconditions", "name": "", "absent": " "}
    return _lane(rows[0], text) | empty | own | {"points": tuple(values)}


def _writer(row: VerdictRow) -> Callable[[float], str]:
    write = numbers.number if row.outcome is Outcome.SPEED else numbers.signed
    return partial(write, decimals=row.places)


def _line(row: VerdictRow) -> str:
    """Return estimate and interval, nothing where there is no effect of its own."""
    if not row.measured:
        return ""
    return numbers.with_interval(
        _writer(row)(row.estimate), row.lower, row.upper, decimals=row.places
    )


def _shown(row: VerdictRow) -> str:
    return shown(row.verdict, row.outcome, depends_on=row.depends_on, metric=row.metric)


def _named(row: VerdictRow, name: str) -> str:
    """Return what stands beside a row: its name, its numbers and the sign of its verdict."""
    line = _line(row)
    if not line:
        return f"{name}: {_shown(row)}"
    return f"{name}: {line} {VOCABULARY[row.verdict].symbol}"
