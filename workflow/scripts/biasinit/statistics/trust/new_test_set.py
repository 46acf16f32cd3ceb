"""Accuracy contrasts for a new test set, from the stored correctness of every prediction.

All runs share one test set, so their spread says nothing about other images. Model: the gap of
seed s on image i is a mean, an effect of the seed, one of the image, and the rest. Mean squares
give the variance of the mean for new seeds and new images, ``seeds + images - rest``, never less
than that of the seeds (two-way layout with random effects; Searle, Casella and McCulloch 1992,
section 4.3).

All contrasts of a study are measured on the same seeds and images, so their errors correlate. The
critical value of a family is that of the largest |t| when the effects of whole seeds flip their
sign and those of whole images are multiplied by normal numbers, both in common for all contrasts
(a studentised wild bootstrap). No interval is narrower than the one for this test set.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.study_runs import CROSSED_NORMALIZATION
from biasinit.statistics.trust.image_gaps import ImageGaps, gaps_of_cell, with_bits
from biasinit.statistics.trust.test_sets import EVERY_DATASET, datasets_tested_anew
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import ALL_CELLS

Contrast = tuple[str, str]
"""Normalisation (or the difference of both) and scheme."""
CHUNK = 200  # bootstrap samples at a time, so that 10,000 images need 8 MB
COLUMNS = ("normalization", "scheme", "cell", "lower", "upper")


def new_test_set_family(
    correct: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    contrasts: pd.DataFrame,
    reference: str,
    schemes: Sequence[str],
    test_images: Mapping[str, int],
    draws: int,
    alpha: float,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return the intervals for a new test set of every contrast, over all cells and in each.

    Args:
        correct: the table `correct`.
        runs: from ``read_runs``, treatments only; says which runs failed.
        contrasts: the intervals for this test set: ``normalization, scheme, cell,
            simultaneous_lower, simultaneous_upper``.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study, without the A/A arm.
        test_images: number of test images of each data set.
        draws: bootstrap samples.
        alpha: error rate of each family: contrasts over all cells, and those of single cells, of
            accuracy and of its difference between normalisations.
        analysis_seed: keys the bootstrap.

    Returns:
        The columns of ``COLUMNS``, bounds in points. A cell's contrast rests on the seeds where
        both of its runs trained; "all" is the mean over the cells. No rows where a data set is
        not in ``test_images``, or every seed is tested on images of its own: there the spread over
        seeds contains that of the images, and the interval over seeds is one for new images.

    """
    table, cells = with_bits(correct, runs), _fixed_cells(runs, test_images)
    gaps = (
        (cell, dataset, contrast, found)
        for cell, dataset in cells.items()
        for contrast, found in gaps_of_cell(
            table[table["cell"] == cell],
            reference=reference,
            schemes=schemes,
            seeds=sorted(table["seed"].unique()),
            images=test_images.get(dataset),
        ).items()
    )
    errors = _errors(gaps, cells=runs["cell"].nunique())
    rows = []
    for family in _families(errors):
        rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name=f"new test set, {family[0].family}")
        limits = _critical(family, draws=draws, alpha=alpha, rng=rng)
        for error, limit in zip(family, limits, strict=True):
            middle, half = 100 * error.estimate, 100 * limit * np.sqrt(error.variance)
            bounds = (middle - half, middle + half)
            rows.append((error.normalization, error.scheme, error.cell, *bounds))
    return _no_narrower(pd.DataFrame(rows, columns=list(COLUMNS)), contrasts)


@dataclass(frozen=True, kw_only=True)
class _Error:
    """A contrast and what it varies by, in shares of images.

    ``seeds`` (S,), of which ``used`` have runs, and ``images`` by data set are influences, which
    sum to 0; the squares of those of images sum to the variance that new images add.
    """

    normalization: str
    scheme: str
    cell: str
    estimate: float
    seeds: Floats
    used: int
    images: Mapping[str, Floats]

    @property
    def family(self) -> str:
        """Name of the contrasts that it is judged with."""
        outcome = "interaction" if self.normalization == CROSSED_NORMALIZATION else "accuracy"
        return f"{outcome}, {'all cells' if self.cell == ALL_CELLS else 'single cells'}"

    @property
    def seed_variance(self) -> float:
        """Variance of the estimate over new seeds."""
        return float((self.seeds**2).sum() * self.used / (self.used - 1))

    @property
    def image_variance(self) -> float:
        """Variance that new images add."""
        return float(sum((influence**2).sum() for influence in self.images.values()))

    @property
    def variance(self) -> float:
        """Variance of the estimate over new seeds and new images."""
        return self.seed_variance + self.image_variance

    @property
    def df(self) -> float:
        """Degrees of freedom of the variance (Satterthwaite)."""
        count = sum(len(influence) for influence in self.images.values())
        parts = self.seed_variance**2 / (self.used - 1) + self.image_variance**2 / (count - 1)
        return self.variance**2 / parts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """What is kept of a contrast in a cell when its bits are no longer needed."""

    estimate: float
    present: Booleans


def _fixed_cells(runs: pd.DataFrame, test_images: Mapping[str, int]) -> Mapping[str, str]:
    """Return the data set of each cell whose seeds are all tested on the same known images."""
    names = runs["dataset"].astype(str) if "dataset" in runs else EVERY_DATASET
    by_cell = runs.assign(name=names).groupby("cell", sort=False)["name"].first()
    known = {EVERY_DATASET, *test_images} - datasets_tested_anew(runs)
    return {str(cell): name for cell, name in by_cell.items() if name in known}


