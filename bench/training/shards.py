"""The networks that are measured, and shards of them as a study describes them.

Every description is made by ``Study.shard_description`` of a small study, so it holds what jobs
hold, and what a study refuses is refused here in the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from biasinit.data.exchange import no_exchange
from biasinit.data.prepared import PreparedDataset
from biasinit.training.description import ShardDescription

DIGITS = {"train": 1100, "validation": 100, "test": 597}
RANDOM = {"train": 512, "validation": 100, "test": 100}
LIKE_CIFAR10 = {"train": 4500, "validation": 500, "test": 1000}  # its shares, a tenth of the images
RATE = 0.005  # low enough that nothing diverges on random images, however long it is trained
CLASSES = 10
STUDY_SEED = 1


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A network on images of one size.

    Attributes:
        architecture: keys of the network, as a study file has them.
        normalization: level of normalisation.
        side: height and width of the images.
        colours: channels of the images.
        batch: images of a step.
        width: members side by side.
        digits: whether the images are the handwritten digits; others are random.
        counts: images of each subset, where they are random.

    """

    architecture: Mapping[str, Any]
    normalization: str = "none"
    side: int = 32
    colours: int = 3
    batch: int = 64
    width: int = 5
    digits: bool = False
    counts: Mapping[str, int] = field(default_factory=lambda: RANDOM)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Images of each subset."""
        return DIGITS if self.digits else self.counts


def convolutional(*channels: int) -> dict[str, Any]:
    """Return the keys of convolutions that a pool follows each, and a dense layer of 64."""
    layers = [layer for number in channels for layer in (number, "pool")]
    return {"kind": "convolutional", "layers": layers, "dense": [64]}


CONV = convolutional(16, 32, 64)
NETWORKS: Mapping[str, Measured] = {
    "small_cnn on digits": Measured(
        architecture={"kind": "small_cnn"}, side=8, colours=1, width=20, digits=True
    ),
    "conv 16-32-64": Measured(architecture=CONV),
    "conv 16-32-64, batch norm": Measured(architecture=CONV, normalization="batchnorm_shift"),
    "resnet-8": Measured(
        architecture={"kind": "resnet", "depth": 8, "channels": 16},
        normalization="batchnorm_shift",
    ),
}


def described(measured: Measured, *, epochs: int = 1, **training: Any) -> ShardDescription:
    """Return a shard of ``measured.width`` seeds.

    Args:
        measured: the network and its images.
        epochs: of each run.
        training: further keys of the study's training, such as ``engine`` and ``precision``.

    Raises:
        ConfigurationError: a study refuses it; the message says why.

    """
    mapping = shard_mapping(measured, epochs=epochs, **training)
    return ShardDescription.from_mapping(mapping, folder=Path())


def shard_mapping(measured: Measured, *, epochs: int = 1, **training: Any) -> dict[str, Any]:
    """Return the description that jobs get of such a shard, as plain values."""
    from biasinit.study.reading import parse_study  # needs pydantic, which a GPU's machine may lack

    # random images stand in for those that such a study would download
    kind = "digits" if measured.digits else "cifar10"
    data = {"name": "images", "kind": kind, **measured.sizes}
    keys: dict[str, Any] = {"epochs": epochs, "batch_size": measured.batch, "width": measured.width}
    study = parse_study(
        {
            "study": "bench",
            "study_seed": STUDY_SEED,
            "seeds": measured.width,
            "seeds_per_shard": measured.width,
            "schemes": [{"name": "zeros", "kind": "zeros"}],
            "replicate": None,
            "normalizations": [measured.normalization],
            "datasets": [data],
            "architectures": [{"name": "measured", **measured.architecture}],
            "weight_inits": ["he"],
            "optimizers": [{"name": "sgd", "kind": "sgd"}],
            "learning_rates": [RATE],
            "training": {**keys, "probe_images": 32, **training},
            "analysis": {"thresholds": {"images": 95.0}, "margins": {"images": 0.5}},
        },
        folder=Path(),
    )
    return study.shard_description(
        cell=study.cells[0], normalization=measured.normalization, scheme="zeros", shard=0
    )


def images_of(measured: Measured) -> PreparedDataset:
    """Return the digits, or random images of which only the size matters."""
    if measured.digits:
        from biasinit.data.preparing import prepare
        from biasinit.specs.datasets.digits import Digits

        return prepare(Digits(name="images", **DIGITS))
    return random_images(side=measured.side, colours=measured.colours, counts=measured.counts)


def random_images(
    *, side: int, colours: int, counts: Mapping[str, int] = RANDOM
) -> PreparedDataset:
    """Return random images of ten classes, so many in each subset."""
    beyond = np.cumsum(list(counts.values()))
    images, numbers = int(beyond[-1]), np.arange(beyond[-1])
    parts = np.split(numbers, beyond[:-1])
    return PreparedDataset(
        images=np.random.default_rng(0).integers(
            0, 256, (images, side, side, colours), dtype=np.uint8
        ),
        labels=(numbers % CLASSES).astype(np.uint8),
        maximum=255,
        split=dict(zip(("train", "validation", "test"), parts, strict=True)),
        shown=numbers[:, None],
        exchange=no_exchange(images),
    )


def with_width(description: ShardDescription, width: int) -> ShardDescription:
    """Return a shard with so many seeds, all side by side."""
    training = replace(description.training, width=width)
    return replace(description, training=training, seeds=tuple(range(width)))
