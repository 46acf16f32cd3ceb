"""Figure of cost: where the time of a study went, by rule and by scheme."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biasinit.reporting import numbers
from biasinit.reporting.figures.forest import (
    ROW,
    WIDTH,
    drawable,
    label_inches,
    new_frame,
    placeholder,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import INK, LINE, MUTED, style_context
from biasinit.reporting.page.costs import TRAINING
from biasinit.reporting.selection import arranged

ALL = "all"
BY_RULE = "minutes of jobs"
BY_SCHEME = "seconds of a run"
PARTS = {"training": INK, "evaluation": MUTED, "other": LINE}  # told apart by grey alone
AROUND = 0.95  # inches above and below the bars


def spending_frame(costs: pd.DataFrame, *, schemes: Sequence[str]) -> pd.DataFrame:
    """Return the bars of the figure: rules, the longest first, and schemes in their order.

    Args:
        costs: the ledger of cost.
        schemes: order of the study.

    Returns:
        ``unit, rule, scheme, jobs, runs, total, training, evaluation, other``; the last four in
        minutes for a rule, in seconds of one run for a scheme.

    """
    one_scheme = costs["scheme"].astype(str) != ALL
    rules = costs[~one_scheme & (costs["rule"] != ALL)]
    rules = rules.sort_values("wall_seconds", ascending=False, kind="stable")
    shards = costs[one_scheme & (costs["rule"] == TRAINING) & (costs["runs"] > 0)]
    shards = arranged(shards, schemes=schemes)
    return pd.concat(
        [
            _bars(rules, BY_RULE, per=60.0),
            _bars(shards, BY_SCHEME, per=shards["runs"].astype(float)),
        ],
        ignore_index=True,
    )


def _bars(rows: pd.DataFrame, unit: str, *, per: "float | pd.Series[float]") -> pd.DataFrame:
    total, training, evaluation = (
        rows[f"{name}_seconds"].astype(float) / per for name in ("wall", "training", "evaluation")
    )
    return pd.DataFrame(
        {
            "unit": unit,
            "rule": rows["rule"],
            "scheme": rows["scheme"],
            "jobs": rows["jobs"],
            "runs": rows["runs"],
            "total": total,
            "training": training,
            "evaluation": evaluation,
            "other": (total - training - evaluation).clip(lower=0),
        }
    )


def spending(frame: pd.DataFrame) -> Figure:
    """Return bars of time: by rule, and by scheme for one run.

    Args:
        frame: what ``spending_frame`` returned.

    """
    if not drawable(frame, columns=["total", "unit", "rule", "scheme", *PARTS]):
        return placeholder("cost", frame)
    panels = [
        (unit, column, frame[frame["unit"] == unit])
        for unit, column in ((BY_RULE, "rule"), (BY_SCHEME, "scheme"))
        if (frame["unit"] == unit).any()
    ]
    rows = max(len(panel) for _, _, panel in panels)
    half = WIDTH / len(panels)
    with style_context():
        canvas = new_frame(AROUND + ROW * rows)
        for place, (unit, column, panel) in enumerate(panels):
            labels = panel[column].astype(str).tolist()
            texts = [numbers.number(total) for total in panel["total"]]
            before, after = label_inches(labels), text_inches(texts) + 0.1
            height = ROW * len(panel)
            axes = canvas.axes(
                left=place * half + before,
                bottom=canvas.height - 0.4 - height,
                width=half - before - after,
                height=height,
            )
            _draw(axes, panel, labels)
            write_numbers(axes, texts)
            axes.set_xlabel(unit, fontsize=8)
            axes.set_title("By rule" if column == "rule" else "By scheme, one run")
    return canvas.figure


def _draw(axes: Axes, panel: pd.DataFrame, labels: Sequence[str]) -> None:
    places = range(len(panel))
    start = pd.Series(0.0, index=panel.index)
    for part, tone in PARTS.items():
        axes.barh(
            places,
            panel[part],
            left=start,
            height=0.62,
            color=tone.light,
            edgecolor=INK.light,
            linewidth=0.4,
            gid=part,
        )
        start = start + panel[part]
    axes.set_yticks(places, [short(label) for label in labels])
    axes.set_ylim(len(panel) - 0.5, -0.5)
    axes.set_xlim(0, 1.02 * max(float(start.max()), 1e-9))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.grid(axis="x")
