"""What a network is made of: its layers as plain values, before any of them exists.

A *layout* is all that tells one plain convolutional network from another. The kinds that a
study can name are layouts with a source; a study can also spell out one of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

NetworkKind = Literal[
    "small_cnn",
    "deep_mnist",
    "plain_cnn",
    "vgg16",
    "convolutional",
    "siamese",
    "siamese_koch",
]
Biases = Literal["shared", "per_position"]
Head = Literal["classes", "l1", "contrastive"]
Twins = Literal["shared", "biases_untied", "untied"]
Embedding = Literal["relu", "sigmoid", "linear"]
ConvolutionOrPool = int | Literal["pool"]

VGG16_LAYERS: tuple[ConvolutionOrPool, ...] = (
    *(64, 64, "pool"),
    *(128, 128, "pool"),
    *(256, 256, 256, "pool"),
    *(512, 512, 512, "pool"),
    *(512, 512, 512, "pool"),
)
VGG16_SIDE = 32
SIAMESE_LAYERS: tuple[ConvolutionOrPool, ...] = (64, "pool") * 4
SIAMESE_DENSE = (128,)
KOCH_LAYERS: tuple[ConvolutionOrPool, ...] = (64, "pool", 128, "pool", 128, "pool", 256)
KOCH_KERNELS = (9, 7, 3, 3)  # the paper's 10, 7, 4 and 4, made odd: padding needs a middle
KOCH_DENSE = (4096,)
PLAIN_DEPTH = 8
PLAIN_CHANNELS = 64
KERNEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The layers of a plain convolutional network; ReLU follows every hidden one.

    Attributes:
        layers: channels of each convolution in order, and "pool" for a 2×2 maximum.
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

    layers: tuple[ConvolutionOrPool, ...]
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
            total += side**2 * self.kernel_of(convolution) ** 2 * channels * layer
            channels, convolution = layer, convolution + 1
        features = channels if self.global_average else side**2 * channels
        for units in self.dense:
            total += features * units
            features = units
        return total * (2 if self.compares_pairs else 1)

    @property
    def smallest_side(self) -> int:
        """Smallest height and width of images for which something is left after all pools."""
        return int(2 ** self.layers.count("pool"))


def layout_of(
    kind: NetworkKind = "small_cnn",
    *,
    depth: int | None = None,
    channels: int | None = None,
    width: float | None = None,
    layers: tuple[ConvolutionOrPool, ...] | None = None,
    kernel: int | None = None,
    dense: tuple[int, ...] | None = None,
    global_average: bool | None = None,
    biases: Biases = "shared",
    head: Head | None = None,
    twins: Twins = "shared",
) -> Layout:
    """Return the layout of one kind of network.

    ``small_cnn``: conv 3×3×16 – pool – conv 3×3×32 – pool – dense 64, for 8×8 images.
    ``deep_mnist``: conv 5×5×32 – pool – conv 5×5×64 – pool – dense 128, the convolutions of
    TensorFlow's "Deep MNIST for experts", for 28×28 images. ``plain_cnn``: ``depth``
    convolutions 3×3 of ``channels`` channels, pooled after each third, then the mean over
    positions. ``vgg16``: the 13 convolutions of configuration D (Simonyan and Zisserman 2014,
    table 1) and no dense layer, as is usual for images of 32×32, with ``width`` times the
    channels. ``convolutional``: what ``layers``, ``kernel``, ``dense`` and ``global_average``
    say. ``siamese``: twins of 4 × (conv 3×3×64 – pool) – dense 128, or what ``layers``,
    ``kernel`` and ``dense`` say, for pairs of 28×28 images. ``siamese_koch``: twins of conv
    9×9×64 – pool – conv 7×7×128 – pool – conv 3×3×128 – pool – conv 3×3×256 – dense 4096, the
    network of Koch et al. (2015, figure 4) but for odd kernels and padding, with ``width`` times
    the channels and units. Its embedding is a sigmoid before an "l1" ``head``, that of
    ``siamese`` a ReLU; before a "contrastive" one it is linear, as in Hadsell et al. (2006).
    """
    if kind == "small_cnn":
        return Layout(layers=(16, "pool", 32, "pool"), dense=(64,), biases=biases)
    if kind == "deep_mnist":
        return Layout(layers=(32, "pool", 64, "pool"), kernel=5, dense=(128,), biases=biases)
    if kind == "plain_cnn":
        return Layout(
            layers=plain_layers(depth or PLAIN_DEPTH, channels or PLAIN_CHANNELS),
            global_average=True,
            biases=biases,
        )
    if kind == "vgg16":
        return Layout(layers=_widened(VGG16_LAYERS, width), biases=biases, side=VGG16_SIDE)
    if kind == "siamese":
        return Layout(
            layers=SIAMESE_LAYERS if layers is None else layers,
            kernel=kernel or KERNEL,
            dense=dense or SIAMESE_DENSE,
            head=head or "l1",
            twins=twins,
            embedding="linear" if head == "contrastive" else "relu",
        )
    if kind == "siamese_koch":
        return Layout(
            layers=_widened(KOCH_LAYERS, width),
            kernels=KOCH_KERNELS,
            dense=tuple(_scaled(units, width) for units in KOCH_DENSE),
            head=head or "l1",
            twins=twins,
            embedding="linear" if head == "contrastive" else "sigmoid",
        )
    return Layout(
        layers=layers or (),
        kernel=kernel or KERNEL,
        dense=dense or (),
        global_average=bool(global_average),
        biases=biases,
    )


def layout_from_mapping(mapping: Mapping[str, Any]) -> Layout:
    """Return the layout that a mapping describes: the kind and its keys, lists for tuples."""
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in mapping.items()
    }
    return layout_of(**given)


def _scaled(number: int, width: float | None) -> int:
    return max(1, round(number * (width or 1.0)))


def _widened(
    layers: tuple[ConvolutionOrPool, ...], width: float | None
) -> tuple[ConvolutionOrPool, ...]:
    return tuple(layer if layer == "pool" else _scaled(layer, width) for layer in layers)


def plain_layers(depth: int, channels: int) -> tuple[ConvolutionOrPool, ...]:
    """Return ``depth`` convolutions, with a pool after the first and the second third."""
    pools = {round(depth / 3), round(2 * depth / 3)} if depth >= 3 else set()
    found: list[ConvolutionOrPool] = []
    for number in range(1, depth + 1):
        found.append(channels)
        if number in pools:
            found.append("pool")
    return tuple(found)
