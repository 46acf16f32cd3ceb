"""Modules as users write them, small enough for tests; ``network`` names them for a study."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class ScaleNorm(nn.Module):
    """A normalisation of one's own, which no part of the library knows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, images: Tensor) -> Tensor:
        norm = images.square().mean((1, 2, 3), keepdim=True).sqrt()
        return images / (norm + 1e-3) * self.scale[:, None, None]


class Mixed(nn.Module):
    """Functional ReLUs, a list of layers in forward, group norm, and a norm of its own."""

    def __init__(self, channels: int = 3, classes: int = 4, dropout: float = 0.0) -> None:
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
        found = functional.dropout(found, self.dropout, self.training)
        return self.last(functional.adaptive_avg_pool2d(found, 1).flatten(1))


class Dropping(nn.Module):
    """Batch norm and a layer of dropout."""

    def __init__(self, channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.LazyLinear(12),
            nn.ReLU(inplace=True),
            nn.Dropout(0.3),
            nn.Linear(12, classes),
        )
