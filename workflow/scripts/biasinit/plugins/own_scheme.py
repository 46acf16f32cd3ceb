"""Schemes of a user's own: a function that returns the biases of a layer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import OwnCodeError, Problem
from biasinit.plugins.own_code import call
from biasinit.plugins.references import problems_of_form
from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnScheme(BiasScheme):
    """b = what a function returns for a layer and a generator of random numbers."""

    object: str = field(
        metadata=key(
            "The function: 'file.py:name' beside the study file, or 'module:name' of an installed "
            "package. It is called with the layer, the generator and the parameters, and returns "
            "the layer's biases."
        )
    )
    parameters: Mapping[str, Any] = field(
        default_factory=dict, metadata=key("What the function is given by keyword.")
    )
    kind: Literal["python"] = "python"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the form of the reference; nothing is imported."""
        yield from problems_of_form(self.object)

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return what the function returns.

        Raises:
            OwnCodeError: it cannot be called, or returns something else than the layer's biases.

        """
        found = call(
            self.object,
            layer,
            rng,
            parameters=self.parameters,
            given="of a layer and a generator of random numbers",
        )
        try:
            biases = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError):
            raise self._other_biases(layer, f"got {type(found).__name__}") from None
        if biases.shape != (layer.channels,):
            raise self._other_biases(layer, f"got an array of shape {biases.shape}")
        if not np.isfinite(biases).all():
            wrong = biases[~np.isfinite(biases)]
            raise self._other_biases(layer, f"got {wrong[0]} in {len(wrong)} places")
        return biases

    def _other_biases(self, layer: LayerShape, got: str) -> OwnCodeError:
        return OwnCodeError(
            f"The scheme {self.name!r} ('object: {self.object}') must return {layer.channels} "
            f"finite numbers for the layer {layer.name!r}, {got}. Mend the function."
        )
