"""From the network that a study names to its layers."""

from biasinit.errors import DataError
from biasinit.networks.layers import Network
from biasinit.plugins.resolve import resolve
from biasinit.specs.networks.base import Architecture


def build_network(
    architecture: Architecture,
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    normalization: str,
    hidden_bias: bool,
    output_bias: bool,
) -> Network:
    """Return an uninitialised network; ``initial_state`` gives its parameters.

    Raises:
        DataError: the pools of the layout leave nothing of such images.

    """
    layout = architecture.layout
    height, width = (max(length, layout.side) for length in image_shape[:2])
    if min(height, width) < layout.smallest_side:
        raise DataError(
            f"Images of {height}×{width} pixels are too small for a network with "
            f"{layout.layers.count('pool')} pools, which needs {layout.smallest_side}. Use fewer "
            "pools in 'architectures', or larger images."
        )
    network: Network = resolve(architecture.made_by)(
        layout,
        image_shape=image_shape,
        classes=classes,
        normalization=normalization,
        hidden_bias=hidden_bias,
        output_bias=output_bias,
    )
    return network