def _errors(
    gaps: Iterable[tuple[str, str, Contrast, ImageGaps]], *, cells: int
) -> Sequence[_Error]:
    """Return the error of each contrast in each cell, and over all where every cell has one.

    Args:
        gaps: cell, data set, contrast and its gaps there; a cell at a time, as bits are large.
        cells: of the study; one alone is called as the mean over all.

    """
    single: list[_Error] = []
    sums: dict[Contrast, dict[str, Floats]] = {}
    found: dict[Contrast, list[_Cell]] = {}
    for cell, dataset, contrast, one in gaps:
        if one.present.sum() < 2:
            continue
        weighted = _weighted(one) / np.float32(cells)
        mine = sums.setdefault(contrast, {})
        mine[dataset] = mine[dataset] + weighted if dataset in mine else weighted
        kept = _Cell(estimate=one.estimate, present=one.present)
        found.setdefault(contrast, []).append(kept)
        if cells > 1:
            part = {dataset: weighted * np.float32(cells)}
            single.append(_error(contrast, cell, part, [kept]))
    return single + [
        _error(contrast, ALL_CELLS, sums[contrast], parts)
        for contrast, parts in found.items()
        if len(parts) == cells
    ]


def _weighted(one: ImageGaps) -> Floats:
    """Return centred gaps, (S, images), whose sum over seeds is an image's part in the contrast."""
    seeds = one.present.sum()
    centred = one.gaps - np.float32(one.estimate)
    return np.where(one.present[:, None], centred / seeds, 0).astype(np.float32)


def _error(
    contrast: Contrast, cell: str, by_dataset: Mapping[str, Floats], parts: Sequence[_Cell]
) -> _Error:
    used = int(np.any([part.present for part in parts], axis=0).sum())
    influences = {name: _influences(table, used) for name, table in by_dataset.items()}
    return _Error(
        normalization=contrast[0],
        scheme=contrast[1],
        cell=cell,
        estimate=float(np.mean([part.estimate for part in parts])),
        seeds=np.sum([seeds for seeds, _ in influences.values()], axis=0),
        used=used,
        images={name: images for name, (_, images) in influences.items()},
    )


def _influences(weighted: Floats, used: int) -> tuple[Floats, Floats]:
    """Return the influence of seeds (S,), and of images scaled to the variance that they add."""
    count = weighted.shape[1]
    seeds = weighted.sum(axis=1, dtype=np.float64) / count
    images = weighted.sum(axis=0, dtype=np.float64) / count
    square = float(np.vdot(weighted, weighted)) / count**2
    rest = square - (seeds**2).sum() / count - (images**2).sum() / used
    rest *= used / (used - 1) * count / (count - 1)
    of_images = float((images**2).sum())
    added = of_images * count / (count - 1) - max(rest, 0.0)
    scale = np.sqrt(max(added, 0.0) / of_images) if of_images > 0 else 0.0
    return seeds, images * scale


def _families(errors: Sequence[_Error]) -> list[list[_Error]]:
    by_name: dict[str, list[_Error]] = {}
    for error in errors:
        by_name.setdefault(error.family, []).append(error)
    return list(by_name.values())


def _critical(
    family: Sequence[_Error], *, draws: int, alpha: float, rng: np.random.Generator
) -> Floats:
    """Return the |t| that each contrast of a family must exceed, at least that of a t-test."""
    varying = [error for error in family if error.variance > 0]
    limits = np.zeros(len(family))
    if not varying:
        return limits
    seeds = np.column_stack([error.seeds for error in varying])  # (S, contrasts)
    used = np.array([error.used for error in varying], dtype=np.float64)
    added = np.array([error.image_variance for error in varying])
    images = {
        name: np.column_stack(
            [error.images.get(name, np.zeros(width)) for error in varying]
        ).astype(np.float32)
        for name, width in _widths(varying).items()
    }
    largest = np.empty(draws)
    for start in range(0, draws, CHUNK):
        here = slice(start, min(start + CHUNK, draws))
        count = here.stop - here.start
        signs = 2.0 * rng.integers(0, 2, size=(count, len(seeds))) - 1
        shift = signs @ seeds
        variance = ((seeds**2).sum(axis=0) - shift**2 / used) * used / (used - 1)
        for table in images.values():
            shift += rng.standard_normal((count, len(table)), dtype=np.float32) @ table
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(shift) / np.sqrt(np.maximum(variance, 0.0) + added)
        largest[here] = np.nan_to_num(t, nan=0.0, posinf=np.inf).max(axis=1)
    common = float(np.quantile(largest, 1 - alpha, method="higher"))
    alone = scipy.stats.t.isf(alpha / 2, [error.df for error in varying])
    limits[[error.variance > 0 for error in family]] = np.maximum(common, alone)
    return limits


def _widths(errors: Sequence[_Error]) -> dict[str, int]:
    """Return the number of images of each data set."""
    return {name: len(part) for error in errors for name, part in error.images.items()}


def _no_narrower(intervals: pd.DataFrame, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the intervals, each widened to hold the one for this test set."""
    keys = ["normalization", "scheme", "cell"]
    bounds = ["simultaneous_lower", "simultaneous_upper"]
    beside = intervals[keys].merge(contrasts[[*keys, *bounds]], on=keys, how="left")
    lower, upper = (beside[name].to_numpy(dtype=float) for name in bounds)
    return intervals.assign(
        lower=np.fmin(intervals["lower"].to_numpy(dtype=float), lower),
        upper=np.fmax(intervals["upper"].to_numpy(dtype=float), upper),
    )
