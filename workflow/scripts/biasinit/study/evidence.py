"""What a claim asks of studies: one model for each kind of evidence in a file of claims.

A file says which verdicts refute a claim and which support it; all others leave it open. Three
words cover more than themselves, so that a claim about the sign of an effect need not ask for its
size: ``worse`` and ``better`` cover the same *beyond the margin*, ``equivalent`` covers
*identical*. A claim that says "by more than the margin" names ``worse beyond the margin`` alone.
``depends`` stands in no file: where the conditions differ, a claim is refuted, or supported, if
the verdict of every one of them says so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from biasinit.errors import Problem
from biasinit.study.parts import Part
from biasinit.verdicts import Outcome, Verdict, verdicts_of
from biasinit.vocabulary import ALL_CELLS, CELL_FACTORS, OWN_BEST_RATE

_CONDITION = re.compile(rf"({'|'.join(CELL_FACTORS)}) [^\s,]+")

COVERED: Mapping[Verdict, Verdict] = MappingProxyType(
    {
        Verdict.WORSE_BEYOND: Verdict.WORSE,
        Verdict.BETTER_BEYOND: Verdict.BETTER,
        Verdict.IDENTICAL: Verdict.EQUIVALENT,
    }
)
"""Verdicts that are a case of another, which covers them where it stands in a file."""


class _Judging(Part):
    """Evidence that is one verdict."""

    study: str
    normalization: str
    scheme: str
    at: str = ALL_CELLS
    """Over all conditions, or in one of them (`learning_rate 0.02`), or, of accuracy, `own best
    learning rate`."""
    refutes: tuple[Verdict, ...] = ()
    """Verdicts that speak against the claim."""
    supports: tuple[Verdict, ...] = ()
    """Verdicts that agree with the claim; all others leave it open."""

    @property
    def bears(self) -> bool:
        """Whether some verdict refutes or supports the claim; otherwise it is for information."""
        return bool(self.refutes or self.supports)

    def is_refuted_by(self, verdict: Verdict) -> bool:
        """Return whether a verdict speaks against the claim."""
        return _covers(self.refutes, verdict)

    def is_supported_by(self, verdict: Verdict) -> bool:
        """Return whether a verdict agrees with the claim."""
        return _covers(self.supports, verdict)

    def _problems(self) -> Iterator[Problem]:
        yield from _condition_problems(self.at)
        yield from _word_problems(self.refutes, self.supports)


def _covers(words: Iterable[Verdict], verdict: Verdict) -> bool:
    return bool({verdict, COVERED.get(verdict, verdict)} & set(words))


def _condition_problems(at: str) -> Iterator[Problem]:
    alone = at in (ALL_CELLS, OWN_BEST_RATE)
    if not (alone or all(_CONDITION.fullmatch(part) for part in at.split(", "))):
        yield Problem(
            key="at",
            what=f"must be a condition, '{ALL_CELLS}' or '{OWN_BEST_RATE}', got {at!r}.",
            mend=f"Name the level of each factor that varies, as in 'learning_rate 0.02'; factors "
            f"are {', '.join(CELL_FACTORS)}.",
        )


def _word_problems(refutes: Iterable[Verdict], supports: Iterable[Verdict]) -> Iterator[Problem]:
    for key, words in (("refutes", refutes), ("supports", supports)):
        if Verdict.DEPENDS in words:
            yield Problem(
                key=key,
                what=f"holds '{Verdict.DEPENDS}', which says nothing by itself.",
                mend="Leave it out: the claim is then judged by the verdict of every condition.",
            )
    both = [word for word in Verdict if _covers(refutes, word) and _covers(supports, word)]
    if both:
        yield Problem(
            key="refutes",
            what=f"and supports both cover {', '.join(map(repr, map(str, both)))}.",
            mend="Let a verdict do one of the two; 'worse' and 'better' cover those beyond the "
            "margin, and 'equivalent' covers 'identical'.",
        )


class VerdictEvidence(_Judging):
    """One row of a study's verdicts."""

    kind: Literal["verdict"]
    outcome: Outcome
    threshold: Literal["registered", "early"] = "registered"
    """Of speed: that of the study, or one half-way between chance and it."""

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        if self.at == OWN_BEST_RATE and self.outcome is not Outcome.ACCURACY:
            yield Problem(
                key="at",
                what=f"is '{OWN_BEST_RATE}', and the outcome {str(self.outcome)!r}.",
                mend="Ask it of accuracy: rates are chosen by it.",
            )
        if self.threshold == "early" and self.outcome not in (Outcome.SPEED, Outcome.NOT_REACHED):
            yield Problem(
                key="threshold",
                what=f"is 'early', and the outcome {str(self.outcome)!r}.",
                mend="Ask it of 'speed' or 'not reached'.",
            )
        known = verdicts_of(self.outcome)
        for key, words in (("refutes", self.refutes), ("supports", self.supports)):
            other = [str(word) for word in words if word not in known]
            if other:
                yield Problem(
                    key=key,
                    what=f"holds {', '.join(map(repr, other))}, which no verdict on "
                    f"{self.outcome} is.",
                    mend=f"Use {', '.join(map(repr, map(str, known)))}.",
                )


