"""How far the twins of a siamese network are from each other."""

import pandas as pd
from matplotlib.figure import Figure as Picture

from biasinit.reporting.facts import StudyFacts
from biasinit.reporting.figures.alternatives import ranges
from biasinit.reporting.figures.quantity_panels import quantity_panels, quantity_values
from biasinit.reporting.items.kinds import FigureItem, Rule, Shown, TableBelow, Tables
from biasinit.reporting.page.columns import SCHEME, WHERE, count, decimals, interval, words
from biasinit.reporting.selection import rows_of

QUANTITIES = {
    "asymmetry": "asymmetry\n(of the score)",
    "bias_distance": "distance between\nthe twins' biases",
}


def draw(frame: pd.DataFrame, study: StudyFacts) -> Picture:
    """Return how far twins are from each other by architecture, at the start and at the end.

    Args:
        frame: ``architecture, normalization, scheme, when, quantity, estimate, lower, upper``.
        study: the study.

    """
    return quantity_panels(frame, study, quantities=QUANTITIES, along="architecture", joined=False)


def alternative(frame: pd.DataFrame, _study: StudyFacts) -> str:
    """Return the range of each quantity at the start and at the end."""
    return ranges(frame, tuple(QUANTITIES), what="Means by architecture and scheme")


def caption(_frame: pd.DataFrame, _tables: Tables, _study: StudyFacts) -> str:
    """Return what asymmetry and distance are."""
    return (
        "Asymmetry is the mean of |s(a, b) − s(b, a)| over validation pairs, with s the score "
        "that says whether both show the same (a logit, or a distance under a contrastive "
        "head); it is 0 where twins share everything. Below, the distance between all hidden "
        "biases of one twin and those of the other, where each has its own. Means over seeds "
        "of runs that trained, with 95 % intervals."
    )


def rule(_study: StudyFacts) -> Rule:
    """Return how asymmetry and distance are measured."""
    return Rule(
        anchor="rule-twins",
        title="Twins",
        text="Asymmetry is the mean of |s(a, b) − s(b, a)| over validation pairs, the "
        "distance that between all hidden biases of one twin and those of the other; means "
        "over seeds of runs that trained, with plain 95 % intervals. They explain, and are "
        "adjusted for nothing.",
        made_by=("compare_twins",),
    )


ITEM = FigureItem(
    needed=("normalization", "scheme", "architecture", "when", "quantity", "estimate"),
    frame=rows_of("twin_means"),
    drawable=quantity_values(QUANTITIES),
    draw=draw,
    alternative=alternative,
    caption=caption,
    tables=(
        TableBelow(
            name="twin_means",
            title="How far twins are from each other",
            note="Of networks that compare pairs; means over seeds of runs that trained.",
            columns=(
                words("architecture", "architecture"),
                WHERE,
                SCHEME,
                words("when", "when"),
                words("quantity", "quantity"),
                decimals("mean", "estimate", 3),
                interval("95 % interval", "lower", "upper", 3),
                count("runs", "runs"),
            ),
            rows=rows_of("twin_means"),
            file="analysis/twin_means.parquet",
            folded="Asymmetry and distance of twins",
        ),
    ),
    sentences=(),
    rules=(rule,),
    shown=Shown.WITH_ROWS,
)
