"""Networks without biases."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from biasinit.specs.schemes.base import BiasScheme, LayerShape


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutBiases(BiasScheme):
    """No bias anywhere: hidden layers, batch-norm shifts and the output layer have none."""

    kind: Literal["none"] = "none"
    hidden_bias: ClassVar[bool] = False
    output_bias: ClassVar[bool] = False

    def law(self, layer: LayerShape) -> float:
        """Return 0, as which a missing bias counts."""
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutHiddenBiases(BiasScheme):
    """No bias in hidden layers; the output layer keeps its trainable bias."""

    kind: Literal["none_hidden"] = "none_hidden"
    hidden_bias: ClassVar[bool] = False

    def law(self, layer: LayerShape) -> float:
        """Return 0, as which a missing bias counts."""
        return 0.0
