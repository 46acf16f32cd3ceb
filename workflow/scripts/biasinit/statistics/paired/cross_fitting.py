"""A contrast of two arms, each at its best level of a factor, cross-fitted over halves of seeds.

In a halving, each half of the seeds is judged at the levels that the *other* half chose, so no
seed has a part in the choice that it is judged at. The estimate is the mean over many halvings.
With a single one, all seeds of a half share one choice, an error of which no spread over seeds
shows (type I error up to .40 where two levels are nearly tied, docs/statistics.md); the mean over
many is smooth in the votes of the seeds, so the jackknife over whole seeds, each left out of its
own pairs and of its vote, sees what the choice adds. Source: Efron (2014), Estimation and accuracy
after model selection, doi:10.1080/01621459.2013.823775 (smoothed selection, delta method).

Shapes: S seeds, R levels, B halvings; a half is 0 or 1; a pair of levels (scheme's, reference's)
is one number below R².
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from biasinit.statistics.inference.arrays import Booleans, Floats, Integers

AnyArray = TypeVar("AnyArray", Floats, Booleans)

MOST_HALVINGS = 500  # all of them up to 12 seeds; as many random ones leave no error that shows
FEWEST_SEEDS = 4  # so that each half still has a seed when one is left out
DECIMALS = 9  # of mean validation accuracy, percent: sums in another order are no other choice


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRuns:
    """The runs of one arm in one cell, (S, R) each; ``outcome`` is NaN where there is no run."""

    outcome: Floats
    validation: Floats
    failed: Booleans


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The levels that halves chose.

    ``by_half`` (B, 2); ``without`` (B, S): by the half of a seed, had it not been there.
    """

    by_half: Integers
    without: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFit:
    """One cell's estimate, and without each seed; counts are means over halvings.

    ``estimate`` and ``without_seed`` (S,) are NaN where there is no pair; ``pairs`` (S,) says how
    many of a seed's pairs are judged, at most one. ``set_apart``, ``failed`` and
    ``reference_failed`` count pairs and runs at the chosen levels.
    """

    estimate: float
    without_seed: Floats
    pairs: Floats
    set_apart: float
    failed: float
    reference_failed: float


def halvings(seeds: int, rng: np.random.Generator) -> Booleans:
    """Return halvings (B, S), true for the one half: all there are, or ``MOST_HALVINGS`` random.

    A halving and its mirror image are the same; with an odd number the one half has a seed more.
    """
    half = seeds // 2
    distinct = math.comb(seeds, half) // (1 if seeds % 2 else 2)
    if distinct <= MOST_HALVINGS:
        first = itertools.combinations(range(seeds), half)
        chosen = list(itertools.islice(first, distinct))  # the others are mirror images of these
    else:
        chosen = [tuple(rng.permutation(seeds)[:half]) for _ in range(MOST_HALVINGS)]
    members = np.zeros((len(chosen), seeds), dtype=bool)
    members[np.arange(len(chosen))[:, None], np.array(chosen)] = True
    return members


def choices_of(validation: Floats, halves: Booleans) -> Choices:
    """Return the levels of the highest mean validation accuracy, the first of equals.

    Args:
        validation: (S, R), NaN where it is not known.
        halves: from ``halvings``.

    """
    known = ~np.isnan(validation)
    values, counts = np.where(known, validation, 0.0), known.astype(np.float64)
    members = _members(halves)
    own = np.where(halves, 0, 1)
    rows = np.arange(len(halves))[:, None]
    sums, sizes = members @ values, members @ counts
    return Choices(
        by_half=_best(sums, sizes),
        without=_best(sums[rows, own] - values, sizes[rows, own] - counts),
    )


