"""How many seeds would decide an inconclusive row, with the range that they are uncertain by."""

from biasinit.statistics.accuracy.planning import SeedsNeeded, planned_seeds
from biasinit.statistics.judging.measures import Row, scale
from biasinit.verdicts import Outcome

NOT_NEEDED = SeedsNeeded(seeds=float("nan"), low=float("nan"), high=float("nan"))


def seeds_for_row(
    row: Row,
    outcome: Outcome,
    *,
    comparisons: int,
    seeds_run: int,
    alpha: float,
    analysis_seed: int,
) -> SeedsNeeded:
    """Return the seeds that a study must run for a verdict on a row of contrasts.

    Args:
        row: of a table of contrasts.
        outcome: whose row it is.
        comparisons: contrasts of its family.
        seeds_run: seeds of the study, of which the row may use fewer.
        alpha: error rate of the family.
        analysis_seed: keys the simulation.

    """
    if not row["seeds"] >= 2 or not row["standard_error"] > 0:
        return NOT_NEEDED
    return planned_seeds(
        [str(row[name]) for name in ("family", "normalization", "scheme", "cell")],
        **scale(row, outcome),
        deviation_df=float(row["df"]),
        comparisons=comparisons,
        alpha=alpha,
        analysis_seed=analysis_seed,
        usable_share=min(1.0, float(row["seeds"]) / seeds_run),
    )
