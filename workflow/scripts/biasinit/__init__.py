"""How should the biases of a convolutional network be initialised.

Of a model in hand, ``initialise`` starts the biases by any scheme, and ``sites`` lists them; of a
table of runs, ``judge`` gives the verdicts. All are imported when they are first asked for, since
they need PyTorch or pandas.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["__version__", "initialise", "judge", "sites"]

if TYPE_CHECKING:
    from biasinit.judging import judge
    from biasinit.networks.model_in_hand import initialise, sites
else:
    _PLACES = {
        "initialise": "biasinit.networks.model_in_hand",
        "judge": "biasinit.judging",
        "sites": "biasinit.networks.model_in_hand",
    }

    def __getattr__(name: str) -> object:
        """Return what is imported when it is asked for."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)

    def __dir__() -> list[str]:
        """Return all names, those too that are not imported yet."""
        return sorted({*globals(), *__all__})
