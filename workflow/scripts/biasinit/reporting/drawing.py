"""All figures of a study, drawn from its tables: data, drawing, words."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from biasinit.config import Study
from biasinit.reporting import alternatives
from biasinit.reporting.captions import (
    figure_captions,
    page_caption,
    restructured,
    verdicts_caption,
)
from biasinit.reporting.catalogue import FIGURE_NAMES
from biasinit.reporting.controls import controls
from biasinit.reporting.curves import learning_curves, share_reached
from biasinit.reporting.drawn import DrawnFigure
from biasinit.reporting.effects import certainty, effects, effects_by_cell, interaction, time_ratios
from biasinit.reporting.mechanism import QUANTITIES, mechanism
from biasinit.reporting.outcomes import failure_rates, outcomes
from biasinit.reporting.selection import (
    FACTORS,
    arranged,
    contrasts,
    over_cells,
    run_cells,
    scheme_order,
    table,
    treatments,
    without_replicate,
)
from biasinit.reporting.sentences import read_verdicts, threshold_words
from biasinit.reporting.svg import to_svg

Tables = Mapping[str, pd.DataFrame]


def draw_all(tables: Tables, study: Study) -> dict[str, DrawnFigure]:
    """Return every figure of ``FIGURE_NAMES``; one without data says so.

    Args:
        tables: the tables of docs/tables.md by name, such as ``verdicts`` and ``runs``; absent
            ones may be left out.
        study: the study that made them.

    """
    frames = figure_frames(tables, study)
    drawings = _drawings(frames, study)
    captions = figure_captions(frames, study)
    alts = _alternatives(frames, study)
    return {
        name: _drawn(name, drawings[name], frames[name], alt=alts[name], caption=captions[name])
        for name in FIGURE_NAMES
    }


def _drawn(
    name: str, drawing: Figure, frame: pd.DataFrame, *, alt: str, caption: str
) -> DrawnFigure:
    absent = not drawing.axes
    if absent:
        alt = caption = drawing.texts[0].get_text()
    return DrawnFigure(
        name=name,
        svg=to_svg(drawing, name=name, alt=alt),
        data=frame,
        alt=alt,
        caption=caption,
        absent=absent,
    )


def caption_texts(
    tables: Tables, study: Study, figures: Mapping[str, DrawnFigure]
) -> dict[str, str]:
    """Return the reStructuredText of every item of ``CAPTION_NAMES``."""
    verdicts = read_verdicts(tables, study)
    texts = {
        name: figure.caption if figure.absent else f"{figure.caption}\n\n{figure.alt}"
        for name, figure in figures.items()
    }
    texts |= {"page": page_caption(study, verdicts), "verdicts": verdicts_caption(study, verdicts)}
    return {name: restructured(text) for name, text in texts.items()}


def figure_frames(tables: Tables, study: Study) -> dict[str, pd.DataFrame]:
    """Return what each figure shows, which is also the CSV beside it."""
    schemes = scheme_order(study)
    runs = without_replicate(treatments(run_cells(table(tables, "runs"))), study)
    curve_means = without_replicate(arranged(table(tables, "curve_means"), schemes=schemes), study)
    means = arranged(table(tables, "accuracy_means"), schemes=schemes)
    interactions = contrasts(
        tables, "accuracy_contrasts", family="interaction", outcome="interaction", schemes=schemes
    )
    accuracy = {
        "effects": contrasts(
            tables, "accuracy_contrasts", family="accuracy", outcome="accuracy", schemes=schemes
        ),
        "effects_by_cell": contrasts(
            tables,
            "accuracy_contrasts",
            family="accuracy",
            outcome="accuracy",
            schemes=schemes,
            cells=True,
        ),
        "interaction": _stacked({"marginal mean": means, "contrast of contrasts": interactions}),
        "outcomes": _columns(
            arranged(runs, schemes=schemes),
            [
                "normalization",
                "cell",
                *FACTORS,
                "scheme",
                "seed",
                "final_accuracy",
                "failed",
                "failure_kind",
            ],
        ),
    }
    speed = {
        "learning_curves": _columns(
            curve_means,
            [
                "normalization",
                "cell",
                "scheme",
                "epoch",
                "validation_accuracy",
                "lower",
                "upper",
                "runs",
            ],
        ),
        "share_reached": _columns(
            curve_means, ["normalization", "cell", "scheme", "epoch", "share_reached", "runs"]
        ),
        "time_ratios": contrasts(
            tables, "speed_contrasts", family="speed", outcome="speed", schemes=schemes
        ),
        "failure_rates": without_replicate(
            arranged(over_cells(table(tables, "failure_rates")), schemes=schemes), study
        ),
    }
    verdicts = table(tables, "verdicts")
    rest = {
        "mechanism": without_replicate(
            arranged(table(tables, "layer_means"), schemes=schemes), study
        ),
        "controls": _stacked(
            {
                "identity check": arranged(table(tables, "identity"), schemes=schemes),
                "A/A arm": arranged(table(tables, "replicate"), schemes=schemes),
            }
        ),
        "certainty": arranged(
            verdicts[verdicts["outcome"] == "accuracy"] if "outcome" in verdicts else verdicts,
            schemes=schemes,
        ),
    }
    frames = accuracy | speed | rest
    return {name: _usable(frames[name], name) for name in FIGURE_NAMES}


NEEDED: Mapping[str, frozenset[str]] = {
    "effects": frozenset({"normalization", "scheme", "estimate", "lower", "upper"}),
    "interaction": frozenset({"normalization", "scheme", "estimate", "lower", "upper", "part"}),
    "effects_by_cell": frozenset({"normalization", "scheme", "cell", "estimate", "lower", "upper"}),
    "outcomes": frozenset({"normalization", "scheme", "final_accuracy"}),
    "learning_curves": frozenset({"normalization", "scheme", "epoch", "validation_accuracy"}),
    "share_reached": frozenset({"normalization", "scheme", "epoch", "share_reached"}),
    "time_ratios": frozenset({"normalization", "scheme", "ratio", "ratio_lower", "ratio_upper"}),
    "failure_rates": frozenset(
        {"normalization", "scheme", "runs", "failed", "rate", "lower", "upper"}
    ),
    "mechanism": frozenset({"normalization", "scheme", "when", "layer", "quantity", "estimate"}),
    "controls": frozenset({"part", "scheme"}),
    "certainty": frozenset({"normalization", "scheme", "smallest_margin"}),
}


def _usable(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the frame, or an empty one when it lacks a column that the figure needs."""
    return frame if set(frame.columns) >= NEEDED[name] else pd.DataFrame()


