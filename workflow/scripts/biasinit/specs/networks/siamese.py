"""Siamese networks: twins that compare two images."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.networks.base import (
    KERNEL_SIDE,
    LAYERS,
    SIAMESE,
    WIDTH,
    Architecture,
    LayerKeys,
    Side,
    Units,
    Width,
)
from biasinit.specs.networks.layout import (
    KERNEL,
    ConvolutionOrPool,
    Layout,
    Twins,
    even_kernel,
    scaled,
    widened,
)

KOCH_LAYERS: tuple[ConvolutionOrPool, ...] = (64, "pool", 128, "pool", 128, "pool", 256)
KOCH_KERNELS = (9, 7, 3, 3)  # the paper's 10, 7, 4 and 4, made odd: padding needs a middle
KOCH_DENSE = (4096,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing(Architecture):
    """A network that compares pairs of images."""

    made_by: ClassVar[str] = SIAMESE

    head: Literal["l1", "contrastive"] = field(
        default="l1",
        metadata=key(
            "How two embeddings are compared: 'l1' by a weighted sum of their absolute differences "
            "and cross-entropy, 'contrastive' by their distance."
        ),
    )
    twins: Twins = field(
        default="shared",
        metadata=key(
            "What the two halves have in common: 'shared' is all, 'biases_untied' the weights, "
            "'untied' nothing but their first weights."
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Siamese(Comparing):
    """For pairs of 28×28 images: twins of 4 × (conv 3×3×64 – pool) – dense 128, or as spelled out.

    The embedding is a ReLU before an "l1" head, and linear before a "contrastive" one, as in
    Hadsell et al. (2006).
    """

    kind: Literal["siamese"] = "siamese"
    layers: LayerKeys = field(default=(64, "pool") * 4, metadata=key(LAYERS))
    kernel: Side = field(default=KERNEL, metadata=key(KERNEL_SIDE))
    dense: tuple[Units, ...] = field(
        default=(128,),
        metadata=key("Units of each dense hidden layer; the last are compared."),
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between the keys."""
        if not self.dense:
            yield Problem(
                key="dense",
                what="must name one layer at least, the embedding that is compared.",
                mend="Name its units, such as [64], or leave the key out.",
            )
        yield from even_kernel(self.kernel)

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(
            layers=self.layers,
            kernel=self.kernel,
            dense=self.dense,
            head=self.head,
            twins=self.twins,
            embedding="linear" if self.head == "contrastive" else "relu",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiameseKoch(Comparing):
    """The network of Koch et al. (2015, figure 4) for pairs, but for odd kernels and padding.

    Twins of conv 9×9×64 – pool – conv 7×7×128 – pool – conv 3×3×128 – pool – conv 3×3×256 – dense
    4096. The embedding is a sigmoid before an "l1" head, and linear before a "contrastive" one.
    """

    kind: Literal["siamese_koch"] = "siamese_koch"
    width: Width = field(default=1.0, metadata=key(WIDTH))

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return Layout(
            layers=widened(KOCH_LAYERS, self.width),
            kernels=KOCH_KERNELS,
            dense=tuple(scaled(units, self.width) for units in KOCH_DENSE),
            head=self.head,
            twins=self.twins,
            embedding="linear" if self.head == "contrastive" else "sigmoid",
        )
