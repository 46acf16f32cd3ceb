"""What scheme and reference got right on every test image, seed by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from biasinit.statistics.inference.arrays import Booleans
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.study_runs import CROSSED_NORMALIZATION, levels_present
from biasinit.statistics.trust.packed_bits import packed, unpacked
from biasinit.vocabulary import FACTORS

Small = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageGaps:
    """A contrast in one cell: scheme right minus reference right, (S, images).

    0 where a seed is not ``present`` (S,), because a run of it failed or is missing.
    """

    gaps: Small
    present: Booleans

    @property
    def estimate(self) -> float:
        """Mean gap of the seeds that are present, a share of images."""
        return float(self.gaps.sum(dtype=np.int64) / (self.present.sum() * self.gaps.shape[1]))


def with_bits(correct: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with their packed bits in a column ``correct``; others are left out.

    Args:
        correct: the table `correct`.
        runs: from ``read_runs``.

    """
    keys = [name for name in (*FACTORS, "scheme", "seed") if name in correct and name in runs]
    bits = correct.drop_duplicates(keys)
    bits = bits.assign(scheme=[level_text(value) for value in bits["scheme"]])
    kept = runs[[*dict.fromkeys([*keys, "normalization", "cell", "failed"])]]
    return kept.merge(bits[[*keys, "correct"]], on=keys, how="inner")


def gaps_of_cell(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    seeds: Sequence[object],
    images: int | None,
) -> Mapping[tuple[str, str], ImageGaps]:
    """Return the gaps of every contrast in a cell, by normalisation and scheme.

    Args:
        runs: of the cell, from ``with_bits``.
        reference: name of the scheme that is subtracted.
        schemes: those that are compared with it, the reference among them or not.
        seeds: of the study, in the order of the rows.
        images: number of test images; None for all bits.

    """
    others = [scheme for scheme in schemes if scheme != reference]
    found: dict[tuple[str, str], ImageGaps] = {}
    levels = levels_present(runs)
    for level in levels:
        part = runs[(runs["normalization"] == level) & ~runs["failed"]]
        base, with_base = _right(part[part["scheme"] == reference], seeds, images)
        for scheme in others:
            own, with_own = _right(part[part["scheme"] == scheme], seeds, images)
            if own.size and base.size:
                found[level, scheme] = _present(own - base, with_own & with_base)
    if len(levels) == 2:
        for scheme in others:
            pair = [found[level, scheme] for level in levels if (level, scheme) in found]
            if len(pair) == 2:
                off, on = pair
                both = off.present & on.present
                found[CROSSED_NORMALIZATION, scheme] = _present(on.gaps - off.gaps, both)
    return found


def _present(gaps: Small, present: Booleans) -> ImageGaps:
    return ImageGaps(gaps=np.where(present[:, None], gaps, np.int8(0)), present=present)


def _right(
    runs: pd.DataFrame, seeds: Sequence[object], images: int | None
) -> tuple[Small, Booleans]:
    """Return whether each seed's run was right on each image, and which seeds have a run."""
    rows = dict(zip(runs["seed"], runs["correct"], strict=True))
    present = np.array([seed in rows for seed in seeds], dtype=bool)
    if not rows:
        return np.zeros((0, 0), dtype=np.int8), present
    some = unpacked(packed(next(iter(rows.values()))), images)
    right = np.zeros((len(seeds), len(some)), dtype=np.int8)
    for place, seed in enumerate(seeds):
        if seed in rows:
            right[place] = unpacked(packed(rows[seed]), images)
    return right, present
