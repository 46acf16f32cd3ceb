"""Modules as people write them: functional calls, lists of layers, a norm of one's own."""

import torch
from torch import nn
from torch.nn import functional


class Functional(nn.Module):
    """Functional ReLU and pools; a batch norm between some layers only."""

    def __init__(self, channels=3, classes=10):
        super().__init__()
        self.first = nn.Conv2d(channels, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 8, 3, padding=1, groups=2)
        self.norm = nn.BatchNorm2d(8)
        self.dense = nn.Linear(8 * 16, 12)
        self.output = nn.Linear(12, classes)

    def forward(self, images):
        images = functional.max_pool2d(functional.relu(self.first(images)), 2)
        images = functional.relu(self.norm(self.second(images)))
        images = functional.adaptive_avg_pool2d(images, 4).flatten(1)
        return self.output(functional.relu(self.dense(images)))


class Listed(nn.Module):
    """Layers in a list that ``forward`` walks through; group norm; one layer is used twice."""

    def __init__(self, channels=3, classes=10):
        super().__init__()
        self.first = nn.Conv2d(channels, 8, 3, stride=2, padding=1)
        self.layers = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=2, dilation=2) for _ in range(2))
        self.norms = nn.ModuleList(nn.GroupNorm(2, 8) for _ in range(2))
        self.shared = nn.Conv2d(8, 8, 1)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2, bias=False)
        self.output = nn.Linear(4, classes)

    def forward(self, images):
        images = functional.relu(self.first(images))
        for layer, norm in zip(self.layers, self.norms, strict=True):
            images = images + self.shared(functional.relu(norm(layer(images))))
        return self.output(functional.relu(self.up(images)).mean((2, 3)))


class OwnNorm(nn.Module):
    """A normalisation that nobody else knows: its shift is no site."""

    def __init__(self, channels):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, images):
        scale = images.square().mean((1, 2, 3), keepdim=True).add(1e-5).rsqrt()
        return images * scale * self.gain[:, None, None] + self.shift[:, None, None]


class WithOwnNorm(nn.Module):
    """A norm layer of one's own, dropout, a layer that never runs, and attention."""

    def __init__(self, channels=3, classes=10):
        super().__init__()
        self.first = nn.Conv2d(channels, 8, 3, stride=2, padding=1)
        self.norm = OwnNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.before = nn.LayerNorm(8)
        self.unused = nn.Linear(8, 8)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(8, classes)

    def forward(self, images):
        images = functional.relu(self.norm(self.first(images)))
        tokens = self.before(images.flatten(2).transpose(1, 2))
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.output(self.dropout(tokens.mean(1)))


def wide_class(*, classes=7):
    """Logits of another number of classes than the data set has."""
    return Functional(classes=classes)
