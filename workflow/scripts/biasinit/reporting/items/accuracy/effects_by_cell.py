"""Effects on accuracy in each single cell; exploratory."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import effects_by_level
from biasinit.reporting.figures.canvas import short
from biasinit.reporting.figures.captions import count_of
from biasinit.reporting.figures.contrast_rows import points_rows
from biasinit.reporting.figures.forest import forest_panels, symmetric_limits
from biasinit.reporting.items.kinds import FigureItem, Shown, Tables
from biasinit.reporting.selection import cell_labels, contrasts, has_values, scheme_order

MAXIMUM_ROWS = 160  # the table beside the figure holds all of them
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
    """Return the forest of effects in each cell, grouped by scheme.

    Args:
        frame: ``normalization, scheme, cell, estimate, lower, upper, margin``, in points.
        study: the study.

    """
    labels = cell_labels(sorted(frame["cell"].astype(str).unique()))
    names = [
        f"{short(str(scheme), longest=LONGEST_SCHEME)} · {labels[str(cell)]}"
        for scheme, cell in zip(frame["scheme"], frame["cell"], strict=True)
    ]
    rows = points_rows(frame.drop(columns=["verdict"], errors="ignore")).assign(label=names)
    kept = rows["label"].drop_duplicates().head(MAXIMUM_ROWS)
    rows = rows[rows["label"].isin(kept)]
    return forest_panels(
        rows,
        study,
        limits=symmetric_limits(rows),
        label=f"points of test accuracy, scheme − {short(study.reference)}",
        row_height=ROW,
        longest=LONGEST_LABEL,
    )


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the effects of the first cells with their intervals."""
    return f"Effects against {study.reference}, points. {effects_by_level(frame)}"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return how to read the effects."""
    return (
        f"The same contrasts against {study.reference}, cell by cell "
        f"({count_of(study.cells, 'cell')}); exploratory, with plain 95 % intervals."
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
