"""Biases that start at one constant in each layer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape, hidden_layers_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class PerLayer(BiasScheme):
    """b = values[i] in hidden layer i, for recipes such as AlexNet's that differ by layer."""

    values: tuple[float, ...] = field(metadata=key("The constant of each hidden layer, in order."))
    kind: Literal["per_layer"] = "per_layer"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between the keys."""
        if not self.values:
            yield Problem(
                key="values", what="must name at least one layer, got an empty list.", mend=""
            )
        yield from hidden_layers_alone(self, of="a per-layer scheme")

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the constant of this layer."""
        return np.full(layer.channels, self.law(layer))

    def law(self, layer: LayerShape) -> float:
        """Return the constant of this layer.

        Raises:
            ValueError: the network has more layers than there are values.

        """
        if layer.index >= len(self.values):
            raise ValueError(
                f"'values' must name every hidden layer, got {len(self.values)} values and a "
                f"layer number {layer.index + 1} ({layer.name})."
            )
        return self.values[layer.index]
