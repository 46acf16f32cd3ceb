"""The words that studies, analyses and reports share: factors, levels, names.

Training imports none of them, so that a new word here trains nothing again.

A *cell* is a combination of all factors but normalisation.
"""

from dataclasses import fields
from typing import Final, Literal

from biasinit.specs.cell import Cell

CELL_FACTORS = tuple(factor.name for factor in fields(Cell))
FACTORS = (*CELL_FACTORS[:2], "normalization", *CELL_FACTORS[2:])
RUN_KEY = (*FACTORS, "scheme", "seed")

ALL_CELLS = "all"  # in place of a cell: over all of them
OWN_BEST_RATE = "own best learning rate"  # in place of a cell: each scheme at its own

QUICK = "-quick"  # ends the name of a quick try of a study
AGAIN = "_again"  # ends the name of the A/A arm, which is a scheme once more

WITHOUT_AND_WITH = ("none", "batchnorm_shift")  # the levels that an interaction compares
TREATMENTS = (*WITHOUT_AND_WITH, "norm_shift")  # the levels of normalisation that enter models
IDENTITY = "batchnorm"  # bias before normalisation: cancelled exactly, a check and no treatment

CURVE: Final = "validation_accuracy"  # the column of learning curves, and of their last points
FROM_CURVES = ("epochs_to_threshold", "reached", "curve_area")  # what is worked out from them

JUDGED = "judged"  # name of a study that is a table of runs alone
USUAL_MARGIN = 0.5  # points of accuracy: what the studies of this project are judged by

BroughtColumn = Literal[
    "scheme",
    "seed",
    "final_accuracy",
    "dataset",
    "architecture",
    "weight_init",
    "input_scaling",
    "optimizer",
    "learning_rate",
    "normalization",
    "epochs_to_threshold",
    "reached",
    "epochs_to_early_threshold",
    "failed",
    "failure_kind",
    "validation_accuracy",
    "final_loss",
    "initial_loss",
    "commonest_first_guess",
    "curve_area",
    "diverged_at",
    "weights_hash",
    "order_hash",
    "test_hash",
]
"""The columns that a table of brought runs may have, which a study may give other names."""

RunsFormat = Literal["table", "mlflow", "tensorboard", "lightning", "keras", "wandb"]
"""What brought runs stand in: a table, or the logs of a tool, each a module of runs/importers."""

Unfinished = Literal["refused", "left out", "kept", "failed"]
"""What becomes of logged runs that did not finish."""

LAST_VALUES = ("final_accuracy", "validation_accuracy", "final_loss")
"""The columns of brought runs that are the value at the last step, where logs have steps."""
