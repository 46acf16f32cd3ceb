"""Handwritten digits that ship with scikit-learn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from biasinit.errors import Problem
from biasinit.specs.datasets.base import Dataset

IMAGES = 1797


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits(Dataset):
    """Scikit-learn's 1,797 handwritten digits."""

    source: ClassVar[str] = "biasinit.data.digits:SOURCE"

    kind: Literal["digits"] = "digits"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the sizes."""
        wanted = self.train + self.validation + self.test
        if wanted > IMAGES:
            yield Problem(
                key="",
                what=f"train + validation + test must be at most {IMAGES} images, got {wanted}.",
                mend="",
            )

    @property
    def side(self) -> int:
        """Height and width of the images in pixels."""
        return 8
