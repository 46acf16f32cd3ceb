"""The verdicts, from the gravest to those that say nothing yet: the order of every list of them.

These words stand in the table `verdicts` and in files of claims. Statistics decide which one holds;
how each is shown stands in ``biasinit.reporting.verdicts.vocabulary``.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """What a verdict is about, in the order of the table."""

    ACCURACY = "accuracy"
    INTERACTION = "interaction"
    SPEED = "speed"
    FAILURE = "failure"


class Verdict(StrEnum):
    """What can be said about a comparison."""

    WORSE = "worse"
    BETTER = "better"
    NEGLIGIBLE = "different but negligible"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_ESTIMABLE = "not estimable"
    NO_FAILURES = "no failures"
    """Of two arms without a failed run; the table calls them inconclusive, readers see this."""

    @property
    def directed(self) -> bool:
        """Whether it says which of the two is ahead, and so by how much."""
        return self in (Verdict.WORSE, Verdict.BETTER)


def verdicts_of(outcome: Outcome) -> tuple[Verdict, ...]:
    """Return the verdicts that an outcome can have, in their order."""
    margin = (Verdict.NEGLIGIBLE, Verdict.EQUIVALENT)  # failures are compared without a margin
    never = margin if outcome is Outcome.FAILURE else (Verdict.NO_FAILURES,)
    return tuple(verdict for verdict in Verdict if verdict not in never)
