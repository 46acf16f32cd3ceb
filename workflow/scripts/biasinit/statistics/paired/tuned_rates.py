"""Contrasts of schemes, each at the learning rate that suits it best, cross-fitted over seeds.

A scheme that wants another learning rate than the reference loses at a common one for a reason
that a practitioner would remove. A rate that is chosen and judged on the same runs would look
better than it is, the more so the more rates there are. So half of the seeds choose each arm's
rate by its mean validation accuracy and the other half is judged at it, over many such halves
(``cross_fitting``): every seed is judged, at rates that it had no part in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biasinit.metric import ACCURACY, Metric
from biasinit.statistics.inference.arrays import Booleans
from biasinit.statistics.inference.collapsed import OUTCOME, with_collapsed
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    cell_labels,
    common_margin,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.arms import (
    BOTH_CAME_THROUGH,
    EVERY_SEED,
    ArmDifferences,
    DifferenceColumn,
)
from biasinit.statistics.paired.contrast_tests import COLUMNS as TESTS
from biasinit.statistics.paired.contrast_tests import Margins, contrast_tests
from biasinit.statistics.paired.cross_fitting import (
    FEWEST_SEEDS,
    ArmRuns,
    Choices,
    CrossFit,
    choices_of,
    choosing_sets,
    cross_fit,
    seed_values,
    shares_judged,
)
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import ALL_CELLS

RATE = "learning_rate"
LOWEST, HIGHEST = "lowest", "highest"
PERCENT = 100.0  # the largest accuracy
OFTEN = 0.1  # share of sets from which an end of the grid is said to be chosen
SHOWN = 0.01  # share of sets from which a rate is named
TUNED_CONTRASTS = (
    *("normalization", "scheme", "reference", "cell", "basis"),
    *("learning_rates", "reference_learning_rates", "at_edge", "reference_at_edge"),
    *("pairs", "set_apart", "failed", "reference_failed"),
    *("collapsed", "reference_collapsed", "stray", "reference_stray"),
    *("seeds_trained", "seeds_collapsed"),
    *TESTS,
    *("margin", "fragile"),
)
FAMILY = "accuracy"
EVENTS = ("failed", "collapsed", "stray")  # that are counted of both arms


def tuned_contrasts(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    collapse_points: float,
    metric: Metric = ACCURACY,
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return differences of final accuracy from the reference, each arm at its best rate.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study; others are left out.
        margins: equivalence margin in points for each data set; ten of them make a stray run.
        collapse_points: points below the reference's median at the same rate; a run with more has
            collapsed.
        metric: what ``final_accuracy`` and ``validation_accuracy`` are; points are its unit.
        alpha: error rate of the family of all rows.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    Returns:
        The columns of ``TUNED_CONTRASTS`` for each scheme and normalisation: over all the cells
        that are left without the learning rate, then in each of several. ``learning_rates`` are
        those chosen, with the share of sets that chose them where they differ, and for each cell
        where these do; ``at_edge`` names the ends of the grid that a tenth of the sets or more
        chose, because a better one may lie beyond. A pair of runs of which one failed at the chosen
        rates is set apart; its seed stays in the other cells. ``pairs``, ``set_apart`` and what
        befell runs of either arm at the chosen rates are means over sets. So are ``seeds_trained``,
        the scheme's seeds of which a collapse there would be known, and ``seeds_collapsed``, those
        of them with one; over several cells a seed counts once. No rows without two rates, four
        seeds and validation accuracies.

    Raises:
        RunsTableError: a column is missing.

    """
    table = read_runs(runs, needed=[OUTCOME, "validation_accuracy", RATE])
    # before the cells lose their rate: a run is held against the reference's at the same one
    table = with_collapsed(
        table,
        reference=reference,
        collapse_points=collapse_points,
        margins=margins,
        metric=metric,
    )
    table = treatments(table[table["scheme"].isin(list(schemes))])
    table = table.assign(cell=cell_labels(table.drop(columns=[RATE])))
    seeds, rates = (sorted(table[name].unique()) for name in ("seed", RATE))
    known = table["validation_accuracy"].notna().any()
    if len(rates) < 2 or len(seeds) < FEWEST_SEEDS or not known:
        return pd.DataFrame(columns=list(TUNED_CONTRASTS))
    rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name="seeds that choose rates")
    arms = _Arms(
        table=_with_promise(table, metric),
        seeds=seeds,
        rates=rates,
        sets=choosing_sets(len(seeds), rng),
    )
    found = []
    for level in levels_present(table):
        base = arms.of(level, reference)
        for scheme in schemes:
            if scheme != reference:
                key = (FAMILY, level, scheme, reference)
                found += _contrast(key, arms.of(level, scheme), base, arms)
    differences = ArmDifferences.of_columns([row.column for row in found], list(map(str, seeds)))
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    margin = np.full(len(found), common_margin(margins, table))
    tests = contrast_tests(differences, plan, Margins.around_zero(margin), name="tuned")
    told = pd.DataFrame([row.told for row in found])
    result = pd.concat([differences.labels, told, tests], axis=1)
    return result.assign(margin=margin, fragile=tests["skewed"])[list(TUNED_CONTRASTS)]


