"""All figures of a study, drawn from its tables: data, drawing, words."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

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
from biasinit.reporting.effects import (
    certainty,
    effects,
    effects_by_cell,
    level_contrasts,
    time_ratios,
)
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.svg import to_svg
from biasinit.reporting.frames import CONTRASTS, IDENTITY, MEANS, REPLICATE, figure_frames, part
from biasinit.reporting.interaction import interaction
from biasinit.reporting.mechanism import QUANTITIES, TWIN_QUANTITIES, mechanism, twins
from biasinit.reporting.outcomes import failure_rates, outcomes
from biasinit.reporting.power import power
from biasinit.reporting.residuals import residuals
from biasinit.reporting.robustness import calibration, specifications
from biasinit.reporting.selection import scheme_order
from biasinit.reporting.spending import spending
from biasinit.reporting.verdicts.sentences import threshold_words
from biasinit.reporting.verdicts.verdict_rows import read_verdicts


def draw_all(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> dict[str, DrawnFigure]:
    """Return every figure of ``FIGURE_NAMES``; one without data says so.

    Args:
        tables: the tables of docs/tables.md by name, such as ``verdicts`` and ``runs``; absent
            ones may be left out.
        study: the study that made them.

    """
    frames = figure_frames(tables, study)
    drawn = drawings(frames, study)
    captions = figure_captions(frames, study)
    return {
        name: _drawn(name, drawn[name], frames[name], caption=captions[name], study=study)
        for name in FIGURE_NAMES
    }


def caption_texts(
    tables: Mapping[str, pd.DataFrame], study: StudyFacts, figures: Mapping[str, DrawnFigure]
) -> dict[str, str]:
    """Return the reStructuredText of every item of ``CAPTION_NAMES``."""
    verdicts = read_verdicts(tables, study)
    texts = {
        name: figure.caption if figure.absent else f"{figure.caption}\n\n{figure.alt}"
        for name, figure in figures.items()
    }
    texts |= {"page": page_caption(study, verdicts), "verdicts": verdicts_caption(study, verdicts)}
    return {name: restructured(text) for name, text in texts.items()}


def drawings(frames: Mapping[str, pd.DataFrame], study: StudyFacts) -> dict[str, Figure]:
    """Return the drawing of each frame; one without data has no axes and says so."""
    schemes, reference = scheme_order(study), study.reference
    values = set(study.analysis.thresholds.values())
    threshold = values.pop() if len(values) == 1 else None
    both, checks = frames["interaction"], frames["controls"]
    by_cell = frames["effects_by_cell"]
    return {
        "effects": effects(frames["effects"], schemes=schemes, reference=reference),
        "interaction": interaction(
            part(both, MEANS), contrasts=part(both, CONTRASTS), schemes=schemes
        ),
        "effects_by_cell": effects_by_cell(by_cell, schemes=schemes, reference=reference),
        "level_contrasts": level_contrasts(frames["level_contrasts"], schemes=schemes),
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
        "twins": twins(frames["twins"], schemes=schemes),
        "controls": controls(
            part(checks, IDENTITY), replicate=part(checks, REPLICATE), schemes=schemes
        ),
        "specifications": specifications(
            frames["specifications"], schemes=schemes, margin=min(study.analysis.margins.values())
        ),
        "residuals": residuals(frames["residuals"]),
        "calibration": calibration(frames["calibration"]),
        "certainty": certainty(frames["certainty"], schemes=schemes),
        "power": power(frames["power"], schemes=schemes),
        "cost": spending(frames["cost"]),
    }


def _drawn(
    name: str, drawing: Figure, frame: pd.DataFrame, *, caption: str, study: StudyFacts
) -> DrawnFigure:
    absent = not drawing.axes
    alt = drawing.texts[0].get_text() if absent else alternative(name, frame, study)
    return DrawnFigure(
        name=name,
        svg=to_svg(drawing, name=name, alt=alt),
        data=frame,
        alt=alt,
        caption=alt if absent else caption,
        absent=absent,
    )


def alternative(name: str, frame: pd.DataFrame, study: StudyFacts) -> str:
    """Return what the figure shows, in words."""
    reference = study.reference
    match name:
        case "effects" | "effects_by_cell":
            return alternatives.effects_alt(frame, reference=reference, unit="points")
        case "time_ratios":
            return alternatives.effects_alt(
                frame, reference=reference, unit="ratio of times", column="ratio"
            )
        case "level_contrasts":
            return alternatives.levels_alt(frame)
        case "interaction":
            return alternatives.means_alt(part(frame, MEANS))
        case "outcomes":
            return alternatives.outcomes_alt(frame)
        case "learning_curves":
            return alternatives.curves_alt(
                frame, column="validation_accuracy", what="Mean validation accuracy"
            )
        case "share_reached":
            return alternatives.curves_alt(
                frame, column="share_reached", what="Share of runs past the threshold"
            )
        case "failure_rates":
            return alternatives.failures_alt(frame)
        case "mechanism":
            return alternatives.quantities_alt(
                frame, quantities=tuple(QUANTITIES), what="Means by layer and scheme"
            )
        case "twins":
            return alternatives.quantities_alt(
                frame,
                quantities=tuple(TWIN_QUANTITIES),
                what="Means by architecture and scheme",
            )
        case "controls":
            return alternatives.controls_alt(part(frame, IDENTITY), part(frame, REPLICATE))
        case "specifications":
            return alternatives.specifications_alt(frame)
        case "residuals":
            return alternatives.residuals_alt(frame)
        case "calibration":
            return alternatives.calibration_alt(frame)
        case "power":
            return alternatives.power_alt(frame)
        case "cost":
            return alternatives.cost_alt(frame)
        case _:
            return alternatives.certainty_alt(frame)
