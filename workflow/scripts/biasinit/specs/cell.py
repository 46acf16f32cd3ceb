"""A cell: one combination of the factors of a study other than scheme and normalisation."""

from dataclasses import dataclass, fields
from typing import Literal

from biasinit.specs.keys import Keys
from biasinit.specs.limits import Positive

Normalization = Literal["none", "batchnorm_shift", "norm_shift", "batchnorm"]
WeightInitialisation = Literal[
    "he", "glorot", "pytorch", "small_normal", "koch", "zeros", "constant", "as_built"
]
InputScaling = Literal["standardized", "raw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Keys):
    """One combination of the factors other than scheme and normalisation; names are of the study.

    The order of the fields is that of the columns of every table.
    """

    dataset: str
    architecture: str
    weight_init: WeightInitialisation
    input_scaling: InputScaling
    optimizer: str
    learning_rate: Positive

    @property
    def levels(self) -> dict[str, str | float]:
        """Levels by factor."""
        return {item.name: getattr(self, item.name) for item in fields(self)}
