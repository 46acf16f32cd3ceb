"""References to code, "module:attribute" or "file.py:attribute", and their form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from biasinit.errors import Problem

_FORM = re.compile(
    r"(?P<place>[^:]*[^:/\\\s]\.py|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*):(?P<attribute>[A-Za-z_]\w*)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an object of Python stands.

    Attributes:
        place: a file that ends in .py, or a module's dotted name.
        attribute: the object's name there.

    """

    place: str
    attribute: str

    @classmethod
    def of(cls, text: str) -> "Reference":
        """Return what a text refers to.

        Raises:
            ValueError: it has another form; see ``problems_of_form``.

        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is neither 'module:attribute' nor 'file.py:attribute'.")
        return cls(found["place"], found["attribute"])

    @property
    def file(self) -> Path | None:
        """The file; None where the place is a module that Python finds by its name."""
        return Path(self.place) if self.place.endswith(".py") else None

    def seen_from(self, folder: Path) -> "Reference":
        """Return the reference with its file as it is found from a folder."""
        return self if self.file is None else Reference(str(folder / self.file), self.attribute)

    def __str__(self) -> str:
        return f"{self.place}:{self.attribute}"


def problems_of_form(text: str) -> Iterator[Problem]:
    """Yield what is wrong with the form of a reference that a study names as 'object'."""
    if _FORM.fullmatch(text) is None:
        yield Problem(
            key="object",
            what=f"must be 'file.py:name' or 'module:name', got {text!r}.",
            mend="Name the file beside the study, a colon, and the function in it.",
        )
