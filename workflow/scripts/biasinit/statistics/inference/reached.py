"""Which runs reached the threshold within the length of a study."""

import pandas as pd

from biasinit.errors import RunsTableError

TIMES = ("epochs_to_threshold", "reached")
"""The columns of runs that tell when they reached the threshold, and whether."""


def reached_by(table: pd.DataFrame, epochs: float) -> pd.DataFrame:
    """Return the runs with ``reached`` and ``not_reached`` within so many epochs.

    Args:
        table: from ``read_runs``, with the columns ``TIMES``.
        epochs: length of a run.

    Raises:
        RunsTableError: a time is not above 0.

    """
    times = table["epochs_to_threshold"]
    if (times <= 0).any():
        raise RunsTableError(
            f"The column 'epochs_to_threshold' must hold times above 0, got {times.min():g}. "
            "Count epochs from 1: 1 is the end of the first epoch."
        )
    reached = table["reached"].fillna(False).astype(bool) & (times <= epochs)
    return table.assign(reached=reached, not_reached=~reached)
