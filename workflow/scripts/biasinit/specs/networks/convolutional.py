"""Convolutional networks that a study spells out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.networks.base import KERNEL_SIDE, LAYERS, Classifier, LayerKeys, Side, Units
from biasinit.specs.networks.layout import KERNEL, Layout, even_kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolutional(Classifier):
    """Spelled out in layers."""

    kind: Literal["convolutional"] = "convolutional"
    layers: LayerKeys = field(default=(), metadata=key(LAYERS))
    kernel: Side = field(default=KERNEL, metadata=key(KERNEL_SIDE))
    dense: tuple[Units, ...] = field(default=(), metadata=key("Units of each dense hidden layer."))
    global_average: bool = field(
        default=False,
        metadata=key("Whether the mean over positions is what the dense layers see."),
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between the keys."""
        if not (self.layers or self.dense):
            yield Problem(
                key="layers",
                what="is missing.",
                mend="Name the channels of each convolution, such as [16, pool, 32, pool].",
            )
        yield from even_kernel(self.kernel)

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(
            layers=self.layers,
            kernel=self.kernel,
            dense=self.dense,
            global_average=self.global_average,
            biases=self.biases,
        )
