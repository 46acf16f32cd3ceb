"""How should the biases of a convolutional network be initialised.

Of a model in hand, ``initialise`` starts the biases by any scheme, and ``sites`` lists them; both
are imported when they are first asked for, since they need PyTorch.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["__version__", "initialise", "sites"]

if TYPE_CHECKING:
    from biasinit.networks.model_in_hand import initialise, sites
else:

    def __getattr__(name: str) -> object:
        """Return what stands in ``networks.model_in_hand``."""
        if name not in {"initialise", "sites"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from biasinit.networks import model_in_hand

        return getattr(model_in_hand, name)

    def __dir__() -> list[str]:
        """Return all names, those too that are not imported yet."""
        return sorted({*globals(), *__all__})
