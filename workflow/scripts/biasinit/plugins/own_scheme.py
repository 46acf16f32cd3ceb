"""Schemes of a user's own: a function that returns the biases of a layer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biasinit.errors import OwnCodeError, Problem
from biasinit.plugins.own_code import call_function
from biasinit.plugins.references import problems_of_form
from biasinit.plugins.resolve import resolve
from biasinit.specs.keys import key
from biasinit.specs.schemes.base import BiasScheme, LayerShape, hidden_layers_alone

PREACTIVATIONS = "preactivations"


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
    preactivations: bool = field(
        default=False,
        metadata=key(
            "Whether the function is also given what the layer's units see of training images "
            "without the biases, (values, biases), as the keyword 'preactivations'. Layers then "
            "start in order, each seeing the ones before it as they start; hidden layers alone.",
            left_out_at=False,
        ),
    )
    kind: Literal["python"] = "python"

    @property
    def sees_images(self) -> bool:
        """Whether the function is given pre-activations."""
        return self.preactivations

    @property
    def function(self) -> Any:  # noqa: ANN401  # whatever stands there
        """The function itself.

        Raises:
            OwnCodeError: it cannot be had.

        """
        return resolve(self.object)

    @property
    def words(self) -> str:
        """The function in the words of a message."""
        return f"'object: {self.object}'"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the reference's form and between keys; nothing is imported."""
        yield from problems_of_form(self.object)
        yield from self.problems_of_preactivations()

    def problems_of_preactivations(self) -> Iterator[Problem]:
        """Yield what pre-activations do not go with."""
        if not self.preactivations:
            return
        yield from hidden_layers_alone(self, of="a scheme of pre-activations")
        if PREACTIVATIONS in self.parameters:
            yield Problem(
                key="parameters",
                what=f"must not hold {PREACTIVATIONS!r}, which the function is given already.",
                mend="Leave it out, or say 'preactivations: false'.",
            )

    def draw(self, layer: LayerShape, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return what the function returns; zeros before it is given pre-activations.

        Raises:
            OwnCodeError: it cannot be called, or returns something else than the layer's biases.

        """
        if self.preactivations:
            return np.zeros(layer.channels)
        return self._biases(layer, rng, self.parameters)

    def start_from(
        self,
        layer: LayerShape,
        preactivations: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return what the function makes of pre-activations.

        Args:
            layer: whose biases they are.
            preactivations: what each ReLU sees without the biases, (values, biases).
            rng: of the layer.

        Raises:
            OwnCodeError: it cannot be called, or returns something else than the layer's biases.

        """
        parameters = {**self.parameters, PREACTIVATIONS: preactivations}
        return self._biases(layer, rng, parameters)

    def _biases(
        self,
        layer: LayerShape,
        rng: np.random.Generator,
        parameters: Mapping[str, Any],
    ) -> NDArray[np.float64]:
        found = call_function(
            self.function,
            layer,
            rng,
            parameters=parameters,
            given="of a layer and a generator of random numbers",
            words=self.words,
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
            f"The scheme {self.name!r} ({self.words}) must return {layer.channels} "
            f"finite numbers for the layer {layer.name!r}, {got}. Mend the function."
        )
