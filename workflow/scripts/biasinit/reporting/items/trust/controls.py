"""The two controls, which must show nothing: identity check and A/A arm."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import MaxNLocator

from biasinit import numbers
from biasinit.numbers import as_float
from biasinit.reporting.checks import identity_failures
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import LISTED
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
from biasinit.reporting.figures.forest import draw_forest, symmetric_limits
from biasinit.reporting.figures.style import INK, MUTED, scheme_looks
from biasinit.reporting.items.kinds import FigureItem, Shown, TableBelow, Tables
from biasinit.reporting.labels import normalization_label
from biasinit.reporting.page.columns import (
    CELL,
    DECISIONS,
    OF_METRIC,
    SCHEME,
    WHERE,
    count,
    decimals,
    interval,
    percent,
    probability,
    signed,
    words,
)
from biasinit.reporting.selection import (
    any_finite,
    arranged,
    cell_labels,
    part,
    records,
    rows_of,
    scheme_order,
    stacked,
    table,
    usable,
)

IDENTITY = "identity check"
REPLICATE = "A/A arm"
TITLE = 0.3  # inches above a panel
PREDICTIONS_UNKNOWN = "single predictions are not in this table"
AXIS = 0.5  # inches below a panel
LONGEST = 46  # characters of a label: a scheme and its cell
MAXIMUM_ROWS = 30  # rows of the identity check that are shown: those with the largest difference

_CHECKED = ("cell", "scheme", "largest_accuracy_difference", "share_identical_predictions")
_EFFECT = ("normalization", "scheme", "estimate", "lower", "upper")


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the identity check, and below it the contrasts of the A/A arm."""
    schemes = scheme_order(study)
    return stacked(
        {
            IDENTITY: usable(arranged(table(tables, "identity"), schemes=schemes), needed=_CHECKED),
            REPLICATE: usable(
                arranged(table(tables, "replicate"), schemes=schemes), needed=_EFFECT
            ),
        }
    )


def drawable(frame: pd.DataFrame) -> bool:
    """Return whether either control has anything to show."""
    return not (_identity_part(frame).empty and _replicate_part(frame).empty)


