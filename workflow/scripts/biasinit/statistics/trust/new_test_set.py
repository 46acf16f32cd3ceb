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
from biasinit.statistics.trust.packed_bits import packed, unpacked
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import FACTORS

CHUNK = 200  # bootstrap samples at a time, so that 10,000 images need 16 MB


def pigeonhole_means(
    values: Sequence[Floats], shares: Sequence[float], *, draws: int, rng: np.random.Generator
) -> Floats:
    """Return bootstrap means when rows are resampled jointly and columns in each table.

    Args:
        values: (rows, columns) for each data set, with the same rows.
        shares: weight of each data set.
        draws: bootstrap samples.
        rng: the stream of the bootstrap.

    Returns:
        (draws,); NaN where a data set has fewer than two rows or columns.

    """
    rows = len(values[0])
    if min(rows, *(table.shape[1] for table in values)) < 2:
        return np.full(draws, np.nan)
    row_weights = rng.multinomial(rows, np.full(rows, 1 / rows), size=draws) / rows
    means: Floats = np.zeros(draws)
    for table, share in zip(values, shares, strict=True):
        columns = table.shape[1]
        even = np.full(columns, 1 / columns)
        for start in range(0, draws, CHUNK):
            part = slice(start, start + CHUNK)
            weights = rng.multinomial(columns, even, size=len(row_weights[part])) / columns
            means[part] += share * np.einsum("dc,dc->d", row_weights[part] @ table, weights)
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
    rows = []
    gaps = _gaps_of_contrasts(table, reference, schemes, test_images)
    for (level, scheme), by_dataset in gaps.items():
        if not by_dataset:
            continue
        name = f"new test set, {level}, {scheme}"
        rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name=name)
        values = [gap.mean.to_numpy() for gap in by_dataset.values()]
        shares = np.array([gap.cells for gap in by_dataset.values()], dtype=np.float64)
        means = pigeonhole_means(values, list(shares / shares.sum()), draws=draws, rng=rng)
        lower, upper = 100 * np.quantile(means, [0.025, 0.975])
        rows.append({"normalization": level, "scheme": scheme, "lower": lower, "upper": upper})
    return pd.DataFrame(rows, columns=["normalization", "scheme", "lower", "upper"])


@dataclass(frozen=True, kw_only=True)
class _Gaps:
    """Mean difference of correctness over the cells of one data set, (seeds, images)."""

    mean: pd.DataFrame
    cells: int


def _gaps_of_contrasts(
    table: pd.DataFrame, reference: str, schemes: Sequence[str], test_images: Mapping[str, int]
) -> dict[tuple[str, str], dict[str, _Gaps]]:
    """Return the gaps of each contrast by data set, those between normalisations too."""
    levels = levels_present(table)
    others = [scheme for scheme in schemes if scheme != reference]
    gaps = {
        (level, scheme): _gaps(
            table[table["normalization"] == level], scheme, reference, test_images
        )
        for level in levels
        for scheme in others
    }
    if len(levels) == 2:
        for scheme in others:
            off, on = gaps[levels[0], scheme], gaps[levels[1], scheme]
            gaps[CROSSED_NORMALIZATION, scheme] = _crossed(on, off)
    return gaps


def _gaps(
    part: pd.DataFrame, scheme: str, reference: str, test_images: Mapping[str, int]
) -> dict[str, _Gaps]:
    """Return scheme minus reference by data set, for the seeds where both trained everywhere."""
    arms = {name: part[part["scheme"] == name] for name in (scheme, reference)}
    pair = arms[scheme].merge(arms[reference], on=["cell", "seed"], suffixes=("", "_reference"))
    count = pair["cell"].nunique()
    fine = pair[~pair["failed"] & ~pair["failed_reference"]].groupby("seed").size()
    seeds = sorted(fine.index[fine == count])
    by_dataset: dict[str, _Gaps] = {}
    if not seeds:
        return by_dataset
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
            gap = _bits(first, images) - _bits(second, images)
            total[seed] = total[seed] + gap if seed in total else gap
        cells = int(rows["cell"].nunique())
        mean = pd.DataFrame({seed: total[seed] / cells for seed in seeds}).T
        by_dataset[str(dataset)] = _Gaps(mean=mean, cells=cells)
    return by_dataset


def _crossed(on: Mapping[str, _Gaps], off: Mapping[str, _Gaps]) -> dict[str, _Gaps]:
    """Return the difference of two such gaps, data set by data set, on the seeds that both have."""
    if not on or set(on) != set(off):
        return {}
    found = {}
    for dataset, gap in on.items():
        seeds = gap.mean.index.intersection(off[dataset].mean.index)
        if len(seeds) == 0:
            return {}
        mean = gap.mean.loc[seeds] - off[dataset].mean.loc[seeds]
        found[dataset] = _Gaps(mean=mean, cells=gap.cells)
    return found


def _bits(value: object, images: int | None) -> Floats:
    return unpacked(packed(value), images).astype(np.float64)
