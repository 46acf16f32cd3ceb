"""Networks of a user's own: anything that makes a module of PyTorch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from biasinit.errors import Problem
from biasinit.plugins.references import problems_of_form
from biasinit.specs.keys import key
from biasinit.specs.networks.base import Module


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetwork(Module):
    """A module of PyTorch that a class or function of your own makes."""

    kind: Literal["python"] = "python"
    object: str = field(
        metadata=key(
            "What makes the module: 'file.py:name' beside the study file, or 'module:name' of an "
            "installed package, such as torchvision.models:resnet18. It is called with the "
            "parameters for every seed, and draws its weights from PyTorch's global generator."
        )
    )
    parameters: Mapping[str, Any] = field(
        default_factory=dict,
        metadata=key("What it is given by keyword, such as {num_classes: 10, weights: null}."),
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the form of the reference; nothing is imported."""
        yield from problems_of_form(self.object)

    @property
    def factory(self) -> str:
        """What makes the module."""
        return self.object

    def factory_arguments(self, *, channels: int, classes: int) -> Mapping[str, Any]:
        """Return the parameters; how many channels and classes there are, they say themselves."""
        return self.parameters
