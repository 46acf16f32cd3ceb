"""Networks as plain modules for one member; running many at once is the caller's ``vmap``."""

from biasinit.networks.architectures import build_network
from biasinit.networks.initialisation import initial_state
from biasinit.networks.layers import Network

__all__ = ["Network", "build_network", "initial_state"]
