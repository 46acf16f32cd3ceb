"""What training one shard needs to know, without the rest of the study.

The workflow checks a study before it describes a shard; a description may be written by hand too.
Either way its parts are the specifications that the study was read into.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biasinit.plugins.specifications import architecture_of, scheme_of
from biasinit.specs.cell import Cell, Normalization
from biasinit.specs.keys import Keys, from_values, section
from biasinit.specs.limits import Natural
from biasinit.specs.networks.base import Architecture
from biasinit.specs.optimizer import Optimizer
from biasinit.specs.schemes.base import BiasScheme
from biasinit.specs.training import Training


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDescription(Keys):
    """One shard: consecutive seeds of one scheme, in one cell, at one normalisation.

    ``label`` names the scheme in tables: the A/A arm trains ``scheme`` under another label,
    with the batch order of ``order_stream``.
    """

    study: str
    study_seed: Natural
    seeds: tuple[Natural, ...]
    cell: Cell
    normalization: Normalization
    scheme: BiasScheme
    label: str
    order_stream: str
    architecture: Architecture
    optimizer: Optimizer
    training: Training

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], *, folder: Path) -> "ShardDescription":
        """Return the description in a mapping as ``Study.shard_description`` makes it.

        Args:
            mapping: plain values; keys of a part may be left out where they have a default.
            folder: of the study file, which a user's own files are relative to.

        Raises:
            KeyError: a key is missing.
            TypeError: a key of a part is missing, or not known.
            ValueError: a value is not possible.

        """
        first, beyond = mapping["seeds"]
        if not 0 <= first < beyond:
            raise ValueError(
                "'seeds' must be the first seed, from 0 on, and the one after the last."
            )
        with section("cell"):
            cell = from_values(Cell, mapping["cell"])
        with section("scheme"):
            scheme = scheme_of(mapping["scheme"], folder=folder)
        with section("architecture"):
            network = {"name": cell.architecture, **mapping["architecture"]}
            architecture = architecture_of(network, folder=folder)
        with section("optimizer"):
            optimizer = from_values(Optimizer, {"name": cell.optimizer, **mapping["optimizer"]})
        with section("training"):
            training = from_values(Training, mapping["training"])
        return cls(
            study=mapping["study"],
            study_seed=mapping["study_seed"],
            seeds=tuple(range(first, beyond)),
            cell=cell,
            normalization=mapping["normalization"],
            scheme=scheme,
            label=mapping["label"],
            order_stream=mapping["order_stream"],
            architecture=architecture,
            optimizer=optimizer,
            training=training,
        )

    @property
    def learning_rate(self) -> float:
        """The learning rate of the cell, which the schedule multiplies."""
        return float(self.cell.learning_rate)

    @property
    def run_key(self) -> dict[str, str | float]:
        """Factors and scheme, as the tables name them."""
        return {**self.cell.levels, "normalization": self.normalization, "scheme": self.label}
