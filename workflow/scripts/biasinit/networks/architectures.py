"""From the network that a study names to its layers."""

from biasinit.errors import DataError
from biasinit.networks.layers import LayeredNetwork
from biasinit.networks.network import Network
from biasinit.networks.own_module import Factory, OwnModuleNetwork
from biasinit.networks.stock import stock_network
from biasinit.plugins.own_code import call
from biasinit.plugins.resolve import resolve
from biasinit.specs.networks.base import Architecture, Module
from biasinit.specs.networks.layout import Layout


def build_network(
    architecture: Architecture,
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    normalization: str,
    hidden_bias: bool,
    output_bias: bool,
    stock: bool = False,
) -> Network:
    """Return an uninitialised network; ``initial_state`` gives its parameters.

    Args:
        architecture: what the study names.
        image_shape: height, width and channels of an image.
        classes: number of classes.
        normalization: level of normalisation.
        hidden_bias: whether hidden layers have biases.
        output_bias: whether the output layer has.
        stock: whether layers are to be PyTorch's own.

    Raises:
        DataError: the pools of the layout leave nothing of such images.
        NetworkError: a module cannot be run on such images, or has no such level.
        OwnCodeError: the code that makes a module cannot be had, or fails.

    """
    if isinstance(architecture, Module):
        return OwnModuleNetwork(
            factory_of(architecture, channels=image_shape[2], classes=classes),
            image_shape=image_shape,
            classes=classes,
            normalization=normalization,
            hidden_bias=hidden_bias,
            output_bias=output_bias,
        )
    layout = architecture.layout
    if not isinstance(layout, Layout):
        raise TypeError(f"{architecture.name} is not made of our own layers.")
    height, width = (max(length, layout.side) for length in image_shape[:2])
    if min(height, width) < layout.smallest_side:
        raise DataError(
            f"Images of {height}×{width} pixels are too small for a network with "
            f"{layout.layers.count('pool')} pools, which needs {layout.smallest_side}. Use fewer "
            "pools in 'architectures', or larger images."
        )
    network: LayeredNetwork = resolve(architecture.made_by)(
        layout,
        image_shape=image_shape,
        classes=classes,
        normalization=normalization,
        hidden_bias=hidden_bias,
        output_bias=output_bias,
    )
    return stock_network(network) if stock else network


def factory_of(architecture: Module, *, channels: int, classes: int) -> Factory:
    """Return what makes the module of a network.

    Args:
        architecture: what the study names.
        channels: of an image.
        classes: number of classes.

    """
    arguments = architecture.factory_arguments(channels=channels, classes=classes)

    def make() -> object:
        return call(architecture.factory, parameters=arguments, given="of its parameters")

    return Factory(name=architecture.name, make=make)
