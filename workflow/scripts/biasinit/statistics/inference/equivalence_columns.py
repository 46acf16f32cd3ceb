"""Two one-sided tests for every row of a table of contrasts."""

import numpy as np
import pandas as pd

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.estimates import two_one_sided
from biasinit.statistics.inference.multiplicity import holm


def equivalence_columns(
    estimate: Floats, standard_error: Floats, df: Floats, margin: Floats, *, family: Booleans
) -> pd.DataFrame:
    """Return ``p_equivalence, p_equivalence_adjusted, smallest_margin``.

    Args:
        estimate: (rows,), in the unit of the margin.
        standard_error: (rows,).
        df: (rows,).
        margin: (rows,), NaN where none is set; then only the smallest margin is given.
        family: rows adjusted together by Holm; the others keep their own p-value.

    """
    single = np.full(len(estimate), np.nan)
    smallest = np.full(len(estimate), np.nan)
    for row in range(len(estimate)):
        if not np.isfinite(standard_error[row]) or not df[row] > 0:
            continue
        known = bool(margin[row] > 0)
        tests = two_one_sided(
            float(estimate[row]),
            float(standard_error[row]),
            float(df[row]),
            float(margin[row]) if known else 1.0,
        )
        smallest[row] = tests.smallest_margin
        single[row] = tests.p if known else np.nan
    adjusted = single.copy()
    adjusted[family] = holm(single[family])
    return pd.DataFrame(
        {
            "p_equivalence": single,
            "p_equivalence_adjusted": adjusted,
            "smallest_margin": smallest,
        }
    )