class Bound(Part):
    """A mean under one scheme, and the value that refutes the claim when it is exceeded."""

    scheme: str
    above: float


class LayerEvidence(Part):
    """Means of a probed quantity by layer."""

    kind: Literal["layers"]
    study: str
    normalization: str
    when: Literal["start", "epoch 1", "end"]
    quantity: str
    schemes: tuple[str, ...]
    refutes: Bound | None = None
    """Refuted where the interval of some layer lies above the bound."""


class TwinEvidence(Part):
    """How far the twins of siamese networks are from each other, by architecture."""

    kind: Literal["twins"]
    study: str
    normalization: str
    when: Literal["start", "end"]
    quantity: Literal["asymmetry", "bias_distance"]
    schemes: tuple[str, ...]


class FailureEvidence(Part):
    """In how many seeds a run failed, and the mean accuracy, by level of a factor."""

    kind: Literal["failures"]
    study: str
    normalization: str
    factor: str
    schemes: tuple[str, ...]


class DeadStartEvidence(Part):
    """How many networks start without a signal, of which theory says the share."""

    kind: Literal["dead_start"]
    study: str
    normalization: str
    scheme: str
    architecture: str
    expected: Annotated[float, Field(gt=0, le=1)]
    """Share of seeds whose outputs are all equal at the start. The claim is refuted where the exact
    99 % interval of the measured share does not hold it, and supported where it does."""


class FirstGuessEvidence(Part):
    """Whether schemes whose first guesses are more unequal are less accurate in the end.

    The claim is supported where accuracy falls from the most even guesses to the most unequal
    ones, and refuted where the change is within the margin of the study.
    """

    kind: Literal["first_guesses"]
    study: str
    normalization: str
    schemes: Annotated[tuple[str, ...], Field(min_length=3)]


class LevelEvidence(_Judging):
    """Accuracy at one level of a factor against another, within seeds, under one scheme."""

    kind: Literal["levels"]
    factor: str
    level: str
    against: str
    reference: str = ""
    """Another scheme: then the effect of the scheme against it is compared between the levels."""

    @property
    def question(self) -> dict[str, str]:
        """What is asked, in the keywords of ``biasinit.statistics.LevelQuestion``."""
        names = ("normalization", "scheme", "factor", "level", "against", "reference")
        return {name: getattr(self, name) for name in names}

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        if self.at == OWN_BEST_RATE:
            yield Problem(
                key="at",
                what=f"is '{OWN_BEST_RATE}', at which levels are not compared.",
                mend="Ask it of a verdict on accuracy.",
            )


AnyEvidence = Annotated[
    VerdictEvidence
    | LayerEvidence
    | TwinEvidence
    | FailureEvidence
    | DeadStartEvidence
    | FirstGuessEvidence
    | LevelEvidence,
    Field(discriminator="kind"),
]
JudgedEvidence = VerdictEvidence | LevelEvidence
"""Evidence that is one verdict."""
EVIDENCE = (
    *(VerdictEvidence, LayerEvidence, TwinEvidence, FailureEvidence, DeadStartEvidence),
    *(FirstGuessEvidence, LevelEvidence),
)
"""Every kind of evidence."""
