"""How many seeds would decide an inconclusive row, with the range that they are uncertain by."""

from biasinit.statistics.accuracy.contrasts_to_plan import Place
from biasinit.statistics.accuracy.planning import SeedsNeeded, planned_seeds
from biasinit.statistics.paired.contrast_tests import FEWEST_SEEDS

NOT_NEEDED = SeedsNeeded(seeds=float("nan"), low=float("nan"), high=float("nan"))


def seeds_for_row(place: Place, *, seeds: float, seeds_run: int) -> SeedsNeeded:
    """Return the seeds that a study must run for a verdict on a row of contrasts.

    None from fewer than six pairs: they do not say how much seeds differ.

    Args:
        place: of the row in its family.
        seeds: that the row uses.
        seeds_run: seeds of the study, of which the row may use fewer.

    """
    if seeds < FEWEST_SEEDS:
        return NOT_NEEDED
    return planned_seeds(*place, usable_share=min(1.0, seeds / seeds_run))
