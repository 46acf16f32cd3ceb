"""What the study cost: where the time went, and what more seeds would take."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import begun
from biasinit.reporting.figures.canvas import (
    ROW,
    WIDTH,
    label_inches,
    new_canvas,
    short,
    text_inches,
    write_numbers,
)
from biasinit.reporting.figures.style import INK, LINE, MUTED
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.page.columns import SCHEME, count, decimals, words
from biasinit.reporting.selection import (
    arranged,
    has_values,
    records,
    rows_of,
    scheme_order,
    table,
    usable,
)

ALL = "all"
TRAINING = "train"
# rules whose work does not grow with the number of seeds
FIXED = ("prepare_data", "predict_layers")
BY_RULE = "minutes of jobs"
BY_SCHEME = "seconds of a run"
PARTS = {"training": INK, "evaluation": MUTED, "other": LINE}  # told apart by grey alone
AROUND = 0.95  # inches above and below the bars

_SPENT = (
    *("rule", "scheme", "jobs", "runs"),
    *("wall_seconds", "training_seconds", "evaluation_seconds"),
)


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the bars: rules, the longest first, and schemes in their order.

    Returns:
        ``unit, rule, scheme, jobs, runs, total, training, evaluation, other``; the last four in
        minutes for a rule, in seconds of one run for a scheme.

    """
    costs = usable(table(tables, "costs"), needed=_SPENT)
    if costs.empty:
        return costs
    one_scheme = costs["scheme"].astype(str) != ALL
    rules = costs[~one_scheme & (costs["rule"] != ALL)]
    rules = rules.sort_values("wall_seconds", ascending=False, kind="stable")
    shards = costs[one_scheme & (costs["rule"] == TRAINING) & (costs["runs"] > 0)]
    shards = arranged(shards, schemes=scheme_order(study))
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


def draw(frame: pd.DataFrame, _study: StudyFacts) -> Picture:
    """Return bars of time: by rule, and by scheme for one run.

    Args:
        frame: what ``frame`` returned.
        _study: the study.

    """
    panels = [
        (unit, column, frame[frame["unit"] == unit])
        for unit, column in ((BY_RULE, "rule"), (BY_SCHEME, "scheme"))
        if (frame["unit"] == unit).any()
    ]
    rows = max(len(panel) for _, _, panel in panels)
    half = WIDTH / len(panels)
    canvas = new_canvas(AROUND + ROW * rows)
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
        _stack(axes, panel, labels)
        write_numbers(axes, texts)
        axes.set_xlabel(unit, fontsize=8)
        axes.set_title("By rule" if column == "rule" else "By scheme, one run")
    return canvas.picture