def _identity_part(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the identity check, empty where nothing of it could be measured."""
    found = part(frame, IDENTITY)
    return found if any_finite(found, "share_identical_predictions") else found.head(0)


def _replicate_part(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the contrasts of the A/A arm, empty where none could be estimated."""
    found = part(frame, REPLICATE)
    return found if any_finite(found, "estimate") else found.head(0)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return the identity check (above) and the effect of the A/A arm (below).

    Args:
        frame: two parts, either of which may be absent: the identity check, ``cell, scheme,
            largest_accuracy_difference, share_identical_predictions``, and contrasts of the A/A
            arm, ``normalization, scheme, estimate, lower, upper, margin``.
        study: the study.

    """
    identity, replicate = _rows_shown(_identity_part(frame)), _replicate_part(frame)
    rows = pd.DataFrame() if replicate.empty else _replicate_rows(replicate, study)
    labels = [] if identity.empty else _identity_labels(identity)
    upper, lower = ROW * max(len(labels), 1), ROW * max(len(rows), 1)
    canvas = new_canvas(upper + lower + 2 * (TITLE + AXIS))
    texts = [_identity_text(row, study) for row in records(identity)]
    left = label_inches([*labels, *rows.get("label", [])], longest=LONGEST)
    width = WIDTH - left - text_inches([*texts, *rows.get("text", [])]) - 0.1
    axes = canvas.axes(left=left, bottom=2 * AXIS + TITLE + lower, width=width, height=upper)
    _identity(axes, identity, labels, texts, study)
    axes = canvas.axes(left=left, bottom=AXIS, width=width, height=lower)
    _replicate(axes, rows, study)
    return canvas.picture


def _rows_shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the identity check that are shown, the largest differences."""
    if len(frame) <= MAXIMUM_ROWS:
        return frame
    return frame.nlargest(MAXIMUM_ROWS, "largest_accuracy_difference", keep="first")


def _identity_labels(frame: pd.DataFrame) -> list[str]:
    cells = cell_labels([str(cell) for cell in frame["cell"].unique()])
    if frame["cell"].nunique() == 1:
        return [short(str(name)) for name in frame["scheme"]]
    pairs = zip(frame["scheme"], frame["cell"], strict=True)
    return [f"{short(str(name), longest=14)}, {short(cells[str(cell)])}" for name, cell in pairs]


def _identity_text(row: Mapping[str, Any], study: StudyFacts) -> str:
    value = as_float(row.get("largest_accuracy_difference"))
    return f"largest {numbers.number(value, decimals=study.places)} {study.metric.unit}"


def _identity(
    axes: Axes,
    frame: pd.DataFrame,
    labels: Sequence[str],
    texts: Sequence[str],
    study: StudyFacts,
) -> None:
    axes.set_title("Identity check: bias before batch normalisation")
    if frame.empty:
        _say_absent(axes)
        return
    looks = scheme_looks(scheme_order(study))
    shares = 100 * frame["share_identical_predictions"].to_numpy(dtype=float)
    for place, (share, name) in enumerate(zip(shares, frame["scheme"], strict=True)):
        look = looks.get(str(name))
        axes.plot(
            [share],
            [place],
            marker=look.marker if look else "o",
            markersize=6.5,
            color=look.colour if look else INK.light,
            linestyle="none",
            clip_on=False,
            gid="identity",
        )
    lowest = float(np.nanmin(shares))
    axes.set_xlim(min(lowest - 0.05 * (100 - lowest) - 0.2, 99.0), 100.0)
    axes.axvline(100, color=INK.light, linewidth=0.9)
    label_rows(axes, labels)
    axes.tick_params(axis="y", labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlabel("identical predictions, %", fontsize=8)
    write_numbers(axes, texts)


def _replicate_rows(frame: pd.DataFrame, study: StudyFacts) -> pd.DataFrame:
    cells = frame["cell"].astype(str) if "cell" in frame else pd.Series("all", index=frame.index)
    labels = cell_labels(sorted(cells.unique()))
    words = [
        normalization_label(str(level)) + ("" if cell == "all" else f", {short(labels[cell])}")
        for level, cell in zip(frame["normalization"], cells, strict=True)
    ]
    rows = pd.DataFrame(
        {
            "scheme": frame["scheme"].astype(str),
            "label": words,
            "estimate": frame["estimate"].astype(float),
            "lower": frame["lower"].astype(float),
            "upper": frame["upper"].astype(float),
        }
    )
    if "margin" in frame:
        margin = frame["margin"].astype(float)
        rows = rows.assign(margin_lower=-margin, margin_upper=margin)
    texts = [_effect(row, study) for row in records(rows)]
    return rows.assign(text=texts).head(MAXIMUM_ROWS)


def _effect(row: Mapping[str, Any], study: StudyFacts) -> str:
    """Return an effect of the A/A arm with its interval."""
    return numbers.with_interval(
        numbers.signed(as_float(row["estimate"]), decimals=study.places),
        as_float(row["lower"]),
        as_float(row["upper"]),
        decimals=study.places,
    )


def _replicate(axes: Axes, rows: pd.DataFrame, study: StudyFacts) -> None:
    axes.set_title("A/A arm: same scheme, another batch order")
    if rows.empty:
        _say_absent(axes)
        return
    looks = scheme_looks(scheme_order(study))
    draw_forest(axes, rows, looks=looks, limits=symmetric_limits(rows))
    axes.tick_params(axis="y", labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlabel(study.metric.of_differences, fontsize=8)
    write_numbers(axes, list(rows["text"]))


def _say_absent(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0, 0.5, numbers.ABSENT, transform=axes.transAxes, color=MUTED.light, style="italic")


def alternative(frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return the largest difference of the identity check, and the effects of the A/A arm."""
    identity, replicate = part(frame, IDENTITY), part(frame, REPLICATE)
    if identity.empty:
        text = f"Identity check: {numbers.ABSENT}. "
    else:
        largest = float(identity["largest_accuracy_difference"].max())
        share = float(identity["share_identical_predictions"].min())
        known = f"at least {numbers.percent(share, decimals=2)} of predictions identical"
        text = (
            f"Identity check: largest difference in {study.metric.short} "
            f"{numbers.number(largest, decimals=study.places)} {study.metric.unit}, "
            f"{known if math.isfinite(share) else PREDICTIONS_UNKNOWN}. "
        )
    if replicate.empty:
        return text + f"A/A arm: {numbers.ABSENT}."
    parts = [
        f"{normalization_label(str(row['normalization']))} {_effect(row, study)}"
        for row in records(replicate.head(LISTED))
    ]
    return text + f"A/A arm, {study.metric.unit}: {'; '.join(parts)}."


def caption(_frame: pd.DataFrame, _tables: Tables, study: StudyFacts) -> str:
    """Return why both controls must show nothing."""
    return (
        "Two controls that must show nothing. Top: a bias before batch normalisation is "
        "cancelled by the mean subtraction, so predictions should be identical. Below: "
        f"{study.replicate or 'the reference'} trained again with another batch order; its "
        "effect is zero by construction."
    )


def identity_sentence(tables: Tables, study: StudyFacts) -> str:
    """Return what the identity check shows."""
    frame = table(tables, "identity")
    if frame.empty:
        return "Identity check: not in this table."
    largest = float(frame["largest_accuracy_difference"].max())
    share = float(frame["share_identical_predictions"].min())
    known = (
        f"at least {numbers.percent(share, decimals=3)} of predictions are identical to the "
        "reference's"
    )
    return (
        f"Identity check: with the bias before batch normalisation, {study.metric.values} differ "
        f"by at most {numbers.number(largest, decimals=study.places)} {study.metric.unit}, and "
        f"{known if math.isfinite(share) else PREDICTIONS_UNKNOWN}.{failed_identity(tables, study)}"
    )


def failed_identity(tables: Tables, study: StudyFacts) -> str:
    """Return the failures of the identity check as sentences, each after a blank, or nothing."""
    return "".join(f" {said}" for said in identity_failures(tables, study))


def replicate_sentence(tables: Tables, study: StudyFacts) -> str:
    """Return what the A/A arm shows."""
    frame = table(tables, "replicate")
    if frame.empty:
        return "A/A arm: not in this table."
    rows = frame[frame["cell"] == "all"] if "cell" in frame else frame
    parts = [_difference(row, study) for row in records(rows)]
    return (
        f"A/A arm: {study.replicate} against itself with another batch order differs by "
        f"{numbers.joined(parts)}; zero by construction."
    )


def _difference(row: Mapping[str, Any], study: StudyFacts) -> str:
    """Return one difference of the A/A arm; without an interval where too few seeds are left."""
    places = study.places
    bounds = numbers.interval(float(row["lower"]), float(row["upper"]), decimals=places)
    if math.isnan(float(row["lower"])):
        seeds = int(row["seeds"])
        noun = "seed" if seeds == 1 else "seeds"
        bounds = f"no interval: both trained under {seeds} {noun} only"
    return (
        f"{numbers.signed(float(row['estimate']), decimals=places)} {study.metric.unit} ({bounds}) "
        f"{normalization_label(str(row['normalization']))}"
    )


ITEM = FigureItem(
    needed=("scheme", "part"),
    frame=frame,
    drawable=drawable,
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="identity",
            title="Identity check",
            note="A bias before batch normalisation is cancelled; predictions should be identical.",
            columns=(
                CELL,
                SCHEME,
                count("seeds", "seeds"),
                signed("mean difference, {unit}", "mean_accuracy_difference", OF_METRIC),
                decimals("largest difference, {unit}", "largest_accuracy_difference", OF_METRIC),
                percent("identical predictions", "share_identical_predictions", 3),
                decimals("margin, {unit}", "margin", OF_METRIC),
                words("fails", "fails"),
            ),
            rows=rows_of("identity"),
            file="analysis/identity.parquet",
            folded="Identity check",
        ),
        TableBelow(
            name="replicate",
            title="A/A arm",
            note="The same scheme with another batch order: no effect by construction.",
            columns=(
                WHERE,
                CELL,
                SCHEME,
                count("seeds", "seeds"),
                signed("difference, {unit}", "estimate", OF_METRIC),
                interval("95 % interval", "lower", "upper", OF_METRIC),
                probability("p", "p"),
                *DECISIONS,
            ),
            rows=rows_of("replicate"),
            file="analysis/replicate.parquet",
            folded="A/A arm",
        ),
    ),
    sentences=(identity_sentence, replicate_sentence),
    rules=(),
    shown=Shown.ALWAYS,
)
