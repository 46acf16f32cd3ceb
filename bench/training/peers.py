"""The measured networks as a user of plain PyTorch writes them, and their arithmetic."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

CLASSES, UNITS = 10, 64


def convolutional(
    channels: Sequence[int], *, side: int, colours: int, each: int = 1, batch_norm: bool = False
) -> nn.Sequential:
    """Return convolutions of 3×3, a dense layer and the output.

    Args:
        channels: of each stage, which a pool ends.
        side: height and width of the images.
        colours: channels of the images.
        each: convolutions of a stage.
        batch_norm: whether it follows every hidden layer.

    """
    layers: list[nn.Module] = []
    for number in channels:
        for _ in range(each):
            layers.append(nn.Conv2d(colours, number, 3, padding=1, bias=not batch_norm))
            layers += [nn.BatchNorm2d(number)] if batch_norm else []
            layers.append(nn.ReLU())
            colours = number
        layers.append(nn.MaxPool2d(2))
        side //= 2
    layers += [nn.Flatten(), nn.Linear(side**2 * colours, UNITS, bias=not batch_norm)]
    layers += [nn.BatchNorm1d(UNITS)] if batch_norm else []
    return nn.Sequential(*layers, nn.ReLU(), nn.Linear(UNITS, CLASSES))


def plain_digits() -> nn.Sequential:
    """Return conv 3×3×16 – pool – conv 3×3×32 – pool – dense 64 – dense 10, for 8×8 images."""
    return convolutional((16, 32), side=8, colours=1)


class Residual(nn.Module):
    """A block of He et al. (2015): two convolutions, and the image beside them (option A)."""

    def __init__(self, inputs: int, channels: int, *, stride: int) -> None:
        super().__init__()
        self.stride, self.before = stride, (channels - inputs) // 2
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, images: Tensor) -> Tensor:
        """Return (batch, channels, height / stride, width / stride)."""
        inner = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(images)))))
        beside = images[:, :, :: self.stride, :: self.stride]
        if self.before:
            beside = functional.pad(beside, (0, 0, 0, 0, self.before, self.before))
        return functional.relu(inner + beside)


class ResNet(nn.Sequential):
    """A residual network for small images of 6 · blocks + 2 weighted layers."""

    def __init__(self, *, channels: int, blocks: int, width: int) -> None:
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(width), nn.ReLU()]
        inputs = width
        for stage in range(3):
            outputs = width * 2**stage
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                layers.append(Residual(inputs, outputs, stride=stride))
                inputs = outputs
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES))


PLAIN: Mapping[str, Callable[[], nn.Module]] = {
    "small_cnn on digits": plain_digits,
    "conv 16-32-64": lambda: convolutional((16, 32, 64), side=32, colours=3),
    "conv 16-32-64, batch norm": lambda: convolutional(
        (16, 32, 64), side=32, colours=3, batch_norm=True
    ),
    "resnet-8": lambda: ResNet(channels=3, blocks=1, width=16),
}


def training_flop(network: nn.Module, *, side: int, colours: int) -> float:
    """Return floating-point operations of matrix products to train on one image once.

    Forward, gradients of weights and of inputs, less the gradient of the images, which nothing
    needs; counted by PyTorch.
    """
    images = 2  # batch norm asks for more than one
    with FlopCounterMode(display=False) as counted:
        network(torch.zeros(images, colours, side, side)).sum().backward()
    return counted.get_total_flops() / images
