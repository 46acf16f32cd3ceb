"""Accuracy contrasts for a new test set, from the stored correctness of every prediction.

All runs share one test set, so their spread says nothing about other images. Resampling seeds
and images at the same time (the pigeonhole bootstrap) covers both; it is somewhat wide, which is
the safe side. Source: Owen (2007), doi:10.1214/07-AOAS122.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.statistics.inference.arrays import Floats
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.study_runs import (
    CROSSED_NORMALIZATION,
    levels_present,
)
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import FACTORS

CHUNK = 200  # bootstrap samples at a time, so that 10,000 images need 16 MB


def pigeonhole_means(
    values: Sequence[Floats], shares: Sequence[float], *, draws: int, rng: np.random.Generator
) -> Floats:
    """Return bootstrap means when rows are resampled jointly and columns in each block.

    Args:
        values: blocks of (rows, columns), one per data set, with the same rows.
        shares: weight of each block.
        draws: bootstrap samples.
        rng: the stream of the bootstrap.

    Returns:
        (draws,); NaN where a block has fewer than two rows or columns.

    """
    rows = len(values[0])
    if min(rows, *(block.shape[1] for block in values)) < 2:
        return np.full(draws, np.nan)
    row_weights = rng.multinomial(rows, np.full(rows, 1 / rows), size=draws) / rows
    means: Floats = np.zeros(draws)
    for block, share in zip(values, shares, strict=True):
        columns = block.shape[1]
        even = np.full(columns, 1 / columns)
        for start in range(0, draws, CHUNK):
            part = slice(start, start + CHUNK)
            weights = rng.multinomial(columns, even, size=len(row_weights[part])) / columns
            means[part] += share * np.einsum("dc,dc->d", row_weights[part] @ block, weights)
    return means


def new_test_set_family(
    correct: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    test_images: Mapping[str, int],
    draws: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the interval for a new test set of every contrast over all cells that is judged.

    Args:
        correct: the table `correct`.
        runs: from ``read_runs``, treatments only; says which runs failed.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        test_images: number of test images of each data set.
        draws: bootstrap samples.
        analysis_seed: keys them.

    Returns:
        ``normalization`` (or the difference of both), ``scheme, lower, upper`` in points, 95 %.
        Cells weigh equally; seeds are those of the judged contrast: where both trained.

    """
    keys = [name for name in (*FACTORS, "scheme", "seed") if name in correct and name in runs]
    bits = correct.drop_duplicates(keys)
    bits = bits.assign(scheme=[level_text(value) for value in bits["scheme"]])
    table = runs[[*dict.fromkeys([*keys, "cell", "failed"])]].merge(
        bits[[*keys, "correct"]], on=keys, how="inner"
    )
    levels = levels_present(table)
    gaps = {
        (level, scheme): _gaps(
            table[table["normalization"] == level], scheme, reference, test_images
        )
        for level in levels
        for scheme in schemes
        if scheme != reference
    }
    if len(levels) == 2:
        for scheme in [name for name in schemes if name != reference]:
            off, on = gaps[levels[0], scheme], gaps[levels[1], scheme]
            gaps[CROSSED_NORMALIZATION, scheme] = _crossed(on, off)
    rows = []
    for (level, scheme), blocks in gaps.items():
        if not blocks:
            continue
        name = f"new test set, {level}, {scheme}"
        rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name=name)
        values = [block.mean.to_numpy() for block in blocks.values()]
        shares = np.array([block.cells for block in blocks.values()], dtype=np.float64)
        means = pigeonhole_means(values, list(shares / shares.sum()), draws=draws, rng=rng)
        lower, upper = 100 * np.quantile(means, [0.025, 0.975])
        rows.append({"normalization": level, "scheme": scheme, "lower": lower, "upper": upper})
    return pd.DataFrame(rows, columns=["normalization", "scheme", "lower", "upper"])


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Mean difference of correctness over the cells of one data set: (seeds, images)."""

    mean: pd.DataFrame
    cells: int


def _gaps(
    part: pd.DataFrame, scheme: str, reference: str, test_images: Mapping[str, int]
) -> dict[str, _Block]:
    """Return scheme minus reference by data set, for the seeds where both trained everywhere."""
    arms = {name: part[part["scheme"] == name] for name in (scheme, reference)}
    pair = arms[scheme].merge(arms[reference], on=["cell", "seed"], suffixes=("", "_reference"))
    count = pair["cell"].nunique()
    fine = pair[~pair["failed"] & ~pair["failed_reference"]].groupby("seed").size()
    seeds = sorted(fine.index[fine == count])
    blocks: dict[str, _Block] = {}
    if not seeds:
        return blocks
    chosen = pair[pair["seed"].isin(seeds)]
    names = (
        chosen["dataset"].astype(str) if "dataset" in chosen else chosen["cell"].map(lambda _: "")
    )
    for dataset, rows in chosen.groupby(names, sort=False):
        images = test_images.get(str(dataset))
        total: dict[object, Floats] = {}
        for seed, first, second in zip(
            rows["seed"], rows["correct"], rows["correct_reference"], strict=True
        ):
            gap = _unpacked(first, images) - _unpacked(second, images)
            total[seed] = total[seed] + gap if seed in total else gap
        cells = int(rows["cell"].nunique())
        mean = pd.DataFrame({seed: total[seed] / cells for seed in seeds}).T
        blocks[str(dataset)] = _Block(mean=mean, cells=cells)
    return blocks


def _crossed(on: Mapping[str, _Block], off: Mapping[str, _Block]) -> dict[str, _Block]:
    """Return the difference of two sets of blocks on the seeds that both have."""
    if not on or set(on) != set(off):
        return {}
    found = {}
    for dataset, block in on.items():
        seeds = block.mean.index.intersection(off[dataset].mean.index)
        if len(seeds) == 0:
            return {}
        mean = block.mean.loc[seeds] - off[dataset].mean.loc[seeds]
        found[dataset] = _Block(mean=mean, cells=block.cells)
    return found


def _unpacked(value: object, images: int | None) -> Floats:
    packed = (
        np.frombuffer(bytes(value), dtype=np.uint8)
        if isinstance(value, (bytes, bytearray, memoryview))
        else np.asarray(value, dtype=np.uint8)
    )
    return np.unpackbits(packed, count=images).astype(np.float64)
