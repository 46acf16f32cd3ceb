"""Accuracy contrasts for a new test set, from the stored correctness of every prediction.

All runs share one test set, so their spread says nothing about other images. Resampling seeds
and images at the same time (the pigeonhole bootstrap) covers both; it is somewhat wide, which is
the safe side. Source: Owen (2007), doi:10.1214/07-AOAS122.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biasinit.statistics.arrays import Floats
from biasinit.statistics.study_runs import read_runs, treatments
from biasinit.streams import Purpose, stream

COLUMNS = (
    *("normalization", "scheme", "reference", "cell", "seeds", "images"),
    *("estimate", "lower", "upper"),
)


def new_test_set_intervals(
    correct: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    test_images: Mapping[str, int],
    draws: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return each contrast in each cell with a 95 % interval for new seeds and new images.

    Args:
        correct: the table `correct`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        test_images: number of test images of each data set.
        draws: bootstrap samples.
        analysis_seed: keys them.

    Returns:
        ``normalization, scheme, reference, cell, seeds, images, estimate, lower, upper`` in
        points. A failed run counts with the predictions that it made.

    """
    labels = read_runs(correct.drop(columns=["correct"]))
    labels["bits"] = list(correct["correct"])
    labels = treatments(labels)
    rows = []
    for key, part in labels.groupby(["normalization", "cell"], sort=False):
        normalization, cell = (str(name) for name in np.atleast_1d(np.array(key, dtype=object)))
        dataset = str(part["dataset"].iloc[0]) if "dataset" in part else ""
        images = test_images.get(dataset)
        bits = {
            (str(row.scheme), row.seed): _unpacked(row.bits, images) for row in part.itertuples()
        }
        for scheme in schemes:
            seeds = [
                seed
                for seed in sorted(part["seed"].unique())
                if (scheme, seed) in bits and (reference, seed) in bits
            ]
            if scheme == reference or not seeds:
                continue
            gaps = np.array([bits[(scheme, seed)] - bits[(reference, seed)] for seed in seeds])
            rng = stream(
                analysis_seed,
                0,
                Purpose.ANALYSIS,
                name=f"new test set, {normalization}, {cell}, {scheme}",
            )
            lower, upper = pigeonhole_interval(gaps, draws=draws, rng=rng)
            rows.append(
                {
                    "normalization": normalization,
                    "scheme": scheme,
                    "reference": reference,
                    "cell": cell,
                    "seeds": len(seeds),
                    "images": gaps.shape[1],
                    "estimate": 100 * float(gaps.mean()),
                    "lower": 100 * lower,
                    "upper": 100 * upper,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def pigeonhole_interval(
    values: Floats, *, draws: int, rng: np.random.Generator, level: float = 0.95
) -> tuple[float, float]:
    """Return a percentile interval of the mean when rows and columns are both resampled.

    Args:
        values: (rows, columns).
        draws: bootstrap samples.
        rng: the stream of the bootstrap.
        level: of the interval.

    """
    rows, columns = values.shape
    if rows < 2 or columns < 2:
        return float("nan"), float("nan")
    row_weights = rng.multinomial(rows, np.full(rows, 1 / rows), size=draws) / rows
    column_weights = rng.multinomial(columns, np.full(columns, 1 / columns), size=draws) / columns
    means = np.einsum("dc,dc->d", row_weights @ values, column_weights)
    tail = (1 - level) / 2
    lower, upper = np.quantile(means, [tail, 1 - tail])
    return float(lower), float(upper)


def _unpacked(value: object, images: int | None) -> Floats:
    packed = (
        np.frombuffer(bytes(value), dtype=np.uint8)
        if isinstance(value, (bytes, bytearray, memoryview))
        else np.asarray(value, dtype=np.uint8)
    )
    return np.unpackbits(packed, count=images).astype(np.float64)
