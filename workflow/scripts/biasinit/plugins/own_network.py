"""The place of a user's own networks, which cannot be trained yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from biasinit.errors import Problem
from biasinit.specs.keys import key
from biasinit.specs.networks.base import Architecture


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetwork(Architecture):
    """Not there yet: a module of PyTorch that a function of your own makes."""

    kind: Literal["python"] = "python"
    object: str | None = field(default=None, metadata=key("Not there yet: the function."))
    parameters: dict[str, Any] = field(
        default_factory=dict, metadata=key("Not there yet: what the function is given by keyword.")
    )

    def problems(self) -> Iterator[Problem]:
        """Yield that there is none yet, and what there is instead."""
        yield Problem(
            key="kind",
            what="'python' is there for schemes and data sets, and not yet for networks.",
            mend="Spell a network out with the kind 'convolutional', or write one as "
            "docs/extending.md says.",
        )
