"""Contrasts of schemes, each at the learning rate that suits it best, cross-fitted over seeds.

A scheme that wants another learning rate than the reference loses at a common one for a reason
that a practitioner would remove. A rate that is chosen and judged on the same runs would look
better than it is, the more so the more rates there are. So the seeds are halved (every other one
in their order): each half is judged at the rates that the *other* half chose by its mean
validation accuracy, and every seed gives one difference.

The seeds of a half share the choice of their rates, so they are not quite independent. Simulated
tables say what that costs the intervals over seeds: docs/statistics.md.
"""

from collections.abc import Mapping, Sequence

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
from biasinit.statistics.paired.arms import BOTH_CAME_THROUGH, EVERY_SEED
from biasinit.statistics.paired.arrangement import arrange
from biasinit.statistics.paired.available_pairs import seed_values
from biasinit.statistics.paired.seed_tests import family_table

RATE = "learning_rate"
LOWEST, HIGHEST = "lowest", "highest"
TUNED_CONTRASTS = (
    *("normalization", "scheme", "reference", "learning_rates", "reference_learning_rates"),
    *("at_edge", "reference_at_edge", "basis", "seeds"),
    *("set_apart", "failed", "reference_failed"),
    *("estimate", "standard_error", "df", "lower", "upper", "p"),
    *("p_adjusted", "simultaneous_lower", "simultaneous_upper"),
    *("margin", "p_equivalence", "p_equivalence_adjusted"),
)
_ARM = ("normalization", "cell", "scheme")


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
        for each half of the seeds and each cell where they differ; ``at_edge`` names the ends of
        the grid that some of them are, "lowest" or "highest" or both, because a better one may
        lie beyond. A pair of runs of which one failed at the chosen rates is ``set_apart``; its
        seed stays in the other cells. No rows without two rates and two seeds.

    Raises:
        RunsTableError: a column is missing.

    """
    table = read_runs(runs, needed=["final_accuracy", "validation_accuracy", RATE])
    table = treatments(table[table["scheme"].isin(list(schemes))])
    if table[RATE].nunique() < 2 or table["seed"].nunique() < 2:
        return pd.DataFrame(columns=list(TUNED_CONTRASTS))
    table = table.assign(
        cell=cell_labels(table.drop(columns=[RATE])), half=halves_of_seeds(table["seed"])
    )
    chosen = _rates_of_halves(table)
    judged = table.merge(chosen, on=[*_ARM, "half", RATE], validate="many_to_one")
    if judged.empty:  # no validation accuracy is known
        return pd.DataFrame(columns=list(TUNED_CONTRASTS))
    labels, values = _seed_differences(judged, reference, schemes)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    any_failed = bool((labels["set_apart"] > 0).any())
    tests = family_table(values, plan, any_failed=any_failed, name="tuned")
    result = pd.concat([labels, tests], axis=1)
    result["margin"] = common_margin(margins, judged)
    equivalence = equivalence_of(result, family=np.ones(len(result), dtype=bool))
    tried = sorted(table[RATE].unique())
    rates = _rates_of_rows(labels, chosen, lowest=tried[0], highest=tried[-1])
    return pd.concat([result, equivalence, rates], axis=1)[list(TUNED_CONTRASTS)]


def halves_of_seeds(seeds: "pd.Series[int]") -> "pd.Series[int]":
    """Return the half of each row's seed: 0 for the first, third, fifth seed in order, else 1."""
    place = {seed: place for place, seed in enumerate(sorted(seeds.unique()))}
    return seeds.map(place) % 2


