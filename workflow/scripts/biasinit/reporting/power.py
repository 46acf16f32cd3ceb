"""Figure of planning: how the chance of a verdict grows with the number of seeds."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from biasinit.reporting.curves import draw_lines, panel_grid
from biasinit.reporting.figures.forest import drawable, placeholder
from biasinit.reporting.figures.style import INK, MUTED, style_context

CERTAIN = 0.99  # from here on a curve has no news
TICKS = (6, 12, 25, 50, 100, 200, 400, 800)  # seeds named below the axis, those in range


def power(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return, for each contrast, the chance of a verdict over the number of seeds.

    Args:
        frame: ``normalization, scheme, seeds, power, wanted, present``; chances in [0, 1].
        schemes: order of the study.

    """
    if not drawable(frame, columns=["power", "normalization", "scheme", "seeds"]):
        return placeholder("power", frame)
    percent = frame.assign(power=100 * frame["power"].astype(float))
    low, high = seeds_in_view(frame)
    with style_context():
        canvas, grid = panel_grid(
            percent,
            schemes,
            x_label="seeds (dotted: those of this study)",
            y_label="chance of a verdict, %",
        )
        for axes, panel in grid:
            draw_lines(axes, panel, schemes, column="power", over="seeds")
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
    return canvas.figure


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
