"""A scheme of a function that is in hand, where there is no study file to name it in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from biasinit.errors import Problem
from biasinit.plugins.own_scheme import OwnScheme
from biasinit.specs.keys import key


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeInHand(OwnScheme):
    """b = what a function in hand returns; no study can name it, so it is no kind."""

    object: str = field(default="", metadata=key("No reference."))
    held: Callable[..., Any] = field(metadata=key("The function."))

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        return self.held

    @property
    def words(self) -> str:
        """The function in the words of a message."""
        return str(getattr(self.held, "__name__", type(self.held).__name__))

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between keys."""
        yield from self.problems_of_preactivations()
