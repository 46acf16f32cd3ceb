"""The digits network as a user of plain PyTorch writes it, and its arithmetic."""

from torch import nn

CHANNELS, UNITS, CLASSES, SIDE = (16, 32), 64, 10, 8


def plain_network() -> nn.Sequential:
    """Return conv 3×3×16 – pool – conv 3×3×32 – pool – dense 64 – dense 10."""
    first, second = CHANNELS
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear((SIDE // 4) ** 2 * second, UNITS),
        nn.ReLU(),
        nn.Linear(UNITS, CLASSES),
    )


def training_flop() -> int:
    """Return floating-point operations to train on one image once.

    Twice the multiplications of all weighted layers, three times over (forward, gradient of
    weights, gradient of inputs), less the gradient of the images, which nothing needs.
    """
    first, second = CHANNELS
    layers = [
        2 * SIDE**2 * 9 * first,
        2 * (SIDE // 2) ** 2 * 9 * first * second,
        2 * (SIDE // 4) ** 2 * second * UNITS,
        2 * UNITS * CLASSES,
    ]
    return 3 * sum(layers) - layers[0]
