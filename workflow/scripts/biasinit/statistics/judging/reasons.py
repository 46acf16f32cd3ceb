"""Why a comparison cannot be estimated, and why a condition is no part of one, in words."""

from collections.abc import Sequence

from biasinit import numbers
from biasinit.verdicts import Outcome

NO_COMMON_CONDITIONS = (
    "there is no condition in which both have runs of one seed at their own rates"
)
CONDITIONS_NAMED = 5  # conditions that are named of those that are left out


def why_not_estimable(
    outcome: Outcome,
    *,
    scheme: str,
    reference: str,
    runs: float,
    reference_runs: float,
    failed: float,
    seeds: float,
    estimate: float,
    places: int,
) -> str:
    """Return why a comparison has no interval.

    Args:
        outcome: what is compared.
        scheme: name of the scheme.
        reference: name of the reference.
        runs: of the scheme.
        reference_runs: of the reference.
        failed: runs of both that failed.
        seeds: that have a pair of runs which both came through.
        estimate: the mean over these pairs.
        places: the decimals that it is written with.

    """
    missing = _without_runs(scheme, reference, runs, reference_runs)
    if missing:
        return missing
    measured = outcome in (Outcome.ACCURACY, Outcome.INTERACTION)
    if not seeds > 0 and (outcome.counts_runs or (measured and not failed > 0)):
        return f"no run of {scheme} has the seed and the condition of one of {reference}"
    if not seeds > 0:
        came = "reached the threshold" if outcome is Outcome.SPEED else "trained"
        return f"there is no seed for which a run of {scheme} and one of {reference} both {came}"
    if seeds == 1:
        return "there is one pair of seeds alone, which says nothing of how much seeds differ"
    write = numbers.number if outcome is Outcome.SPEED else numbers.signed
    same = write(estimate, decimals=places)
    what = "ratio" if outcome is Outcome.SPEED else "difference"
    return f"the {what} is the same in every pair of seeds ({same}), so that no test can judge it"


def why_left_out(
    cells: Sequence[str], *, scheme: str, reference: str, runs: float, reference_runs: float
) -> str:
    """Return which conditions have no pairs of runs, and why; they are alike in that.

    Args:
        cells: their names.
        scheme: name of the scheme.
        reference: name of the reference.
        runs: of the scheme in any of them.
        reference_runs: of the reference in any of them.

    """
    named = [cell.replace("_", " ") for cell in cells[:CONDITIONS_NAMED]]
    more = len(cells) - len(named)
    listed = numbers.joined([*named, f"{more} more"] if more else named)
    return f"{listed}: {_without_runs(scheme, reference, runs, reference_runs) or _NO_SEED}"


_NO_SEED = "no seed is common to the runs of both"


def _without_runs(scheme: str, reference: str, runs: float, reference_runs: float) -> str:
    lacking = [
        name for name, count in ((scheme, runs), (reference, reference_runs)) if not count > 0
    ]
    return f"there are no runs of {' and '.join(lacking)}" if lacking else ""