def _rates_of_halves(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of each arm for each half of the seeds, which the other half chose."""
    return pd.concat(
        [_chosen_rates(table[table["half"] != half]).assign(half=half) for half in (0, 1)],
        ignore_index=True,
    )


def _chosen_rates(choosing: pd.DataFrame) -> pd.DataFrame:
    """Return for each arm the rate of the highest mean validation accuracy, the lowest of equals.

    Runs that failed count with what they reached, and with nothing where that is not known: a
    rate at which runs fail is not chosen for those of them that were lucky.
    """
    unknown = choosing["failed"] & choosing["validation_accuracy"].isna()
    reached = choosing.assign(reached=choosing["validation_accuracy"].mask(unknown, 0.0))
    means = reached.groupby([*_ARM, RATE], sort=True)["reached"].mean().dropna().reset_index()
    best = means.groupby(list(_ARM), sort=True)["reached"].idxmax()
    found: pd.DataFrame = means.loc[best, [*_ARM, RATE]]
    return found.reset_index(drop=True)


def _seed_differences(
    judged: pd.DataFrame, reference: str, schemes: Sequence[str]
) -> tuple[pd.DataFrame, Floats]:
    """Return labels of the rows with their counts, and the differences, (seeds, rows)."""
    seeds = sorted({str(seed) for seed in judged["seed"]})
    rows: list[dict[str, object]] = []
    columns: list[Floats] = []
    for level in levels_present(judged):
        part = judged[judged["normalization"] == level]
        outcomes, failures = arrange(part, "final_accuracy"), arrange(part, "failed")
        places = [seeds.index(unit) for unit in outcomes.units]
        for scheme in [name for name in schemes if name != reference]:
            column = np.full(len(seeds), np.nan)
            lost = own = others = np.zeros((1, 1), dtype=bool)
            if {scheme, reference} <= set(outcomes.levels):
                own, others = failures.of(scheme) > 0, failures.of(reference) > 0
                lost = own | others
                differences = outcomes.differences(scheme, reference)
                column[places] = seed_values(np.where(lost, np.nan, differences))
            columns.append(column)
            rows.append(
                {"normalization": level, "scheme": scheme, "reference": reference}
                | _counts(lost, own, others)
            )
    return pd.DataFrame(rows), np.array(columns).reshape(len(rows), len(seeds)).T


def _counts(lost: Booleans, own: Booleans, others: Booleans) -> dict[str, object]:
    return {
        "basis": BOTH_CAME_THROUGH["failed"] if lost.any() else EVERY_SEED,
        "set_apart": int(lost.sum()),
        "failed": int(own.sum()),
        "reference_failed": int(others.sum()),
    }


def _rates_of_rows(
    rows: pd.DataFrame, chosen: pd.DataFrame, *, lowest: float, highest: float
) -> pd.DataFrame:
    """Return the rates of both arms of each row, and which ends of the grid are among them."""
    by_arm = {
        (str(level), str(scheme)): part
        for (level, scheme), part in chosen.groupby(["normalization", "scheme"], sort=False)
    }
    found: dict[str, list[str]] = {}
    for name, prefix in (("scheme", ""), ("reference", "reference_")):
        arms = [
            by_arm.get((str(level), str(scheme)), chosen.head(0))
            for level, scheme in zip(rows["normalization"], rows[name], strict=True)
        ]
        found[f"{prefix}learning_rates"] = [rates_in_words(arm) for arm in arms]
        found[f"{prefix}at_edge"] = [
            " and ".join(
                word
                for word, end in ((LOWEST, lowest), (HIGHEST, highest))
                if bool((arm[RATE] == end).any())
            )
            for arm in arms
        ]
    return pd.DataFrame(found, index=rows.index)


def rates_in_words(chosen: pd.DataFrame) -> str:
    """Return the chosen rates of an arm: "0.02", or "0.005 in one half, 0.02 in the other".

    Args:
        chosen: ``cell, half, learning_rate``. Cells are named where their rates differ.

    """
    by_cell = {
        str(cell): _of_halves([level_text(rate) for rate in part.sort_values("half")[RATE]])
        for cell, part in chosen.groupby("cell", sort=True)
    }
    if len(set(by_cell.values())) <= 1:
        return next(iter(by_cell.values()), "")
    return "; ".join(f"{cell}: {rates}" for cell, rates in by_cell.items())


def _of_halves(rates: Sequence[str]) -> str:
    if len(set(rates)) == 1:
        return rates[0]
    return f"{rates[0]} in one half, {rates[1]} in the other"
