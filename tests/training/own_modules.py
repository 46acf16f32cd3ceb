"""Modules, and images, as users write them, small enough for tests: 'own_modules:NAME'."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from torchvision_models import models

CLASSES = 4


class ScaleNorm(nn.Module):
    """A normalisation of one's own, which no part of the library knows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, images: Tensor) -> Tensor:
        norm = images.square().mean((1, 2, 3), keepdim=True).sqrt()
        return images / (norm + 1e-3) * self.scale[:, None, None]


class Mixed(nn.Module):
    """Functional ReLUs and dropout, a list of layers, group norm, and a norm of its own."""

    def __init__(self, channels: int = 3, classes: int = CLASSES, dropout: float = 0.0) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 8, 3, padding=1)
        self.norm = nn.GroupNorm(2, 8)
        self.layers = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1) for _ in range(2)])
        self.own = ScaleNorm(8)
        self.dropout = dropout
        self.last = nn.Linear(8, classes)

    def forward(self, images: Tensor) -> Tensor:
        found = functional.relu(self.norm(self.first(images)))
        for layer in self.layers:
            found = functional.relu(self.own(layer(found)))
        found = functional.adaptive_avg_pool2d(found, 1).flatten(1)
        # of rows: a mask of images is drawn in the order of memory, channels last or first
        return self.last(functional.dropout(found, self.dropout, self.training))


class Normed(nn.Module):
    """Batch norm after a convolution and after a linear layer, with dropout between."""

    def __init__(self, channels: int = 1, classes: int = 10, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.dense = nn.Linear(6 * 16, 12)
        self.norm2 = nn.BatchNorm1d(12)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(12, classes)

    def forward(self, images: Tensor) -> Tensor:
        found = functional.relu(self.norm(self.conv(images)), inplace=True)
        found = functional.adaptive_avg_pool2d(found, 4).flatten(1)
        return self.output(functional.relu(self.norm2(self.dense(self.dropout(found)))))


class Skipping(nn.Module):
    """A layer that random steps leave out, so that it has no gradient in them."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 12)
        self.left_out = nn.Linear(12, 12)
        self.output = nn.Linear(12, 10)

    def forward(self, images: Tensor) -> Tensor:
        found = functional.relu(self.first(images.flatten(1)))
        if not self.training or float(torch.rand(())) < 0.5:
            found = functional.relu(self.left_out(found))
        return self.output(found)


class Noisy(nn.Module):
    """Draws in evaluation too."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 12)
        self.output = nn.Linear(12, 10)

    def forward(self, images: Tensor) -> Tensor:
        found = functional.relu(self.first(images.flatten(1)))
        return self.output(functional.dropout(found, 0.5, training=True))


def frozen() -> nn.Module:
    """Return a module whose convolution is not to be trained."""
    module = Normed()
    module.conv.requires_grad_(False)
    return module


class Prompted(Mixed):
    """A parameter of no layer, drawn as the module is built."""

    def __init__(self, channels: int = 1, classes: int = 10) -> None:
        super().__init__(channels, classes)
        self.prompt = nn.Parameter(torch.randn(channels, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images + self.prompt)


def small_vgg11_bn(classes: int = CLASSES, divisor: int = 8) -> nn.Module:
    """Return torchvision's vgg11_bn of fewer channels, with small hidden layers at the end."""
    vgg = models().vgg
    layers = [part if part == "M" else part // divisor for part in vgg.cfgs["A"]]
    classifier = nn.Sequential(
        *(nn.Linear(layers[-2], 32), nn.ReLU(inplace=True), nn.Dropout()),
        *(nn.Linear(32, 32), nn.ReLU(inplace=True), nn.Dropout()),
        nn.Linear(32, classes),
    )
    return nn.Sequential(vgg.make_layers(layers, batch_norm=True), nn.Flatten(), classifier)


def coloured(images: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Return images of 32×32 pixels and three colours, each class with stripes of its own."""
    rng = np.random.default_rng(11)
    labels = np.arange(images) % CLASSES
    places = np.arange(32)
    stripes = np.sin(places[None, :, None] * (labels[:, None, None] + 1) / 3) * 60 + 128
    noise = rng.normal(0, 40, (images, 32, 32, 3))
    return np.clip(stripes[..., None] + noise, 0, 255).astype(np.uint8), labels
