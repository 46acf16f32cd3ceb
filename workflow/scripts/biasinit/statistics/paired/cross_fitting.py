"""A contrast of two arms, each at its best level of a factor, cross-fitted over halves of seeds.

Half of the seeds chooses the level of each arm by its mean validation accuracy, and the other half
is judged there; the estimate is the mean over many such halves, so every seed is judged, at levels
that it had no part in. With a single pair of halves that choose for each other, all seeds of a
half share one choice, an error of which no spread over seeds shows: a family of three had type I
errors up to .40 where two levels were nearly tied (docs/statistics.md). The mean over many halves
is smooth in the votes of the seeds, so the jackknife over whole seeds, each left out of its pairs
and of its votes, sees what the choice adds. Source: Efron (2014), Estimation and accuracy after
model selection, doi:10.1080/01621459.2013.823775 (smoothed selection, delta method).

Shapes: S seeds, R levels, B sets; a pair of levels (scheme's, reference's) is a number below R².
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from biasinit.statistics.inference.arrays import Booleans, Floats, Integers

AnyArray = TypeVar("AnyArray", Floats, Booleans)

MOST_SETS = 500  # all that there are where they are no more; as many random ones otherwise
FEWEST_SEEDS = 4  # two of them choose, so that one is left when the other is left out
# the estimate bends in the votes, which a jackknife does not see: at the worst gap between two
# levels a family of three erred in .07 to .09 without this factor, and in .04 to .06 with it
VOTE = 1.3
DECIMALS = 9  # of mean validation accuracy, percent: sums in another order are no other choice


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRuns:
    """The runs of one arm in one cell, (S, R) each; ``outcome`` is NaN where there is no run.

    ``flags`` says by name what is true of a run; ``failed`` is among them.
    """

    outcome: Floats
    validation: Floats
    flags: Mapping[str, Booleans]

    @property
    def failed(self) -> Booleans:
        """Which runs failed."""
        return self.flags["failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The levels that sets chose, (B,), and would have chosen ``without`` each seed, (B, S)."""

    by_set: Integers
    without: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFit:
    """One cell's estimate, and without each seed; what is true of the runs at the chosen levels.

    ``estimate``, ``without_pairs`` (S,) of a seed whose votes are kept, and ``without_seed`` (S,)
    are NaN where there is no pair; ``pairs`` and ``set_apart`` (S,) are the shares of the sets
    that judge a pair of the seed, and that set it apart. ``flags`` (B, S) are those of the
    scheme's run at the level that a set chose, and ``reference_flags`` those of the reference's;
    false where one of both is missing.
    """

    estimate: float
    without_pairs: Floats
    without_seed: Floats
    pairs: Floats
    set_apart: Floats
    flags: Mapping[str, Booleans]
    reference_flags: Mapping[str, Booleans]


