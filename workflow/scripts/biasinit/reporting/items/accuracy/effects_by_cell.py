"""Effects on accuracy in each single condition: a forest, or a heat map where there are many."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import effects_by_level
from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.contrast_rows import points_rows
from biasinit.reporting.figures.forest import forest_panels, symmetric_limits
from biasinit.reporting.figures.heat_map import heat_maps
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.selection import cell_labels, contrasts, has_values, scheme_order

MAXIMUM_ROWS = 40  # of a forest; with more, whoever scrolls sees no pattern
ROW = 0.25  # inches
LONGEST_SCHEME = 16  # characters, beside the cell
LONGEST_LABEL = 44  # characters of scheme and cell


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the contrasts of accuracy in single cells."""
    return contrasts(
        tables,
        "accuracy_contrasts",
        family="accuracy",
        outcome="accuracy",
        schemes=scheme_order(study),
        cells=True,
    )


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the effects in each cell.

    Args:
        frame: ``normalization, scheme, cell, estimate, lower, upper, margin``, in points.
        study: the study.

    """
    return _heat_map(frame, study) if _are_many(frame) else _forest(frame, study)


def _are_many(frame: pd.DataFrame) -> bool:
    return len(frame[["scheme", "cell"]].drop_duplicates()) > MAXIMUM_ROWS


def _forest(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return a row for each effect with its interval, grouped by scheme."""
    labels = _labels(frame)
    names = [
        f"{short(str(scheme), longest=LONGEST_SCHEME)} · {label}"
        for scheme, label in zip(frame["scheme"], labels, strict=True)
    ]
    rows = points_rows(frame, metric=study.metric).assign(label=names)
    rows = rows.assign(text=[_with_sign(text) for text in rows["text"]])
    return forest_panels(
        rows,
        study,
        limits=symmetric_limits(rows),
        label=f"{study.metric.of_differences}, scheme − {short(study.reference)}"
        f"{study.metric.hint}",
        row_height=ROW,
        longest=LONGEST_LABEL,
    )


def _with_sign(text: str) -> str:
    """Return the numbers with the sign of the verdict, for which a line of its own has no room."""
    line, _, verdict = text.partition("\n")
    return f"{line} {verdict[:1]}".rstrip()


def _heat_map(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return schemes by cells, the more numerous below each other."""
    named = frame.assign(label=_labels(frame))
    order = ["label", "scheme"]
    if named["scheme"].nunique() > named["label"].nunique():
        order.reverse()
    return heat_maps(
        named,
        rows=order[0],
        columns=order[1],
        metric=study.metric,
        places=study.places,
        limit=symmetric_limits(points_rows(named, metric=study.metric))[1],
        longest=LONGEST_LABEL,
    )


def _labels(frame: pd.DataFrame) -> list[str]:
    labels = cell_labels(sorted(frame["cell"].astype(str).unique()))
    return [labels[str(cell)] for cell in frame["cell"]]


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the effects of the first cells with their intervals."""
    effects = effects_by_level(frame)
    return f"Effects against {study.reference}, {study.metric.unit}. {effects}"


def caption(frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the effects."""
    shown = (
        "Orange is worse, blue is better; intervals and verdicts, and conditions that have no "
        "room here, are in the table of verdicts."
        if _are_many(frame)
        else "The intervals hold for all of them at once."
    )
    return (
        f"The same contrasts against {study.reference}, condition by condition "
        f"({numbers.counted(study.cells, 'condition')}). {shown}"
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "cell", "estimate", "lower", "upper"),
    frame=frame,
    drawable=has_values("estimate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
