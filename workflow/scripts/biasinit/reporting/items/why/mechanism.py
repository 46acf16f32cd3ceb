"""What happens inside the network: units, gradients and biases by layer."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import ranges
from biasinit.reporting.figures.captions import ARROWS
from biasinit.reporting.figures.quantity_panels import quantity_panels, quantity_values
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, TableBelow, Tables
from biasinit.reporting.page.columns import (
    SCHEME,
    WHERE,
    count,
    scientific,
    scientific_interval,
    words,
)
from biasinit.reporting.selection import arranged, rows_of, scheme_order, table, without_replicate

QUANTITIES = {
    "active_fraction": "active units\n(share of inputs)",
    "dead_fraction": "dead units\n(share of units)",
    "gradient_norm_weight": "gradient norm\n(weights)",
    "bias_shift": "distance moved\nby biases",
}


def frame(tables: Tables, study: StudyFacts) -> pd.DataFrame:
    """Return the means by layer, and what theory predicts."""
    layers = arranged(table(tables, "layer_means"), schemes=scheme_order(study))
    return without_replicate(layers, study)


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return four quantities by layer, at the start and at the end of training.

    Args:
        frame: ``normalization, scheme, when, layer, quantity, estimate, lower, upper`` and,
            where theory says something, ``predicted``.
        study: the study.

    """
    return quantity_panels(frame, study, quantities=QUANTITIES, along="layer", joined=True)


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the range of each quantity at the start and at the end."""
    return ranges(frame, tuple(QUANTITIES), what="Means by layer and scheme")


def caption(_frame: pd.DataFrame, _tables: Tables, _study: StudyFacts) -> str:
    """Return what is shown, and what theory leaves out."""
    return (
        "Share of active and of dead units, norm of the weights' gradient, and distance that "
        "biases moved from where they started, by layer; means over seeds and cells with 95 % "
        "intervals. Crosses are what theory predicts of the start; it leaves out positions, "
        "padding and width, so of dead units it tells the order, not the level. "
        f"{ARROWS}"
    )


def rule(_study: StudyFacts) -> Rule:
    """Return how means by layer are made."""
    return Rule(
        anchor="rule-layers",
        title="Layers",
        text="Means over seeds and cells with plain 95 % intervals; they explain, and are "
        "adjusted for nothing.",
        made_by=("analyse_layers",),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "when", "layer", "quantity", "estimate"),
    frame=frame,
    drawable=quantity_values(QUANTITIES),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="layer_means",
            title="Layers",
            note="Means over seeds and cells with 95 % intervals.",
            columns=(
                WHERE,
                SCHEME,
                words("when", "when"),
                words("layer", "layer"),
                words("quantity", "quantity"),
                scientific("mean", "estimate"),
                scientific_interval("95 % interval", "lower", "upper"),
                count("runs", "runs"),
                scientific("theory", "predicted"),
            ),
            rows=rows_of("layer_means"),
            file="analysis/layer_means.parquet",
            folded="All quantities by layer",
        ),
    ),
    sentences=(),
    rules=(rule,),
    shown=Shown.ALWAYS,
)
