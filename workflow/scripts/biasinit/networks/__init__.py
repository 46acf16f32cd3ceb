"""Networks as plain modules for one member; running many at once is the caller's ``vmap``."""

from biasinit.networks.architectures import build_network
from biasinit.networks.initialisation import initial_state
from biasinit.networks.layers import Network
from biasinit.networks.operations import GATHERED, STRIDED, Operations
from biasinit.networks.siamese import swapped

__all__ = [
    "GATHERED",
    "STRIDED",
    "Network",
    "Operations",
    "build_network",
    "initial_state",
    "swapped",
]
