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
