"""How often a training job keeps a checkpoint: a matter of the place, not of the study."""

import math
import os

from biasinit.errors import ConfigurationError, Problem

INTERVAL = "BIASINIT_CHECKPOINT_SECONDS"


def checkpoint_seconds(default: float) -> float:
    """Return the seconds between two checkpoints that the environment asks for.

    A place that takes nodes away often wants a shorter interval than ``default``; no number of
    a study depends on it.

    Raises:
        ConfigurationError: what it asks for is no number of seconds.

    """
    asked = os.environ.get(INTERVAL)
    if asked is None:
        return default
    try:
        seconds = float(asked)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0 or math.isinf(seconds):
        what = f"must be a number of seconds, 0 or more, got {asked!r}."
        problem = Problem(key=INTERVAL, what=what, mend="Correct it.")
        raise ConfigurationError([problem], of="The environment")
    return seconds
