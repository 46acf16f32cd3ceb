"""What training one shard needs to know, without the rest of the study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from biasinit.layouts import Layout, layout_from_mapping
from biasinit.schemes import BiasScheme, scheme_from_mapping
from biasinit.vocabulary import CELL_FACTORS


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
        """Return the description in a mapping as ``Study.shard_description`` makes it."""
        first, beyond = mapping["seeds"]
        optimizer = dict(mapping["optimizer"])
        schedule = ScheduleDescription(**optimizer.pop("schedule", {}))
        return cls(
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

    @property
    def learning_rate(self) -> float:
        """The learning rate of the cell, which the schedule multiplies."""
        return float(self.cell["learning_rate"])

    @property
    def run_key(self) -> dict[str, str | float]:
        """Factors and scheme, as the tables name them."""
        return {**self.cell, "normalization": self.normalization, "scheme": self.label}