def choosing_sets(seeds: int, rng: np.random.Generator) -> Booleans:
    """Return the sets of seeds that choose, (B, S): all halves, or ``MOST_SETS`` random ones.

    Random ones are pairs of halves that choose for each other, so that all seeds are judged alike
    often.
    """
    size = seeds // 2
    few = math.comb(seeds, size) <= MOST_SETS
    if few:
        chosen = np.array(list(itertools.combinations(range(seeds), size)))
    else:
        chosen = np.array([rng.permutation(seeds)[:size] for _ in range(MOST_SETS // 2)])
    members = np.zeros((len(chosen), seeds), dtype=bool)
    members[np.arange(len(chosen))[:, None], chosen] = True
    return members if few else np.concatenate([members, ~members])


def choices_of(validation: Floats, sets: Booleans) -> Choices:
    """Return the levels of the highest mean validation accuracy, the first of equals.

    Args:
        validation: (S, R), NaN where it is not known.
        sets: from ``choosing_sets``.

    """
    known = ~np.isnan(validation)
    values, counts = np.where(known, validation, 0.0), known.astype(np.float64)
    members = sets.astype(np.float64)
    sums, sizes = members @ values, members @ counts  # (B, R)
    left_out = members[:, :, None]
    return Choices(
        by_set=_best(sums, sizes),
        without=_best(sums[:, None] - left_out * values, sizes[:, None] - left_out * counts),
    )


def cross_fit(
    scheme: ArmRuns, reference: ArmRuns, chosen: tuple[Choices, Choices], sets: Booleans
) -> CrossFit:
    """Return the difference of two arms in one cell, each at the levels that were chosen for it.

    A pair of runs of which one failed is set apart; its seed's other pairs are not.

    Args:
        scheme: the runs of the one arm.
        reference: those of the arm that is subtracted.
        chosen: the choices of both.
        sets: that made them.

    """
    levels = scheme.outcome.shape[1]
    by_set = chosen[0].by_set * levels + chosen[1].by_set
    without = chosen[0].without * levels + chosen[1].without
    differences = _pairs(scheme.outcome[:, :, None] - reference.outcome[:, None, :])
    exists = np.isfinite(differences)
    lost = _pairs(scheme.failed[:, :, None] | reference.failed[:, None, :]) & exists
    there = exists & ~lost
    values, counts = np.where(there, differences, 0.0), there.astype(np.float64)
    total, *totals = _sums(values, by_set, without, sets)
    count, *pairs = _sums(counts, by_set, without, sets)
    at_chosen = exists[:, by_set].T  # (B, S)
    return CrossFit(
        estimate=float(_mean(total, count)),
        without_pairs=_mean(totals[0], pairs[0]),
        without_seed=_mean(totals[1], pairs[1]),
        pairs=shares_judged(there[:, by_set].T, sets),
        set_apart=shares_judged(lost[:, by_set].T, sets),
        flags=_flags_at(scheme, chosen[0], at_chosen),
        reference_flags=_flags_at(reference, chosen[1], at_chosen),
    )


def shares_judged(found: Booleans, sets: Booleans) -> Floats:
    """Return for each seed the share of the sets judging it for which something is true, (S,).

    Their sum is what a set finds among the seeds that it judges, mean over sets, as if it judged
    all of them.

    Args:
        found: what is true of a seed by set, (B, S).
        sets: that chose.

    """
    judged = ~sets
    return np.asarray((found & judged).sum(axis=0) / judged.sum(axis=0))


def seed_values(cells: Sequence[CrossFit]) -> Floats:
    """Return one number for each seed, whose mean is the mean over the cells' estimates.

    They are its jackknife pseudo-values without their correction of bias, and with the part of
    the votes enlarged by ``VOTE``, (S,): NaN for a seed that is judged in no cell, and everywhere
    when a cell has no pair: a mean over the other cells would be the answer to another question.
    """
    estimate = float(np.mean([cell.estimate for cell in cells]))
    pairs = np.mean([cell.without_pairs for cell in cells], axis=0)
    without = pairs + VOTE * (np.mean([cell.without_seed for cell in cells], axis=0) - pairs)
    used = np.sum([cell.pairs for cell in cells], axis=0) > 0
    values = np.full(len(without), np.nan)
    if used.sum() >= 2:
        values[used] = estimate + (used.sum() - 1) * (without[used].mean() - without[used])
    return values


def _sums(
    table: Floats, by_set: Integers, without: Integers, sets: Booleans
) -> tuple[Floats, Floats, Floats]:
    """Return the sum over sets and the seeds they judge, and two sums without each seed, (S,).

    The one without its pairs, the other without its votes too. ``table`` is (S, R²).
    """
    judged = (~sets).astype(np.float64)
    sums = judged @ table  # (B, R²)
    rows = np.arange(len(sets))
    whole = sums[rows, by_set].sum()
    own = (judged * table[:, by_set].T).sum(axis=0)  # (S,)
    return whole, whole - own, np.asarray(sums[rows[:, None], without].sum(axis=0) - own)


def _mean(total: Floats, count: Floats) -> Floats:
    """Return the mean, NaN of nothing: a sum less its only part may be a little more than 0."""
    nothing = np.full(np.shape(total), np.nan)
    return np.asarray(np.divide(total, count, out=nothing, where=count > 0.5))


def _flags_at(arm: ArmRuns, chosen: Choices, exists: Booleans) -> dict[str, Booleans]:
    """Return what is true of each seed's run at the level that a set chose, (B, S)."""
    return {name: flag[:, chosen.by_set].T & exists for name, flag in arm.flags.items()}


def _pairs(table: AnyArray) -> AnyArray:
    return table.reshape(len(table), -1)


def _best(sums: Floats, counts: Floats) -> Integers:
    means = np.divide(sums, counts, out=np.full(sums.shape, -np.inf), where=counts > 0.5)
    return np.asarray(means.round(DECIMALS).argmax(axis=-1))