def cross_fit(
    scheme: ArmRuns,
    reference: ArmRuns,
    chosen: tuple[Choices, Choices],
    halves: Booleans,
) -> CrossFit:
    """Return the difference of two arms in one cell, each at the levels that were chosen for it.

    A pair of runs of which one failed is set apart; its seed's other pairs are not.

    Args:
        scheme: the runs of the one arm.
        reference: those of the arm that is subtracted.
        chosen: the choices of both.
        halves: the halvings that they were made by.

    """
    seeds, levels = scheme.outcome.shape
    by_half = chosen[0].by_half * levels + chosen[1].by_half
    without = chosen[0].without * levels + chosen[1].without
    differences = _pairs(scheme.outcome[:, :, None] - reference.outcome[:, None, :])
    exists = np.isfinite(differences)
    lost = _pairs(scheme.failed[:, :, None] | reference.failed[:, None, :]) & exists
    there = exists & ~lost
    total, total_without = _sums(np.where(there, differences, 0.0), by_half, without, halves)
    count, count_without = _sums(there.astype(np.float64), by_half, without, halves)
    shares = _shares_judged(by_half, halves, levels**2)
    by_level = (shares * exists).reshape(seeds, levels, levels)
    with np.errstate(invalid="ignore"):
        return CrossFit(
            estimate=float(np.divide(total, count)),
            without_seed=total_without / count_without,
            pairs=(shares * there).sum(axis=1),
            set_apart=float((shares * lost).sum()),
            failed=float((by_level.sum(axis=2) * scheme.failed).sum()),
            reference_failed=float((by_level.sum(axis=1) * reference.failed).sum()),
        )


def seed_values(cells: Sequence[CrossFit]) -> Floats:
    """Return one number for each seed, whose mean is the mean over the cells' estimates.

    They are its jackknife pseudo-values without their correction of bias, (S,): NaN for a seed
    that is judged in no cell, and everywhere when a cell has no pair: a mean over the other cells
    would be the answer to another question.
    """
    estimate = float(np.mean([cell.estimate for cell in cells]))
    without = np.mean([cell.without_seed for cell in cells], axis=0)
    used = np.sum([cell.pairs for cell in cells], axis=0) > 0
    values = np.full(len(without), np.nan)
    if used.sum() >= 2:
        values[used] = estimate + (used.sum() - 1) * (without[used].mean() - without[used])
    return values


def _sums(
    table: Floats, by_half: Integers, without: Integers, halves: Booleans
) -> tuple[Floats, Floats]:
    """Return the sum over halvings and seeds at the pairs of levels that each is judged at.

    And the same without each seed, (S,): its half is judged without it, and the other half at
    what its half chose without its vote. ``table`` is (S, R²).
    """
    rows = np.arange(len(halves))[:, None]
    own, seeds = np.where(halves, 0, 1), np.arange(len(table))
    sums = _members(halves) @ table  # (B, 2, R²)
    whole = sums[rows, [[0, 1]], by_half[:, ::-1]].sum()
    judged_at = by_half[rows, 1 - own]  # (B, S)
    kept = sums[rows, own, judged_at] - table[seeds, judged_at]
    others = sums[rows, 1 - own, without]
    return whole, (kept + others).sum(axis=0)


def _shares_judged(by_half: Integers, halves: Booleans, pairs: int) -> Floats:
    """Return the share of halvings in which each seed is judged at each pair of levels, (S, R²)."""
    judged_at = by_half[np.arange(len(halves))[:, None], np.where(halves, 1, 0)]
    counts = np.zeros((halves.shape[1], pairs))
    np.add.at(counts, (np.arange(halves.shape[1]), judged_at), 1.0)
    return counts / len(halves)


def _members(halves: Booleans) -> Floats:
    return np.stack([halves, ~halves], axis=1).astype(np.float64)  # (B, 2, S)


def _pairs(table: AnyArray) -> AnyArray:
    return table.reshape(len(table), -1)


def _best(sums: Floats, counts: Floats) -> Integers:
    means = np.divide(sums, counts, out=np.full(sums.shape, -np.inf), where=counts > 0.5)
    return np.asarray(means.round(DECIMALS).argmax(axis=-1))
