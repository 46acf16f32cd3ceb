"""Data sets of a user's own: a function that returns images and labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from biasinit.errors import Problem
from biasinit.plugins.references import problems_of_form
from biasinit.specs.datasets.base import CHANNELS, Dataset
from biasinit.specs.keys import key
from biasinit.specs.limits import Count, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDataset(Dataset):
    """What a function of your own returns."""

    source: ClassVar[str] = "biasinit.data.own_function:SOURCE"

    kind: Literal["python"] = "python"
    object: str = field(
        metadata=key(
            "The function: 'file.py:name' beside the study file, or 'module:name' of an installed "
            "package. It is called with the parameters, and returns images and labels."
        )
    )
    parameters: Mapping[str, Any] = field(
        default_factory=dict, metadata=key("What the function is given by keyword.")
    )
    files: tuple[Text, ...] = field(
        default=(),
        metadata=key(
            "Files beside the study file that the function reads: it gets their paths as "
            "'files', and when one of them changes the data set is made again."
        ),
    )
    channels: Count | None = field(default=None, metadata=key(CHANNELS, left_out_at=None))

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the form of the reference; nothing is imported."""
        yield from problems_of_form(self.object)
