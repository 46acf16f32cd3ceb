"""CIFAR-10."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from biasinit.specs.datasets.base import OfficialDataset, OfficialImages

OFFICIAL = OfficialImages(training=50_000, test=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cifar10(OfficialDataset):
    """60,000 colour images, 32×32."""

    source: ClassVar[str] = "biasinit.data.cifar10:SOURCE"

    kind: Literal["cifar10"] = "cifar10"

    @property
    def official(self) -> OfficialImages:
        """Numbers of images that there are."""
        return OFFICIAL

    @property
    def side(self) -> int:
        """Height and width of the images in pixels."""
        return 32