def _with_promise(table: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the runs with what they promise, of which more is better.

    Runs that failed count in the choice with what they reached, and with the least that there is
    where that is not known: a rate at which runs fail is not chosen for those of them that were
    lucky. The least accuracy is 0 percent. Another metric may have no least value; there it is
    the worst that any run is known to have, at its end too, where a run that failed has what a
    network has that learnt nothing. Its values are scaled to at most 100, as percent are: the
    choice calls equal what agrees to ``cross_fitting.DECIMALS``.
    """
    promise = metric.sign * table["validation_accuracy"]
    unknown = table["failed"] & promise.isna()
    if metric.is_accuracy:
        return table.assign(promise=promise.mask(unknown, 0.0))
    least = min(promise.min(), (metric.sign * table[OUTCOME]).min())
    promise = promise.mask(unknown, least)
    largest = promise.abs().max()
    return table.assign(promise=promise * (PERCENT / largest) if largest > 0 else promise)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One number for each seed, and what is told beside it: rates and counts."""

    column: DifferenceColumn
    told: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class _Arm:
    """The runs of a scheme at a normalisation by cell, and the rates that were chosen for it."""

    runs: Mapping[str, ArmRuns]
    chosen: Mapping[str, Choices]

    def only(self, cell: str) -> "_Arm":
        """Return the arm in one cell."""
        return _Arm(runs={cell: self.runs[cell]}, chosen={cell: self.chosen[cell]})


@dataclass(frozen=True, kw_only=True)
class _Arms:
    """The runs of a study, and the sets of seeds that choose for all of its arms."""

    table: pd.DataFrame
    seeds: Sequence[int]
    rates: Sequence[float]
    sets: Booleans

    def of(self, level: str, scheme: str) -> _Arm:
        """Return an arm; without cells where it has no runs."""
        mine = (self.table["normalization"] == level) & (self.table["scheme"] == scheme)
        by_cell = self.table[mine].groupby("cell", sort=True)
        runs = {str(cell): self._runs(part) for cell, part in by_cell}
        chosen = {cell: choices_of(found.validation, self.sets) for cell, found in runs.items()}
        return _Arm(runs=runs, chosen=chosen)

    def _runs(self, part: pd.DataFrame) -> ArmRuns:
        """Return the runs of one cell by seed and rate, (S, R); NaN where there is no run."""
        flags = (*EVENTS, "collapse_known")
        names = [OUTCOME, "promise", *flags]
        runs = part[["seed", RATE, *names]].astype(dict.fromkeys(names, float))
        table = runs.pivot(index="seed", columns=RATE, values=names).reindex(
            index=list(self.seeds), columns=pd.MultiIndex.from_product([names, self.rates])
        )
        numbers = table.to_numpy(dtype=np.float64)
        wide = dict(zip(names, np.split(numbers, len(names), axis=1), strict=True))
        return ArmRuns(
            outcome=wide[OUTCOME],
            validation=wide["promise"],
            flags={name: wide[name] > 0 for name in flags},
        )


def _contrast(key: tuple[str, str, str, str], own: _Arm, base: _Arm, arms: _Arms) -> list[_Row]:
    """Return the rows of one contrast: over all cells, then each cell where there are several."""
    fits: dict[str, CrossFit] = {}
    if own.runs.keys() == base.runs.keys():  # otherwise a cell has no pair
        fits = {
            cell: cross_fit(
                own.runs[cell], base.runs[cell], (own.chosen[cell], base.chosen[cell]), arms.sets
            )
            for cell in sorted(own.runs)
        }
    rows = [_row((*key, ALL_CELLS), list(fits.values()), own, base, arms)]
    if len(fits) > 1:
        rows += [
            _row((*key, cell), [fit], own.only(cell), base.only(cell), arms)
            for cell, fit in fits.items()
        ]
    return rows


def _row(
    labels: tuple[str, ...], fits: Sequence[CrossFit], own: _Arm, base: _Arm, arms: _Arms
) -> _Row:
    apart = float(sum(fit.set_apart.sum() for fit in fits))
    values = seed_values(fits) if fits else np.full(len(arms.seeds), np.nan)
    pairs = [int((fit.pairs > 0).sum()) for fit in fits]
    column = DifferenceColumn(
        labels=(*labels, BOTH_CAME_THROUGH["failed"] if apart else EVERY_SEED),
        values=values,
        apart=apart > 0,
        fewest=min(pairs, default=0),
    )
    told = {
        "learning_rates": rates_in_words(_shares(own, arms.rates)),
        "reference_learning_rates": rates_in_words(_shares(base, arms.rates)),
        "at_edge": edges_in_words(_shares(own, arms.rates)),
        "reference_at_edge": edges_in_words(_shares(base, arms.rates)),
        "pairs": float(sum(fit.pairs.sum() for fit in fits) + apart),
        "set_apart": apart,
        **_counts([fit.flags for fit in fits], arms.sets, prefix=""),
        **_counts([fit.reference_flags for fit in fits], arms.sets, prefix="reference_"),
        "seeds_trained": _seeds([fit.flags["collapse_known"] for fit in fits], arms.sets),
        "seeds_collapsed": _seeds([fit.flags["collapsed"] for fit in fits], arms.sets),
    }
    return _Row(column=column, told=told)


def _counts(
    cells: Sequence[Mapping[str, Booleans]], sets: Booleans, *, prefix: str
) -> dict[str, float]:
    """Return how many runs each event befell, over the cells; mean over sets."""
    return {
        f"{prefix}{event}": float(sum(shares_judged(flags[event], sets).sum() for flags in cells))
        for event in EVENTS
    }


def _seeds(cells: Sequence[Booleans], sets: Booleans) -> float:
    """Return of how many seeds something is true in any cell; mean over sets."""
    return float(shares_judged(np.logical_or.reduce(cells), sets).sum()) if cells else 0.0


def _shares(arm: _Arm, rates: Sequence[float]) -> pd.DataFrame:
    """Return the share of sets that chose each rate, one row for each cell."""
    return pd.DataFrame(
        {
            cell: np.bincount(chosen.by_set, minlength=len(rates)) / chosen.by_set.size
            for cell, chosen in arm.chosen.items()
        },
        index=list(rates),
    ).T


def edges_in_words(shares: pd.DataFrame) -> str:
    """Return the ends of the grid among the rates that are often chosen, "" where none is.

    Args:
        shares: of the sets that chose each rate, (cells, rates in their order).

    """
    often = (shares >= OFTEN).any(axis=0).to_numpy()
    return " and ".join(name for name, end in ((LOWEST, 0), (HIGHEST, -1)) if often[end])


def rates_in_words(shares: pd.DataFrame) -> str:
    """Return the chosen rates: "0.02", or "0.02 (82 %), 0.005 (18 %)", the most frequent first.

    Cells are named where their rates differ. The argument is that of ``edges_in_words``.
    """
    by_cell = {str(cell): _of_cell(row[row >= SHOWN]) for cell, row in shares.iterrows()}
    if len(set(by_cell.values())) <= 1:
        return next(iter(by_cell.values()), "")
    return "; ".join(f"{cell}: {rates}" for cell, rates in by_cell.items())


def _of_cell(shares: "pd.Series[float]") -> str:
    if len(shares) == 1:
        return level_text(shares.index[0])
    ordered = shares.sort_values(ascending=False, kind="stable")
    return ", ".join(f"{level_text(rate)} ({100 * part:.0f} %)" for rate, part in ordered.items())
