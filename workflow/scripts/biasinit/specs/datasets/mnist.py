"""MNIST and Fashion-MNIST."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from biasinit.specs.datasets.base import OfficialDataset, OfficialImages

OFFICIAL = OfficialImages(training=60_000, test=10_000)
SIDE = 28  # pixels, in both directions


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfMnistsForm(OfficialDataset):
    """What the two have in common: Fashion-MNIST was made to take MNIST's place."""

    @property
    def official(self) -> OfficialImages:
        """Numbers of images that there are."""
        return OFFICIAL

    @property
    def side(self) -> int:
        """Height and width of the images in pixels."""
        return SIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class FashionMnist(_OfMnistsForm):
    """70,000 grey images of clothes, 28×28."""

    source: ClassVar[str] = "biasinit.data.mnist:FASHION_SOURCE"

    kind: Literal["fashion_mnist"] = "fashion_mnist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mnist(_OfMnistsForm):
    """70,000 handwritten digits, 28×28."""

    source: ClassVar[str] = "biasinit.data.mnist:SOURCE"

    kind: Literal["mnist"] = "mnist"
