"""How the chance of a verdict grows with the number of seeds."""

import pandas as pd
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import NullLocator

from biasinit import numbers
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import LISTED, by_level
from biasinit.reporting.figures.lines import draw_lines, panel_grid
from biasinit.reporting.figures.style import INK, MUTED, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.page.columns import SCHEME, WHERE, count, percent, words
from biasinit.reporting.selection import has_values, rows_of, scheme_order

CERTAIN = 0.99  # from here on a curve has no news
TICKS = (6, 12, 25, 50, 100, 200, 400, 800)  # seeds named below the axis, those in range


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return, for each contrast, the chance of a verdict over the number of seeds.

    Args:
        frame: ``normalization, scheme, seeds, power, wanted, present``; chances in [0, 1].
        study: the study.

    """
    percent = frame.assign(power=100 * frame["power"].astype(float))
    low, high = seeds_in_view(frame)
    if low == high:  # one number of seeds: room on either side of it
        low, high = low / 2, 2 * high
    canvas, grid = panel_grid(
        percent,
        study,
        x_label="seeds (dotted: those of this study)",
        y_label="chance of a verdict, %",
    )
    looks = scheme_looks(scheme_order(study))
    for axes, panel in grid:
        draw_lines(axes, panel, looks, column="power", over="seeds")
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        ticks = [tick for tick in TICKS if low <= tick <= high]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(-3, 103)
        wanted = 100 * float(frame["wanted"].iloc[0])
        axes.axhline(wanted, color=INK.light, linewidth=0.9, gid="wanted")
        for seeds in panel.loc[panel["present"].astype(bool), "seeds"].unique():
            axes.axvline(
                float(seeds), color=MUTED.light, linewidth=0.9, linestyle=":", gid="present"
            )
    return canvas.picture


def seeds_in_view(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the fewest seeds, and the number from which on every contrast is all but decided.

    At least twice the seeds of the study are in view.
    """
    worst = frame.groupby("seeds")["power"].min()
    decided = worst.index[worst >= CERTAIN]
    present = frame.loc[frame["present"].astype(bool), "seeds"]
    highest = float(worst.index.max())
    wanted = max(
        float(decided.min()) if len(decided) else highest,
        2 * float(present.max()) if len(present) else 0.0,
    )
    return float(worst.index.min()), min(wanted, highest)


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return, by normalisation, from how many seeds on a verdict is as sure as is wanted."""
    wanted = float(frame["wanted"].iloc[0])
    parts = []
    for level, rows in by_level(frame):
        named = [
            f"{scheme} {_from_seeds(curve.loc[curve['power'] >= wanted, 'seeds'])}"
            for scheme, curve in rows.groupby("scheme", sort=False)
        ]
        parts.append(f"{level}: {'; '.join(named[:LISTED])}.")
    return f"Where the chance of a verdict is {numbers.percent(wanted)} or more. {' '.join(parts)}"


def _from_seeds(enough: pd.Series) -> str:
    if enough.empty:
        return "with none of the numbers shown"
    return f"from {numbers.count(float(enough.min()))} seeds"


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return which chance is shown, and where it comes from."""
    return (
        f"Chance that the analysis would decide each contrast of {study.metric.short} (difference "
        "or equivalence), if what was estimated is the truth, by number of seeds; from simulated "
        "studies. The line is the chance that the seeds needed are planned for."
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "seeds", "power", "wanted", "present"),
    frame=rows_of("accuracy_power"),
    drawable=has_values("power"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="accuracy_power",
            title="Chance of a verdict, by number of seeds",
            note="If the estimated difference is the truth; simulated.",
            columns=(
                WHERE,
                SCHEME,
                words("against", "reference"),
                count("seeds", "seeds"),
                percent("chance of a verdict", "power", 0),
            ),
            rows=rows_of("accuracy_power"),
            file="analysis/accuracy_power.parquet",
            folded="Chance of a verdict, by number of seeds",
        ),
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
