"""Biases that put the kinks of ReLUs among the data."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.limits import Count
from biasinit.specs.schemes.base import BiasScheme, LayerShape, hidden_layers_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeMixture(BiasScheme):
    """b = −(a random convex combination of pre-activations of data), "he+5" for 5 of them.

    It puts the kink of every ReLU among the data (Steinwart 2019, "A sober look at neural
    network initializations"; ``he+5`` in the code of Holzmüller and Steinwart 2020). Each unit
    mixes ``points`` pre-activations of its own without a bias, at random images (and
    positions), with weights that are uniform over all that sum to one. Layers start in order,
    each seeing the ones before it as they start.
    """

    points: Count = field(default=5, metadata=key("Pre-activations that each unit mixes."))
    kind: Literal["negative_mixture"] = "negative_mixture"

    @property
    def sees_images(self) -> bool:
        """Always."""
        return True

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between the keys."""
        yield from hidden_layers_alone(self, of="a scheme of pre-activations")

    def start_from(
        self,
        layer: LayerShape,
        preactivations: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return initial biases, (biases,).

        Args:
            layer: whose biases they are.
            preactivations: what each ReLU sees without the biases, (values, biases).
            rng: of the layer.

        """
        values, biases = preactivations.shape
        chosen = rng.integers(0, values, (self.points, biases))
        shares = rng.dirichlet(np.ones(self.points), biases).T
        mixed: NDArray[np.float64] = (
            np.take_along_axis(preactivations, chosen, axis=0) * shares
        ).sum(0)
        return -mixed

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return zeros, where the layer is before it sees images."""
        return np.zeros(layer.channels)
