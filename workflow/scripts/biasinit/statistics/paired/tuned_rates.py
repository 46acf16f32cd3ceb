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

from biasinit.statistics.inference.arrays import Booleans, Floats
from biasinit.statistics.inference.equivalence import equivalence_of
from biasinit.statistics.inference.model_formula import level_text
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    cell_labels,
    common_margin,
    levels_present,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.arms import BOTH_TRAINED, EVERY_SEED
from biasinit.statistics.paired.cross_fitting import (
    FEWEST_SEEDS,
    ArmRuns,
    Choices,
    CrossFit,
    choices_of,
    choosing_sets,
    cross_fit,
    seed_values,
)
from biasinit.statistics.paired.seed_tests import family_table
from biasinit.streams import Purpose, stream

RATE = "learning_rate"
LOWEST, HIGHEST = "lowest", "highest"
OFTEN = 0.1  # share of sets from which an end of the grid is said to be chosen
SHOWN = 0.01  # share of sets from which a rate is named
TUNED_CONTRASTS = (
    *("normalization", "scheme", "reference", "learning_rates", "reference_learning_rates"),
    *("at_edge", "reference_at_edge", "basis", "seeds"),
    *("set_apart", "failed", "reference_failed"),
    *("estimate", "standard_error", "df", "lower", "upper", "p"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper"),
    *("margin", "p_equivalence", "p_equivalence_adjusted"),
)


def tuned_contrasts(
    runs: pd.DataFrame,
    *,
    reference: str,
    schemes: Sequence[str],
    margins: Mapping[str, float],
    alpha: float,
    resamples: int,
    analysis_seed: int,
) -> pd.DataFrame:
    """Return differences of final accuracy from the reference, each arm at its best rate.

    Args:
        runs: the table `runs`.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study; others are left out.
        margins: equivalence margin in points for each data set.
        alpha: error rate of the family of all rows.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.

    Returns:
        The columns of ``TUNED_CONTRASTS``, one row for each scheme and normalisation: means over
        the cells that are left without the learning rate. ``learning_rates`` are those chosen,
        with the share of sets that chose them where they differ, and for each cell where these
        do; ``at_edge`` names the ends of the grid that a tenth of the sets or more chose, because
        a better one may lie beyond. A pair of runs of which one failed at the chosen rates
        is set apart; its seed stays in the other cells. ``set_apart``, ``failed`` and
        ``reference_failed`` are means over sets. No rows without two rates, four seeds and
        validation accuracies.

    Raises:
        RunsTableError: a column is missing.

    """
    table = read_runs(runs, needed=["final_accuracy", "validation_accuracy", RATE])
    table = treatments(table[table["scheme"].isin(list(schemes))])
    table = table.assign(cell=cell_labels(table.drop(columns=[RATE])))
    seeds, rates = (sorted(table[name].unique()) for name in ("seed", RATE))
    known = table["validation_accuracy"].notna().any()
    if len(rates) < 2 or len(seeds) < FEWEST_SEEDS or not known:
        return pd.DataFrame(columns=list(TUNED_CONTRASTS))
    rng = stream(analysis_seed, 0, Purpose.ANALYSIS, name="seeds that choose rates")
    arms = _Arms(table=table, seeds=seeds, rates=rates, sets=choosing_sets(len(seeds), rng))
    rows, columns = [], []
    for level in levels_present(table):
        base = arms.of(level, reference)
        for scheme in [name for name in schemes if name != reference]:
            row, values = _contrast(arms.of(level, scheme), base, arms)
            names = {"normalization": level, "scheme": scheme, "reference": reference}
            rows.append(names | row)
            columns.append(values)
    labels = pd.DataFrame(rows)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    any_failed = bool((labels["set_apart"] > 0).any())
    tests = family_table(np.array(columns).T, plan, any_failed=any_failed, name="tuned")
    result = pd.concat([labels, tests], axis=1)
    result["margin"] = common_margin(margins, table)
    equivalence = equivalence_of(result, family=np.ones(len(result), dtype=bool))
    return pd.concat([result, equivalence], axis=1)[list(TUNED_CONTRASTS)]


@dataclass(frozen=True, kw_only=True)
class _Arm:
    """The runs of a scheme at a normalisation by cell, and the rates that were chosen for it."""

    runs: Mapping[str, ArmRuns]
    chosen: Mapping[str, Choices]


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
        """Return the runs of one cell by seed and rate.

        Runs that failed count in the choice with what they reached, and with nothing where that
        is not known: a rate at which runs fail is not chosen for those of them that were lucky.
        """
        unknown = part["failed"] & part["validation_accuracy"].isna()
        reached = part["validation_accuracy"].mask(unknown, 0.0)
        wide = part.assign(reached=reached, lost=part["failed"].astype(float))
        outcome, validation, lost = (
            wide.pivot(index="seed", columns=RATE, values=name)
            .reindex(index=list(self.seeds), columns=list(self.rates))
            .to_numpy(dtype=np.float64)
            for name in ("final_accuracy", "reached", "lost")
        )
        return ArmRuns(outcome=outcome, validation=validation, failed=lost > 0)


def _contrast(own: _Arm, base: _Arm, arms: _Arms) -> tuple[dict[str, object], Floats]:
    """Return rates and counts of one row, and one number for each seed."""
    cells = sorted({*own.runs, *base.runs})
    row: dict[str, object] = {
        "learning_rates": rates_in_words(_shares(own, arms.rates)),
        "reference_learning_rates": rates_in_words(_shares(base, arms.rates)),
        "at_edge": edges_in_words(_shares(own, arms.rates)),
        "reference_at_edge": edges_in_words(_shares(base, arms.rates)),
    }
    fits: list[CrossFit] = []
    if own.runs.keys() == base.runs.keys():  # otherwise a cell has no pair
        fits = [
            cross_fit(
                own.runs[cell], base.runs[cell], (own.chosen[cell], base.chosen[cell]), arms.sets
            )
            for cell in cells
        ]
    for name in ("set_apart", "failed", "reference_failed"):
        row[name] = float(sum(getattr(fit, name) for fit in fits))
    row["basis"] = BOTH_TRAINED if row["set_apart"] else EVERY_SEED
    return row, seed_values(fits) if fits else np.full(len(arms.seeds), np.nan)


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
