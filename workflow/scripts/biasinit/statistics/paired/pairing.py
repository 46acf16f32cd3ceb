"""Whether the pairing is real, and what it gains.

Runs of one seed must start from the same weights and see the same batches whatever the scheme:
equal hashes prove it. What the pairing gains is measured: the correlation of paired accuracies
and var(unpaired difference) / var(paired difference), which is 1 where seeds leave no trace.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.study_runs import levels_present, read_runs, treatments
from biasinit.statistics.paired.arrangement import arrange

COLUMNS = (
    *("normalization", "cell", "scheme", "reference", "seeds"),
    *("weights_equal", "orders_equal", "correlation", "variance_gain"),
)


def pairing_audit(runs: pd.DataFrame, *, reference: str, schemes: Sequence[str]) -> pd.DataFrame:
    """Return the table `pairing`.

    Args:
        runs: the table `runs`; without hash columns their equality is missing.
        reference: name of the scheme that all others are paired with.
        schemes: in the order of the study; the A/A arm belongs here too if it is wanted.

    Returns:
        One row per normalisation, cell and scheme. Correlation and gain rest on the seeds where
        both trained.

    """
    table = treatments(read_runs(runs, needed=["final_accuracy"]))
    rows = []
    for level in levels_present(table):
        part = table[(table["normalization"] == level)]
        trained = part.assign(accuracy=part["final_accuracy"].where(~part["failed"]))
        array = arrange(trained, "accuracy")
        if reference not in array.levels:
            continue
        for cell_place, cell in enumerate(array.cells):
            in_cell = part[part["cell"] == cell].set_index("seed")
            base = in_cell[in_cell["scheme"] == reference]
            for scheme in schemes:
                if scheme == reference or scheme not in array.levels:
                    continue
                arm = in_cell[in_cell["scheme"] == scheme]
                pair = np.column_stack([array.of(name)[cell_place] for name in (scheme, reference)])
                correlation, gain = _gain(pair[np.isfinite(pair).all(axis=1)])
                rows.append(
                    {
                        "normalization": level,
                        "cell": cell,
                        "scheme": scheme,
                        "reference": reference,
                        "seeds": len(arm.index.intersection(base.index)),
                        "weights_equal": _equal(arm, base, "weights_hash"),
                        "orders_equal": _equal(arm, base, "order_hash"),
                        "correlation": correlation,
                        "variance_gain": gain,
                    }
                )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"weights_equal": "boolean", "orders_equal": "boolean"})


def _equal(arm: pd.DataFrame, base: pd.DataFrame, column: str) -> bool | None:
    if column not in arm:
        return None
    common = arm.index.intersection(base.index)
    first, second = arm.loc[common, column], base.loc[common, column]
    if len(common) == 0 or first.isna().any() or second.isna().any():
        return None
    return bool((first == second).all())


def _gain(pair: Floats) -> tuple[float, float]:
    """Return correlation and variance gain of two columns, (units, 2); NaN if undefined."""
    if len(pair) < 3:
        return float("nan"), float("nan")
    variances = pair.var(axis=0, ddof=1)
    difference = (pair[:, 0] - pair[:, 1]).var(ddof=1)
    negligible = 1e-20 * float((pair**2).max())
    correlation = gain = float("nan")
    if (variances > negligible).all():
        correlation = float(np.corrcoef(pair[:, 0], pair[:, 1])[0, 1])
    if difference > negligible:
        gain = float(variances.sum() / difference)
    return correlation, gain
