"""The verdicts, from the gravest to those that say nothing yet: the order of every list of them.

These words stand in the table `verdicts` and in files of claims. Statistics decide which one holds
(the table in docs/statistics.md); how each is shown stands in
``biasinit.reporting.verdicts.vocabulary``.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """What a verdict is about, in the order of the table."""

    ACCURACY = "accuracy"
    INTERACTION = "interaction"
    SPEED = "speed"
    FAILURE = "failure"
    COLLAPSE = "collapse"
    NOT_REACHED = "not reached"

    @property
    def counts_runs(self) -> bool:
        """Whether it is how many runs an event befell, and not a size that each run has."""
        return self in (Outcome.FAILURE, Outcome.COLLAPSE, Outcome.NOT_REACHED)


class Verdict(StrEnum):
    """What can be said about a comparison."""

    FAILS = "fails"
    """In no pair of seeds both arms came through, because the scheme's runs did not."""
    REFERENCE_FAILS = "reference fails"
    """The same, because the reference's runs did not."""
    WORSE_BEYOND = "worse beyond the margin"
    WORSE = "worse"
    BETTER_BEYOND = "better beyond the margin"
    BETTER = "better"
    DEPENDS = "depends"
    """The conditions differ, so that no verdict holds over all of them."""
    NEGLIGIBLE = "different but negligible"
    EQUIVALENT = "equivalent"
    IDENTICAL = "identical"
    INCONCLUSIVE = "inconclusive"
    NONE_SEEN = "none seen"
    """Of two arms in which no run failed, collapsed or missed the threshold."""
    NOT_ESTIMABLE = "not estimable"

    @property
    def is_worse(self) -> bool:
        """Whether the scheme is behind, by more than the margin or not."""
        return self in (Verdict.WORSE, Verdict.WORSE_BEYOND)

    @property
    def is_better(self) -> bool:
        """Whether the scheme is ahead, by more than the margin or not."""
        return self in (Verdict.BETTER, Verdict.BETTER_BEYOND)

    @property
    def directed(self) -> bool:
        """Whether it says which of the two is ahead, and so by how much."""
        return self.is_worse or self.is_better

    @property
    def beyond_margin(self) -> bool:
        """Whether the difference is larger than the margin."""
        return self in (Verdict.WORSE_BEYOND, Verdict.BETTER_BEYOND)

    @property
    def within_margin(self) -> bool:
        """Whether the difference is smaller than the margin."""
        return self in (Verdict.NEGLIGIBLE, Verdict.EQUIVALENT, Verdict.IDENTICAL)


_OF_EVENTS = (
    *(Verdict.WORSE, Verdict.BETTER, Verdict.DEPENDS),
    *(Verdict.INCONCLUSIVE, Verdict.NONE_SEEN, Verdict.NOT_ESTIMABLE),
)


def verdicts_of(outcome: Outcome) -> tuple[Verdict, ...]:
    """Return the verdicts that an outcome can have, in their order."""
    if outcome.counts_runs:  # compared without a margin
        return _OF_EVENTS
    return tuple(verdict for verdict in Verdict if verdict is not Verdict.NONE_SEEN)
