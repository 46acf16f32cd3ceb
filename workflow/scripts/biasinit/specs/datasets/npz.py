"""Images of one's own, in a file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from biasinit.errors import Problem
from biasinit.specs.datasets.base import CHANNELS, Dataset
from biasinit.specs.keys import key
from biasinit.specs.limits import Count, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Npz(Dataset):
    """Your own images, in one file."""

    source: ClassVar[str] = "biasinit.data.own_images:SOURCE"

    kind: Literal["npz"] = "npz"
    path: Text | None = field(default=None, metadata=key("The file with your images."))
    channels: Count | None = field(default=None, metadata=key(CHANNELS, left_out_at=None))

    def problems(self) -> Iterator[Problem]:
        """Yield what is missing."""
        if self.path is None:
            yield Problem(
                key="path", what="is missing.", mend="Name the .npz file with your images."
            )

    @property
    def files(self) -> tuple[str, ...]:
        """The file."""
        return () if self.path is None else (self.path,)
