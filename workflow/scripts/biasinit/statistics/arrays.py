"""Names for the kinds of NumPy arrays that the statistics pass around, and their grouped sums."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Booleans: TypeAlias = npt.NDArray[np.bool_]


def group_sums(groups: Integers, values: Floats, count: int) -> Floats:
    """Return the sum of ``values`` (n,) in each of ``count`` groups, (count,)."""
    return np.asarray(np.bincount(groups, weights=values, minlength=count), dtype=np.float64)
