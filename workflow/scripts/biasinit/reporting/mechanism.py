"""Figures of what happens inside the network: by layer, and between the twins of a siamese one."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from biasinit.reporting.figures.quantity_panels import quantity_panels

QUANTITIES = {
    "active_fraction": "active units\n(share of inputs)",
    "dead_fraction": "dead units\n(share of units)",
    "gradient_norm_weight": "gradient norm\n(weights)",
    "bias_shift": "distance moved\nby biases",
}
TWIN_QUANTITIES = {
    "asymmetry": "asymmetry\n(of the score)",
    "bias_distance": "distance between\nthe twins' biases",
}


def mechanism(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return four quantities by layer, at the start and at the end of training.

    Args:
        frame: ``normalization, scheme, when, layer, quantity, estimate, lower, upper`` and,
            where theory says something, ``predicted``.
        schemes: order of the study.

    """
    return quantity_panels(
        frame,
        figure="mechanism",
        schemes=schemes,
        quantities=QUANTITIES,
        along="layer",
        joined=True,
    )


def twins(frame: pd.DataFrame, *, schemes: Sequence[str]) -> Figure:
    """Return how far twins are from each other by architecture, at the start and at the end.

    Args:
        frame: ``architecture, normalization, scheme, when, quantity, estimate, lower, upper``.
        schemes: order of the study.

    """
    return quantity_panels(
        frame,
        figure="twins",
        schemes=schemes,
        quantities=TWIN_QUANTITIES,
        along="architecture",
        joined=False,
    )
