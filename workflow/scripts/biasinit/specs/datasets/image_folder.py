"""Images of one's own, in folders that name their classes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from biasinit.errors import Problem
from biasinit.specs.datasets.base import Dataset
from biasinit.specs.keys import key
from biasinit.specs.limits import Text

LARGEST_SIDE = 1024  # pixels
LONGEST_VALUE = 100  # characters of a value in a message; a slip may put a whole table there


class _OneOrTwoNumbers:
    """Tells pydantic of a key that is one number or two, without the two errors of a union."""

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> dict[str, Any]:
        """Return that a list becomes a tuple, and that ``problems`` says what is wrong."""
        as_tuple = {"type": "no-info", "function": _as_tuple}
        return {"type": "function-before", "function": as_tuple, "schema": {"type": "any"}}

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> dict[str, Any]:
        """Return what editors are told."""
        side = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIDE}
        pair = {"type": "array", "items": side, "minItems": 2, "maxItems": 2}
        return {"anyOf": [side, pair, {"type": "null"}]}


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFolder(Dataset):
    """Your own images, in a folder for each class."""

    source: ClassVar[str] = "biasinit.data.image_folder:SOURCE"

    kind: Literal["image_folder"] = "image_folder"
    path: Text | None = field(
        default=None,
        metadata=key(
            "The folder, zip or tar with your images: train/CLASS, test/CLASS and perhaps "
            "val/CLASS, or CLASS alone."
        ),
    )
    size: Annotated[Any, _OneOrTwoNumbers()] = field(
        default=None,
        metadata=key(
            "What images are brought to, in pixels: one number, or [height, width]; null where "
            "all have one size."
        ),
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is missing, or no size."""
        if self.path is None:
            yield Problem(
                key="path",
                what="is missing.",
                mend="Name the folder, zip or tar with your images.",
            )
        if self.size is not None and not all(map(_is_side, self._sides)):
            yield Problem(
                key="size",
                what=f"must be a number of pixels from 1 to {LARGEST_SIDE}, or two of them, got "
                f"{_shown(self.size)}.",
                mend="Write size: 32, or size: [height, width].",
            )

    @property
    def _sides(self) -> tuple[Any, ...]:
        if not isinstance(self.size, tuple):
            return (self.size, self.size)
        return self.size if len(self.size) == 2 else (None,)

    @property
    def height_and_width(self) -> tuple[int, int] | None:
        """What images are brought to, in pixels."""
        if self.size is None:
            return None
        height, width = self._sides
        return height, width

    @property
    def side(self) -> int | None:
        """The smaller of height and width, where they are known."""
        return None if self.height_and_width is None else min(self.height_and_width)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder, or the archive."""
        return () if self.path is None else (self.path,)


def _is_side(value: object) -> bool:
    return type(value) is int and 1 <= value <= LARGEST_SIDE


def _shown(size: object) -> str:
    text = repr([*size] if isinstance(size, tuple) else size)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
