"""How one kind of data set is read: what every module with a reader offers as ``SOURCE``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biasinit.data.source_images import SourceImages

if TYPE_CHECKING:
    from biasinit.data.downloads import RemoteFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How one kind of data set is read.

    Attributes:
        read: returns all of its images, given the specification of its kind.
        files: official files that are downloaded where no directory is given.
        by_class: whether whole classes are drawn into the subsets.

    """

    read: Callable[[Any], SourceImages]
    files: tuple["RemoteFile", ...] = ()
    by_class: bool = False
