"""The share of runs that failed, by scheme and normalisation."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import by_level
from biasinit.reporting.figures.canvas import (
    ROW,
    WIDTH,
    label_inches,
    label_rows,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.captions import compared_runs, failed_count
from biasinit.reporting.figures.style import INK, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, TableBelow, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.page.columns import (
    CELL,
    SCHEME,
    WHERE,
    count,
    percent,
    percent_interval,
)
from biasinit.reporting.selection import (
    arranged,
    has_values,
    normalizations,
    over_cells,
    present_schemes,
    records,
    rows_of,
    scheme_order,
    table,
    without_replicate,
)


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the share of failed runs over cells."""
    rates = over_cells(table(tables, "failure_rates"))
    return without_replicate(arranged(rates, schemes=scheme_order(study)), study)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the share of failed runs with Clopper-Pearson intervals.

    Args:
        frame: ``normalization, scheme, runs, failed, rate, lower, upper``; shares in [0, 1].
        study: the study.

    """
    names = present_schemes(frame, study)
    levels = normalizations(frame)
    texts = _texts(frame)
    canvas = new_canvas(0.95 + ROW * len(names))
    left, room = label_inches(names), text_inches(texts)
    width = (WIDTH - left - 0.1) / len(levels) - room - 0.12
    highest = float(np.nanmax(frame[["rate", "upper"]].to_numpy(dtype=float)))
    for place, level in enumerate(levels):
        axes = canvas.axes(
            left=left + place * (width + room + 0.12),
            bottom=0.55,
            width=width,
            height=ROW * len(names),
        )
        here = frame[frame["normalization"] == level].drop_duplicates("scheme")
        _rates(axes, here.set_index("scheme").reindex(names).reset_index(), study)
        axes.set_xlim(-0.02 * 100 * highest, max(100 * highest * 1.05, 5))
        axes.set_title(normalization_label(level))
        if place:
            axes.tick_params(axis="y", labelleft=False)
    return canvas.picture


def _counts(row: Mapping[str, Any]) -> str:
    """Return '8 of 40', or nothing for a scheme without runs."""
    failed, runs = as_float(row.get("failed")), as_float(row.get("runs"))
    if not (math.isfinite(failed) and math.isfinite(runs)):
        return ""
    return f"{numbers.count(failed)} of {numbers.count(runs)}"


def _texts(rows: pd.DataFrame) -> list[str]:
    return [f"{counts} runs" if (counts := _counts(row)) else "" for row in records(rows)]


def _rates(axes: Axes, rows: pd.DataFrame, study: StudyFacts) -> None:
    looks = scheme_looks(scheme_order(study))
    for place, row in enumerate(records(rows)):
        if not math.isfinite(float(row["rate"])):
            continue
        look = looks.get(str(row["scheme"]))
        colour = look.colour if look else INK.light
        axes.plot(
            [100 * float(row["lower"]), 100 * float(row["upper"])],
            [place, place],
            color=colour,
            linewidth=3.2,
            solid_capstyle="butt",
        )
        axes.plot(
            [100 * float(row["rate"])],
            [place],
            marker=look.marker if look else "o",
            color=colour,
            markeredgecolor=INK.light,
            markeredgewidth=0.5,
            markersize=6.5,
            linestyle="none",
            gid="estimate",
        )
    label_rows(axes, [short(str(name)) for name in rows["scheme"]])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_xlabel("failed runs, %", fontsize=8)
    write_numbers(axes, _texts(rows))


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the failed runs of each scheme that has any, by normalisation."""
    parts = []
    for level, rows in by_level(frame):
        lost = rows[rows["failed"].astype(float) > 0]
        named = [
            f"{row['scheme']} {_counts(row)} "
            f"({numbers.percent(as_float(row['lower']))} to "
            f"{numbers.percent(as_float(row['upper']))})"
            for row in records(lost)
        ]
        parts.append(f"{level}: {numbers.joined(named) if named else 'no run failed'}.")
    return f"Failed runs. {' '.join(parts)}"


def caption(_frame: pd.DataFrame, tables: Tables, study: StudyFacts) -> str:
    """Return what counts as failed, and how many did."""
    runs = compared_runs(tables, study)
    return (
        "Share of runs that diverged or never learned, with exact (Clopper-Pearson) 95 % "
        f"intervals; {failed_count(runs)} of {len(runs)} runs failed."
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts on failures are made."""
    return Rule(
        anchor="rule-failure",
        title="Failures",
        text="More or fewer failures where the exact paired (McNemar) test, adjusted by Holm, "
        f"rejects at {numbers.plain(study.analysis.alpha)}. Shares of failed runs have exact "
        "(Clopper-Pearson) intervals.",
        made_by=("analyse_failure", "judge_schemes"),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "runs", "failed", "rate", "lower", "upper"),
    frame=frame,
    drawable=has_values("rate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="failure_rates",
            title="Runs that failed",
            note="Diverged (not a finite loss) or never learned; exact (Clopper-Pearson) "
            "intervals.",
            columns=(
                WHERE,
                CELL,
                SCHEME,
                count("runs", "runs"),
                count("failed", "failed"),
                count("diverged", "diverged"),
                count("never learned", "never_learned"),
                percent("share", "rate"),
                percent_interval("95 % interval, %", "lower", "upper"),
            ),
            rows=rows_of("failure_rates"),
            file="analysis/failure_rates.parquet",
            folded="Failures, by cell",
        ),
    ),
    sentences=(),
    rules=(rule,),
    shown=Shown.ALWAYS,
)
