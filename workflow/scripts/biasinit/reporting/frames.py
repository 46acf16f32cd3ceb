"""What each figure shows: one frame per figure, which is also the CSV beside it.

Rows are chosen, ordered and joined from the tables of the study; nothing is estimated. A
figure whose table is absent, or lacks a column that it needs, gets an empty frame.
"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from biasinit.reporting.catalogue import FIGURE_NAMES
from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.selection import (
    arranged,
    contrasts,
    over_cells,
    run_cells,
    scheme_order,
    table,
    treatments,
    without_replicate,
)
from biasinit.reporting.spending import spending_frame
from biasinit.vocabulary import CELL_FACTORS

MEANS = "marginal mean"
CONTRASTS = "contrast of contrasts"
IDENTITY = "identity check"
REPLICATE = "A/A arm"

_KEY = ("normalization", "scheme")
_EFFECT = (*_KEY, "estimate", "lower", "upper")
_OUTCOME = ("seed", "final_accuracy", "failed", "failure_kind")
_CURVE = ("normalization", "cell", "scheme", "epoch")

NEEDED: Mapping[str, tuple[str, ...]] = {
    "effects": _EFFECT,
    "interaction": (*_EFFECT, "part"),
    "effects_by_cell": (*_EFFECT, "cell"),
    "level_contrasts": (*_EFFECT, "factor", "level", "against"),
    "outcomes": (*_KEY, "final_accuracy"),
    "learning_curves": (*_KEY, "epoch", "validation_accuracy"),
    "share_reached": (*_KEY, "epoch", "share_reached"),
    "time_ratios": (*_KEY, "ratio", "ratio_lower", "ratio_upper"),
    "failure_rates": (*_KEY, "runs", "failed", "rate", "lower", "upper"),
    "mechanism": (*_KEY, "when", "layer", "quantity", "estimate"),
    "twins": (*_KEY, "architecture", "when", "quantity", "estimate"),
    "controls": ("scheme", "part"),
    "specifications": (*_KEY, "estimate", "decision", "registered"),
    "residuals": ("normalization", "normal", "observed", "lower", "upper"),
    "calibration": ("experiment", "quantity", "rate"),
    "certainty": (*_KEY, "smallest_margin"),
    "power": (*_KEY, "seeds", "power", "wanted", "present"),
    "cost": ("unit", "rule", "scheme", "total", "training", "evaluation", "other"),
}
_SECONDS = ("wall_seconds", "training_seconds", "evaluation_seconds")
_IDENTITY = ("cell", "scheme", "largest_accuracy_difference", "share_identical_predictions")


def figure_frames(tables: Mapping[str, pd.DataFrame], study: StudyFacts) -> dict[str, pd.DataFrame]:
    """Return the frame of every figure of ``FIGURE_NAMES``."""
    schemes = scheme_order(study)
    frames = {
        **_accuracy_frames(tables, study, schemes),
        **_speed_frames(tables, study, schemes),
        **_other_frames(tables, study, schemes),
    }
    return {name: _usable(frames[name], needed=NEEDED[name]) for name in FIGURE_NAMES}


def part(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one part of a frame that stacks several tables."""
    if "part" not in frame:
        return pd.DataFrame()
    return frame[frame["part"] == name].drop(columns="part").reset_index(drop=True)


def _accuracy_frames(
    tables: Mapping[str, pd.DataFrame], study: StudyFacts, schemes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    def chosen(family: str, *, cells: bool = False) -> pd.DataFrame:
        return contrasts(
            tables,
            "accuracy_contrasts",
            family=family,
            outcome=family,
            schemes=schemes,
            cells=cells,
        )

    means = arranged(table(tables, "accuracy_means"), schemes=schemes)
    runs = without_replicate(treatments(run_cells(table(tables, "runs"))), study)
    return {
        "effects": chosen("accuracy"),
        "effects_by_cell": chosen("accuracy", cells=True),
        "interaction": _stacked(
            {
                MEANS: _usable(means, needed=_EFFECT),
                CONTRASTS: _usable(chosen("interaction"), needed=_EFFECT),
            }
        ),
        "level_contrasts": arranged(table(tables, "level_contrasts"), schemes=schemes),
        "outcomes": _columns(
            arranged(runs, schemes=schemes),
            ("normalization", "cell", *CELL_FACTORS, "scheme", *_OUTCOME),
        ),
    }


def _speed_frames(
    tables: Mapping[str, pd.DataFrame], study: StudyFacts, schemes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    curves = without_replicate(arranged(table(tables, "curve_means"), schemes=schemes), study)
    rates = arranged(over_cells(table(tables, "failure_rates")), schemes=schemes)
    return {
        "learning_curves": _columns(
            curves,
            (*_CURVE, "validation_accuracy", "lower", "upper", "band_lower", "band_upper", "runs"),
        ),
        "share_reached": _columns(curves, (*_CURVE, "share_reached", "runs")),
        "time_ratios": contrasts(
            tables, "speed_contrasts", family="speed", outcome="speed", schemes=schemes
        ),
        "failure_rates": without_replicate(rates, study),
    }


def _other_frames(
    tables: Mapping[str, pd.DataFrame], study: StudyFacts, schemes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    layers = arranged(table(tables, "layer_means"), schemes=schemes)
    identity = arranged(table(tables, "identity"), schemes=schemes)
    replicate = arranged(table(tables, "replicate"), schemes=schemes)
    verdicts = table(tables, "verdicts")
    if "outcome" in verdicts:
        verdicts = verdicts[verdicts["outcome"] == "accuracy"]
    return {
        "mechanism": without_replicate(layers, study),
        "twins": arranged(table(tables, "twin_means"), schemes=schemes),
        "controls": _stacked(
            {
                IDENTITY: _usable(identity, needed=_IDENTITY),
                REPLICATE: _usable(replicate, needed=_EFFECT),
            }
        ),
        "specifications": arranged(_in_points(table(tables, "sensitivity")), schemes=schemes),
        "residuals": table(tables, "accuracy_residuals"),
        "calibration": table(tables, "calibration"),
        "power": arranged(table(tables, "accuracy_power"), schemes=schemes),
        "certainty": arranged(verdicts, schemes=schemes),
        "cost": _cost(table(tables, "costs"), schemes),
    }


def _cost(costs: pd.DataFrame, schemes: Sequence[str]) -> pd.DataFrame:
    needed = ("rule", "scheme", "jobs", "runs", *_SECONDS)
    usable = _usable(costs, needed=needed)
    return usable if usable.empty else spending_frame(usable, schemes=schemes)


def _in_points(sensitivity: pd.DataFrame) -> pd.DataFrame:
    """Return the specifications of accuracy whose estimates are in points."""
    if not {"outcome", "scale"} <= set(sensitivity.columns):
        return pd.DataFrame()
    return sensitivity[(sensitivity["outcome"] == "accuracy") & (sensitivity["scale"] == "points")]


def _usable(frame: pd.DataFrame, *, needed: Collection[str]) -> pd.DataFrame:
    return frame if set(needed) <= set(frame.columns) else pd.DataFrame()


def _stacked(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    present = [frame.assign(part=name) for name, frame in parts.items() if not frame.empty]
    if not present:
        return pd.DataFrame()
    return pd.concat([frame.astype(object) for frame in present], ignore_index=True).infer_objects()


def _columns(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return frame[[column for column in columns if column in frame]]
