"""The networks that a study can name."""

from biasinit.networks.layers import Network
from biasinit.networks.small_cnn import SmallCNN

ARCHITECTURES: dict[str, type[SmallCNN]] = {"small_cnn": SmallCNN}


def build_network(
    architecture: str,
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    normalization: str,
    hidden_bias: bool,
    output_bias: bool,
) -> Network:
    """Return an uninitialised network; ``initial_state`` gives its parameters."""
    return ARCHITECTURES[architecture](
        image_shape=image_shape,
        classes=classes,
        normalization=normalization,
        hidden_bias=hidden_bias,
        output_bias=output_bias,
    )
