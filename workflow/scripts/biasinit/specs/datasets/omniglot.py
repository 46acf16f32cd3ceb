"""Omniglot: handwritten characters that are told apart by pairs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from biasinit.errors import Problem
from biasinit.specs.datasets.base import OfficialDataset, OfficialImages
from biasinit.specs.keys import key
from biasinit.specs.limits import Limits

Alphabets = Literal["all", "small"]

ORIGINAL_SIDE = 105  # pixels of an original image, in both directions
DRAWERS = 20  # each drew every character once

# 964 and 659 characters in all; 136 in the small sets, and 106 in those of their alphabets that
# the first of the two has not
OFFICIAL: dict[Alphabets, OfficialImages] = {
    "all": OfficialImages(training=964 * DRAWERS, test=659 * DRAWERS),
    "small": OfficialImages(training=136 * DRAWERS, test=106 * DRAWERS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Omniglot(OfficialDataset):
    """Pairs of characters."""

    source: ClassVar[str] = "biasinit.data.omniglot:SOURCE"

    kind: Literal["omniglot"] = "omniglot"
    size: Annotated[int, Limits(ge=8, le=ORIGINAL_SIDE)] = field(
        default=28, metadata=key("Height and width of the images in pixels.")
    )
    alphabets: Alphabets = field(
        default="all", metadata=key("'all' 50 alphabets, or the 'small' sets of 8.")
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the sizes."""
        for name in ("train", "validation", "test"):
            if getattr(self, name) % DRAWERS:
                yield Problem(
                    key=name,
                    what=f"must be a multiple of {DRAWERS}, the drawings of a character, got "
                    f"{getattr(self, name)}.",
                    mend="Omniglot is split by whole characters.",
                )
        yield from OfficialDataset.problems(self)

    @property
    def official(self) -> OfficialImages:
        """Numbers of images that there are."""
        return OFFICIAL[self.alphabets]

    @property
    def shows_pairs(self) -> bool:
        """Always: test characters are of alphabets that no training character is from."""
        return True

    @property
    def side(self) -> int:
        """Height and width of the images in pixels."""
        return self.size
