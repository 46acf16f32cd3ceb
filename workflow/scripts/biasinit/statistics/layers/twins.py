"""How far the twins of siamese networks are from each other, by what they share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from biasinit.quantities import ASYMMETRY, TWIN_BIAS_DISTANCE
from biasinit.statistics.inference.seed_means import means_over_seeds
from biasinit.vocabulary import RUN_KEY, TREATMENTS

BIAS_DISTANCE = "bias_distance"
KEYS = ("architecture", "normalization", "scheme", "when", "quantity")


def summarise_twins(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    layers: pd.DataFrame,
    *,
    schemes: Sequence[str],
    architectures: Sequence[str],
) -> pd.DataFrame:
    """Return the table `twin_means`.

    Args:
        runs: the table `runs`.
        curves: the table `curves` of a study of pairs, which has ``asymmetry``.
        layers: the table `layers` of the same study, which has ``twin_bias_distance``.
        schemes: to be summarised.
        architectures: in the order of the rows.

    Returns:
        ``architecture, normalization, scheme, when, quantity, estimate, lower, upper, runs``, at
        the ``start`` and at the ``end`` of training. Quantities are ``asymmetry``, the mean of
        |s(a, b) − s(b, a)| over validation pairs (scores of "same": logits, or distances under a
        contrastive head), and ``bias_distance``, the Euclidean distance between all hidden biases
        of one twin and those of the other. The estimate is the mean over seeds of each seed's mean
        over the other factors, with a 95 % interval by one-sample t. Runs that failed are
        left out (one that explodes has biases of any size), and so are twins without biases of
        their own; ``runs`` counts the others.

    """
    both = pd.concat([_asymmetry(curves), _bias_distance(layers)], ignore_index=True)
    both = both.merge(runs.loc[~runs["failed"].astype(bool), list(RUN_KEY)], on=list(RUN_KEY))
    both = both[both["normalization"].isin(TREATMENTS) & both["scheme"].isin(list(schemes))]
    both["architecture"] = pd.Categorical(both["architecture"], list(architectures))
    means = means_over_seeds(both, KEYS)
    return means.assign(architecture=means["architecture"].astype(str))


def _asymmetry(curves: pd.DataFrame) -> pd.DataFrame:
    last = curves.groupby(list(RUN_KEY))["step"].transform("max")
    parts = {"start": curves[curves["step"] == 0], "end": curves[curves["step"] == last]}
    found = [part.assign(when=when, value=part[ASYMMETRY]) for when, part in parts.items()]
    return pd.concat(found, ignore_index=True)[[*RUN_KEY, "when", "value"]].assign(
        quantity=ASYMMETRY
    )


def _bias_distance(layers: pd.DataFrame) -> pd.DataFrame:
    """Return the distance of each run, from the distances by layer; NaN where no layer has one."""
    known = layers[layers["when"].isin(["start", "end"])]
    squares = known.assign(value=np.square(known[TWIN_BIAS_DISTANCE]))
    total = squares.groupby([*RUN_KEY, "when"])["value"].sum(min_count=1).reset_index()
    return total.assign(value=np.sqrt(total["value"]), quantity=BIAS_DISTANCE)
