"""The share of seeds with a failed run, by scheme and normalisation."""

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
    """Return the share of seeds with a failed run, over all conditions."""
    rates = over_cells(table(tables, "failure_rates"))
    return without_replicate(arranged(rates, schemes=scheme_order(study)), study)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the share of seeds with a failed run, with Clopper-Pearson intervals.

    Args:
        frame: ``normalization, scheme, seeds, seeds_failed, rate, lower, upper``; shares in [0, 1].
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
    """Return '8 of 20' seeds with a failed run, or nothing for a scheme without runs."""
    failed, seeds = as_float(row.get("seeds_failed")), as_float(row.get("seeds"))
    if not (math.isfinite(failed) and math.isfinite(seeds)):
        return ""
    return f"{numbers.count(failed)} of {numbers.count(seeds)}"


def _texts(rows: pd.DataFrame) -> list[str]:
    return [f"{counts} seeds" if (counts := _counts(row)) else "" for row in records(rows)]


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
    axes.set_xlabel("seeds with a failed run, %", fontsize=8)
    write_numbers(axes, _texts(rows))


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the seeds with a failed run of each scheme that has any, by normalisation."""
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
    return f"Seeds with a failed run. {' '.join(parts)}"


def caption(_frame: pd.DataFrame, tables: Tables, study: StudyFacts) -> str:
    """Return what counts as failed, and how many did."""
    runs = compared_runs(tables, study)
    return (
        "Share of seeds in which any run diverged or never learned, with exact (Clopper-Pearson) "
        f"95 % intervals; {failed_count(runs)} of {len(runs)} runs failed. Runs of one seed share "
        "weights and batches, so they are no independent trials."
    )


def rule(study: StudyFacts) -> Rule:
    """Return how verdicts on failures are made."""
    below = study.metric.below
    return Rule(
        anchor="rule-failure",
        title="Failures, collapses, missed thresholds",
        text="More or less often where the exact paired (McNemar) test by seed, adjusted by Holm, "
        f"rejects at {numbers.plain(study.analysis.alpha)}; depends where conditions differ. A run "
        "has failed when it diverged or never learned; it has collapsed when it trained and ended "
        f"far {below} the median of the reference's runs (`collapse_points`); it is stray when it "
        f"ended more than ten margins {below} that of its own arm. Shares have exact "
        "(Clopper-Pearson) intervals.",
        made_by=("analyse_failure", "judge_schemes"),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "seeds", "seeds_failed", "rate", "lower", "upper"),
    frame=frame,
    drawable=has_values("rate"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="failure_rates",
            title="Runs that failed or collapsed",
            note="Failed: diverged (not a finite loss) or never learned. The share is of seeds "
            "with a failed run, with an exact (Clopper-Pearson) interval.",
            columns=(
                WHERE,
                CELL,
                SCHEME,
                count("runs", "runs"),
                count("failed", "failed"),
                count("diverged", "diverged"),
                count("never learned", "never_learned"),
                count("collapsed", "collapsed"),
                count("stray", "stray"),
                count("seeds", "seeds"),
                count("seeds with a failed run", "seeds_failed"),
                percent("share", "rate"),
                percent_interval("95 % interval, %", "lower", "upper"),
            ),
            rows=rows_of("failure_rates"),
            file="analysis/failure_rates.parquet",
            folded="Failures and collapses, by condition",
        ),
    ),
    sentences=(),
    rules=(rule,),
    shown=Shown.ALWAYS,
)