def _stack(axes: Axes, panel: pd.DataFrame, labels: Sequence[str]) -> None:
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


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the time of each rule in minutes, and of a run of each scheme in seconds."""
    parts = []
    for unit, rows in frame.groupby("unit", sort=False):
        column = "scheme" if unit == BY_SCHEME else "rule"
        named = [f"{row[column]} {numbers.number(as_float(row['total']))}" for row in records(rows)]
        parts.append(f"{begun(str(unit))}: {'; '.join(named)}.")
    return " ".join(parts)


def caption(_frame: pd.DataFrame, _tables: Tables, _study: StudyFacts) -> str:
    """Return what the parts of a bar are."""
    return (
        "Time of all jobs before this report, by rule, and of one run, by scheme. Dark is "
        "training, grey evaluates learning curves and probes, light is all else: the start of "
        "processes, data, analysis."
    )


def _by_rule(tables: Tables) -> pd.DataFrame:
    costs = table(tables, "costs")
    return costs[costs["scheme"].astype(str) == ALL].set_index("rule")


def spent(tables: Tables, _study: StudyFacts) -> str:
    """Return what the study cost."""
    if table(tables, "costs").empty:
        return f"Cost: {numbers.ABSENT}."
    rules = _by_rule(tables)
    everything = rules.drop(columns="scheme").astype(float).loc["all"].to_dict()
    jobs = everything["jobs"]
    wall, gpu = everything["wall_seconds"], everything["gpu_seconds"]
    evaluated = everything["evaluation_seconds"]
    trained = everything["training_seconds"] + evaluated
    on_gpu = f", {_duration(gpu)} of them on a GPU" if gpu > 0 else ""
    within = f" {numbers.percent(trained / wall)} of it is training" if wall > 0 and trained else ""
    share = numbers.percent(evaluated / trained) if trained else ""
    within += f", {share} of which evaluates learning curves and probes." if within else ""
    return (
        f"Cost: the {numbers.counted(round(jobs), 'job')} before this report took "
        f"{_duration(wall)} in all{on_gpu}, and {_duration(everything['cpu_seconds'])} of "
        f"processors.{within} The largest used {numbers.count(everything['memory_mib'])} "
        "MiB of memory."
    )


def range_of_schemes(tables: Tables, _study: StudyFacts) -> str:
    """Return what a run of the cheapest and of the dearest scheme took."""
    frame = table(tables, "costs")
    if frame.empty:
        return ""
    schemes = frame[(frame["rule"] == TRAINING) & (frame["scheme"].astype(str) != "all")]
    if len(schemes) < 2:
        return ""
    seconds = (schemes["wall_seconds"] / schemes["runs"]).to_numpy()
    first, last = schemes.iloc[int(seconds.argmin())], schemes.iloc[int(seconds.argmax())]
    return (
        f"A run of the cheapest scheme, {first['scheme']}, took {_duration(float(seconds.min()))} "
        f"on average, of the dearest, {last['scheme']}, {_duration(float(seconds.max()))}."
    )


def twice_the_seeds(tables: Tables, study: StudyFacts) -> str:
    """Return what as many seeds again would take, from what was measured.

    Analyses take at least as long as now, at most twice.
    """
    if study.imported or table(tables, "costs").empty:
        return ""
    rules = _by_rule(tables)
    if TRAINING not in rules.index:
        return ""
    wall = rules["wall_seconds"]
    training = float(wall[TRAINING])
    analysis = float(wall.drop(["all", TRAINING, *(name for name in FIXED if name in wall)]).sum())
    bounds = [_duration(training + analysis), _duration(training + 2 * analysis)]
    between = bounds[0] if bounds[0] == bounds[1] else f"{bounds[0]} to {bounds[1]}"
    return (
        f"Twice the seeds ({2 * study.seeds}) would take about {between} of jobs more, shared out "
        f"between cores: {_duration(training)} to train the new seeds, as the present ones "
        "took, and the analysis once more."
    )


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{numbers.number(seconds, decimals=1 if seconds < 10 else 0)} s"
    if seconds < 100 * 60:
        return f"{numbers.number(seconds / 60, decimals=1)} min"
    return f"{numbers.number(seconds / 3600, decimals=1)} h"


ITEM = FigureItem(
    needed=("unit", "rule", "scheme", "total", *PARTS),
    frame=frame,
    drawable=has_values("total"),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="costs",
            title="Cost by scheme and rule",
            note="Sums over jobs, memory of the largest one. Jobs of training start a process too, "
            "which is neither training nor evaluation. "
            "Jobs count as they last ran, this report not at all.",
            columns=(
                words("rule", "rule"),
                SCHEME,
                count("jobs", "jobs"),
                count("runs", "runs"),
                decimals("clock, s", "wall_seconds", 1),
                decimals("processors, s", "cpu_seconds", 1),
                decimals("GPU, s", "gpu_seconds", 1),
                decimals("training, s", "training_seconds", 1),
                decimals("evaluation, s", "evaluation_seconds", 1),
                count("memory, MiB", "memory_mib"),
                count("GPU memory, MiB", "device_memory_mib"),
            ),
            rows=rows_of("costs"),
            file="costs.csv",
            folded="Cost by scheme and rule",
        ),
    ),
    sentences=(spent, range_of_schemes, twice_the_seeds),
    rules=(),
    shown=Shown.ALWAYS,
)
