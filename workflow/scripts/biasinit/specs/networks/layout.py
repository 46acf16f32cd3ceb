"""What a network is made of: its layers as plain values, before any of them exists.

A *layout* is all that tells one plain convolutional network from another. The kinds that a
study can name make layouts of their keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from biasinit.errors import Problem

Biases = Literal["shared", "per_position"]
Head = Literal["classes", "l1", "contrastive"]
Twins = Literal["shared", "biases_untied", "untied"]
Embedding = Literal["relu", "sigmoid", "linear"]

KERNEL = 3  # side of a convolution where nothing is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Two convolutions with what they see added before the ReLU of the second.

    Attributes:
        channels: of both convolutions.
        stride: of the first; what is added is every so many-th pixel.

    """

    channels: int
    stride: int = 1


ConvolutionOrPool = int | Literal["pool"]
LayerOfLayout = ConvolutionOrPool | Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The layers of a convolutional network; ReLU follows every hidden one.

    Attributes:
        layers: channels of each convolution in order, "pool" for a 2×2 maximum, and residual
            blocks.
        kernel: side of all convolutions, odd.
        kernels: side of each convolution, where they differ.
        dense: units of each dense hidden layer.
        global_average: whether the mean over positions goes to the dense layers, not all of
            them.
        biases: "shared" has one bias for each channel of a convolution, "per_position" one for
            each channel at each position.
        side: images smaller than this are enlarged to it, by whole factors and then a border
            of zeros; 0 takes them as they are.
        head: "classes" names classes. The others say whether a pair of images shows the same:
            "l1" by the weighted differences of their embeddings (the last dense layer),
            "contrastive" by their distance.
        twins: what the two halves of a network that compares pairs have in common: "shared" is
            everything, "biases_untied" the weights, "untied" nothing but their first weights.
        embedding: what is applied to the last dense layer.

    """

    layers: tuple[LayerOfLayout, ...]
    kernel: int = KERNEL
    kernels: tuple[int, ...] = ()
    dense: tuple[int, ...] = ()
    global_average: bool = False
    biases: Biases = "shared"
    side: int = 0
    head: Head = "classes"
    twins: Twins = "shared"
    embedding: Embedding = "relu"

    @property
    def compares_pairs(self) -> bool:
        """Whether the network sees two images and says whether they show the same."""
        return self.head != "classes"

    def kernel_of(self, convolution: int) -> int:
        """Return the side of one convolution, counted from 0."""
        return self.kernels[convolution] if self.kernels else self.kernel

    def multiplications(self, *, side: int, channels: int) -> int:
        """Return the multiplications of a forward pass over one image, without the output layer.

        Args:
            side: height and width of the image, in pixels.
            channels: of the image; of one of the two where pairs are compared.

        """
        side = max(side, self.side)
        total = convolution = 0
        for layer in self.layers:
            if layer == "pool":
                side //= 2
                continue
            for outputs, stride in convolutions_of(layer):
                side = strided(side, stride)
                total += side**2 * self.kernel_of(convolution) ** 2 * channels * outputs
                channels, convolution = outputs, convolution + 1
        features = channels if self.global_average else side**2 * channels
        for units in self.dense:
            total += features * units
            features = units
        return total * (2 if self.compares_pairs else 1)

    @property
    def smallest_side(self) -> int:
        """Smallest height and width of images for which something is left after all pools."""
        return int(2 ** self.layers.count("pool"))


def convolutions_of(layer: int | Block) -> tuple[tuple[int, int], ...]:
    """Return the channels and the stride of each convolution of a layer."""
    if isinstance(layer, Block):
        return (layer.channels, layer.stride), (layer.channels, 1)
    return ((layer, 1),)


def strided(length: int, stride: int) -> int:
    """Return how many pixels of a line a stride leaves, the first among them."""
    return (length - 1) // stride + 1


def even_kernel(side: int) -> Iterator[Problem]:
    """Yield what is wrong with the side of a convolution that has no middle."""
    if side % 2 == 0:
        yield Problem(
            key="kernel",
            what=f"must be odd, got {side}.",
            mend="Zero padding keeps the size of an image only around a middle pixel.",
        )


def scaled(number: int, width: float) -> int:
    """Return ``width`` times a number of channels or units, one at least."""
    return max(1, round(number * width))


def widened(layers: tuple[ConvolutionOrPool, ...], width: float) -> tuple[ConvolutionOrPool, ...]:
    """Return layers with ``width`` times the channels."""
    return tuple(layer if layer == "pool" else scaled(layer, width) for layer in layers)
