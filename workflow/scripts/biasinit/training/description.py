"""What training one shard needs to know, without the rest of the study.

The workflow checks a study before it describes a shard; a description may be written by hand too,
and is checked here against what training can do.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from biasinit.specs.layouts import Layout, layout_from_mapping
from biasinit.specs.schemes import BiasScheme, scheme_from_mapping
from biasinit.vocabulary import (
    CELL_FACTORS,
    AugmentationKind,
    Engine,
    InputScaling,
    Normalization,
    OptimizerKind,
    Precision,
    ScheduleKind,
    WeightInitialisation,
)

# what training knows, by the key that names it
CHOICES = {
    "normalization": get_args(Normalization),
    "weight_init": get_args(WeightInitialisation),
    "input_scaling": get_args(InputScaling),
    "optimizer.kind": get_args(OptimizerKind),
    "schedule.kind": get_args(ScheduleKind),
    "training.precision": get_args(Precision),
    "training.augmentation": get_args(AugmentationKind),
    "training.engine": get_args(Engine),
}
COUNTS = ("epochs", "batch_size", "points_per_epoch", "test_epochs", "probe_images", "width")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDescription:
    """How the learning rate changes from step to step; defaults as in the study file."""

    kind: str = "constant"
    step_epochs: int = 1
    step_factor: float = 0.1
    rise: float = 0.3
    start_divisor: float = 25.0
    end_divisor: float = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerDescription:
    """How gradients become updates; defaults as in the study file."""

    kind: str = "sgd"
    momentum: float = 0.9
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    decay_biases: bool = False
    gradient_clip: float | None = None
    schedule: ScheduleDescription = field(default_factory=ScheduleDescription)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingDescription:
    """What is the same in every run; defaults as in the study file."""

    epochs: int
    batch_size: int
    points_per_epoch: int = 4
    dense_epochs: int = 8
    test_epochs: int = 3
    probe_images: int = 200
    precision: str = "float32"
    label_smoothing: float = 0.0
    augmentation: str = "none"
    crop_margin: int = 4
    engine: str = "eager"
    width: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDescription:
    """One shard: consecutive seeds of one scheme, in one cell, at one normalisation.

    ``label`` names the scheme in tables: the A/A arm trains ``scheme`` under another label,
    with the batch order of ``order_stream``.
    """

    study: str
    study_seed: int
    seeds: tuple[int, ...]
    cell: Mapping[str, str | float]
    normalization: str
    scheme: BiasScheme
    label: str
    order_stream: str
    layout: Layout
    optimizer: OptimizerDescription
    training: TrainingDescription

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "ShardDescription":
        """Return the description in a mapping as ``Study.shard_description`` makes it.

        Raises:
            KeyError: a key is missing.
            TypeError: a key is not known, or a value is of another type.
            ValueError: a value is not possible.

        """
        first, beyond = mapping["seeds"]
        optimizer = dict(mapping["optimizer"])
        schedule = ScheduleDescription(**optimizer.pop("schedule", {}))
        description = cls(
            study=mapping["study"],
            study_seed=mapping["study_seed"],
            seeds=tuple(range(first, beyond)),
            cell={factor: mapping["cell"][factor] for factor in CELL_FACTORS},
            normalization=mapping["normalization"],
            scheme=scheme_from_mapping(mapping["scheme"]),
            label=mapping["label"],
            order_stream=mapping["order_stream"],
            layout=layout_from_mapping(mapping["architecture"]),
            optimizer=OptimizerDescription(**optimizer, schedule=schedule),
            training=TrainingDescription(**mapping["training"]),
        )
        _check(description)
        return description

    @property
    def learning_rate(self) -> float:
        """The learning rate of the cell, which the schedule multiplies."""
        return float(self.cell["learning_rate"])

    @property
    def run_key(self) -> dict[str, str | float]:
        """Factors and scheme, as the tables name them."""
        return {**self.cell, "normalization": self.normalization, "scheme": self.label}


def _check(description: ShardDescription) -> None:
    """Raise a ValueError for the first value that training could not work with."""
    training, optimizer = description.training, description.optimizer
    named = {
        "normalization": description.normalization,
        "weight_init": description.cell["weight_init"],
        "input_scaling": description.cell["input_scaling"],
        "optimizer.kind": optimizer.kind,
        "schedule.kind": optimizer.schedule.kind,
        "training.precision": training.precision,
        "training.augmentation": training.augmentation,
        "training.engine": training.engine,
    }
    for key, value in named.items():
        if value not in CHOICES[key]:
            known = ", ".join(map(repr, CHOICES[key]))
            raise ValueError(f"'{key}' must be one of {known}, got {value!r}.")
    for key in COUNTS:
        value = getattr(training, key)
        if type(value) is not int or value < 1:
            raise ValueError(f"'training.{key}' must be a whole number from 1 on, got {value!r}.")
    if not description.seeds or description.seeds[0] < 0:
        raise ValueError("'seeds' must be the first seed, from 0 on, and the one after the last.")
    rate = description.cell["learning_rate"]
    if not isinstance(rate, int | float) or not 0 < rate < math.inf:
        raise ValueError(f"'learning_rate' must be a number above 0, got {rate!r}.")
