"""Contrasts of schemes, each at the learning rate that suits it best.

A scheme that wants another learning rate than the reference loses at a common one for a reason
that a practitioner would remove. So each scheme's rate is chosen by the mean validation accuracy
of some seeds, and final accuracy is compared on the other seeds alone: a rate chosen and judged
on the same runs would look better than it is, the more so the more rates there are.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biasinit.errors import NotEstimableError
from biasinit.statistics.inference.equivalence import equivalence_of
from biasinit.statistics.inference.sign_flips import FlipPlan
from biasinit.statistics.inference.study_runs import (
    cell_labels,
    common_margin,
    read_runs,
    treatments,
)
from biasinit.statistics.paired.arms import arm_differences
from biasinit.statistics.paired.seed_tests import family_table

RATE = "learning_rate"
TUNED_CONTRASTS = (
    "normalization",
    "scheme",
    "reference",
    "learning_rates",
    "reference_learning_rates",
    "at_edge",
    "basis",
    "seeds",
    "estimate",
    "standard_error",
    "df",
    "lower",
    "upper",
    "p",
    "p_adjusted",
    "simultaneous_lower",
    "simultaneous_upper",
    "margin",
    "p_equivalence",
    "p_equivalence_adjusted",
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
    tuning_seeds: int,
) -> pd.DataFrame:
    """Return differences of final accuracy from the reference, each arm at its best rate.

    Args:
        runs: the table `runs`, with several learning rates.
        reference: name of the scheme that all others are compared with.
        schemes: in the order of the study; others are left out.
        margins: equivalence margin in points for each data set.
        alpha: error rate of the family of all rows.
        resamples: random sign flips when there are more than 16 seeds.
        analysis_seed: keys the flips.
        tuning_seeds: how many of the seeds, the first ones, choose the rates. No other use is
            made of their runs.

    Returns:
        The columns of ``TUNED_CONTRASTS``, one row for each scheme and normalisation: means over
        the cells that are left without the learning rate. ``learning_rates`` are those chosen, in
        the order of these cells; ``at_edge`` says that one of them is the smallest or the largest
        that was tried, so that a better one may lie beyond.

    Raises:
        RunsTableError: a column is missing.
        NotEstimableError: there are no rates to choose from, or no seeds left to judge on.

    """
    table = read_runs(runs, needed=["final_accuracy", "validation_accuracy", RATE])
    table = treatments(table[table["scheme"].isin(list(schemes))])
    tuning_runs, judged_runs = _set_apart(table, tuning_seeds)
    chosen = _chosen_rates(tuning_runs)
    judged = judged_runs.merge(chosen, on=[*_ARM, RATE], validate="many_to_one")
    differences = arm_differences(
        judged,
        "final_accuracy",
        family="tuned",
        reference=reference,
        schemes=schemes,
        set_failed_apart=True,
    )
    whole = differences.select(differences.over_all_cells)
    plan = FlipPlan(alpha=alpha, resamples=resamples, analysis_seed=analysis_seed)
    tests = family_table(whole.values, plan, any_failed=bool(whole.failed.any()), name="tuned")
    result = pd.concat([whole.labels, tests], axis=1)
    result["margin"] = common_margin(margins, judged)
    equivalence = equivalence_of(result, family=np.ones(len(result), dtype=bool))
    rates = _rates_of_rows(result, chosen, tried=sorted(table[RATE].unique()))
    return pd.concat([result, equivalence, rates], axis=1)[list(TUNED_CONTRASTS)]


_ARM = ("normalization", "cell", "scheme")


def _set_apart(table: pd.DataFrame, tuning_seeds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the runs that choose the rates and those that are judged, in cells without rates."""
    seeds = sorted(table["seed"].unique())
    if table[RATE].nunique() < 2:
        raise NotEstimableError("Choosing learning rates needs two of them in the runs at least.")
    if not 0 < tuning_seeds < len(seeds):
        raise NotEstimableError(
            f"Choosing learning rates by {tuning_seeds} of {len(seeds)} seeds leaves none for one "
            "of the two: use at least one seed for choosing, and another for judging."
        )
    table = table.assign(cell=cell_labels(table.drop(columns=[RATE])))
    is_tuning = table["seed"].isin(seeds[:tuning_seeds])
    return table[is_tuning], table[~is_tuning]


def _chosen_rates(tuning: pd.DataFrame) -> pd.DataFrame:
    """Return for each arm the rate of the highest mean validation accuracy, the lowest of equals.

    Runs that failed count with what they reached: a rate at which runs fail is not chosen.
    """
    means = tuning.groupby([*_ARM, RATE], sort=True)["validation_accuracy"].mean().reset_index()
    best = means.groupby(list(_ARM), sort=True)["validation_accuracy"].idxmax()
    found: pd.DataFrame = means.loc[best, [*_ARM, RATE]]
    return found.reset_index(drop=True)


def _rates_of_rows(
    rows: pd.DataFrame, chosen: pd.DataFrame, *, tried: Sequence[float]
) -> pd.DataFrame:
    """Return the rates of both arms of each row, and whether one of them is at an edge."""
    by_arm = chosen.groupby(["normalization", "scheme"])[RATE].agg(list).to_dict()
    own, others = (
        [by_arm.get((row["normalization"], row[name]), []) for _, row in rows.iterrows()]
        for name in ("scheme", "reference")
    )
    edges = {tried[0], tried[-1]}
    return pd.DataFrame(
        {
            "learning_rates": [", ".join(map(repr, found)) for found in own],
            "reference_learning_rates": [", ".join(map(repr, found)) for found in others],
            "at_edge": [
                bool(edges & {*found, *other}) for found, other in zip(own, others, strict=True)
            ],
        },
        index=rows.index,
    )