def _drawings(frames: Mapping[str, pd.DataFrame], study: Study) -> dict[str, Figure]:
    schemes, reference = scheme_order(study), study.reference
    values = set(study.analysis.thresholds.values())
    threshold = values.pop() if len(values) == 1 else None
    parts = frames["interaction"], frames["controls"]
    return {
        "effects": effects(frames["effects"], schemes=schemes, reference=reference),
        "interaction": interaction(
            part(parts[0], "marginal mean"),
            contrasts=part(parts[0], "contrast of contrasts"),
            schemes=schemes,
        ),
        "effects_by_cell": effects_by_cell(
            frames["effects_by_cell"], schemes=schemes, reference=reference
        ),
        "outcomes": outcomes(frames["outcomes"], schemes=schemes),
        "learning_curves": learning_curves(
            frames["learning_curves"], schemes=schemes, threshold=threshold
        ),
        "share_reached": share_reached(frames["share_reached"], schemes=schemes),
        "time_ratios": time_ratios(
            frames["time_ratios"],
            schemes=schemes,
            reference=reference,
            threshold=threshold_words(study),
        ),
        "failure_rates": failure_rates(frames["failure_rates"], schemes=schemes),
        "mechanism": mechanism(frames["mechanism"], schemes=schemes),
        "controls": controls(
            part(parts[1], "identity check"), replicate=part(parts[1], "A/A arm"), schemes=schemes
        ),
        "certainty": certainty(frames["certainty"], schemes=schemes),
    }


def _alternatives(frames: Mapping[str, pd.DataFrame], study: Study) -> dict[str, str]:
    reference = study.reference
    texts = {
        "effects": lambda f: alternatives.effects_alt(f, reference=reference, unit="points"),
        "effects_by_cell": lambda f: alternatives.effects_alt(
            f, reference=reference, unit="points"
        ),
        "interaction": lambda f: alternatives.means_alt(part(f, "marginal mean")),
        "outcomes": alternatives.outcomes_alt,
        "learning_curves": lambda f: alternatives.curves_alt(
            f, column="validation_accuracy", what="Mean validation accuracy", unit="%"
        ),
        "share_reached": lambda f: alternatives.curves_alt(
            f, column="share_reached", what="Share of runs past the threshold", unit="%"
        ),
        "time_ratios": lambda f: alternatives.effects_alt(
            f, reference=reference, unit="ratio of times", column="ratio"
        ),
        "failure_rates": alternatives.failures_alt,
        "mechanism": lambda f: alternatives.mechanism_alt(f, quantities=tuple(QUANTITIES)),
        "controls": lambda f: alternatives.controls_alt(
            part(f, "identity check"), part(f, "A/A arm")
        ),
        "certainty": alternatives.certainty_alt,
    }
    return {
        name: "" if frames[name].empty else write(frames[name]) for name, write in texts.items()
    }


def part(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one part of a frame that stacks several tables."""
    if "part" not in frame:
        return pd.DataFrame()
    return frame[frame["part"] == name].drop(columns="part").reset_index(drop=True)


def _stacked(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    present = [frame.assign(part=name) for name, frame in parts.items() if not frame.empty]
    if not present:
        return pd.DataFrame()
    return pd.concat([frame.astype(object) for frame in present], ignore_index=True).infer_objects()


def _columns(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return frame[[column for column in columns if column in frame]]
