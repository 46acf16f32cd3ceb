"""The vocabulary: every verdict with its symbol, its words for each outcome, and its meaning.

Phrases are templates; what stands in braces is a clause of ``biasinit.reporting.verdicts.clauses``.
A new verdict needs its entry here, and its headline in ``biasinit.statistics.judging.headlines``;
an entry or an outcome that is forgotten is an error at import.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from biasinit.verdicts import Outcome, Verdict, verdicts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """A verdict on one outcome.

    Attributes:
        word: what stands in tables and figures.
        lead: what opens the list of its schemes in the answer; empty for failures, which the
            answer counts instead.
        finding: the sentence without its subject and its full stop.

    """

    word: str
    lead: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one verdict is shown.

    Attributes:
        symbol: one character before the word, for those who do not see colours.
        kind: its class in the style sheet.
        of: its phrases for each outcome that can have it.
        change: its word for an effect at one level of a factor against that at another; empty
            where there is none such.
        meaning: its entry in the glossary; empty where the word says it all.

    """

    symbol: str
    kind: str
    of: Mapping[Outcome, Phrases]
    change: str
    meaning: str

    def shown(self, word: str) -> str:
        """Return one of its words with the symbol."""
        return f"{self.symbol} {word}".lstrip()


def _complete(vocabulary: Mapping[Verdict, Wording]) -> Mapping[Verdict, Wording]:
    """Return the vocabulary, in which every outcome has phrases for every verdict it can have.

    Raises:
        LookupError: an entry is missing, or one is there that nothing can show.

    """
    needed = {(outcome, verdict) for outcome in Outcome for verdict in verdicts_of(outcome)}
    found = {
        (outcome, verdict) for verdict, wording in vocabulary.items() for outcome in wording.of
    }
    odd = sorted(f"{verdict} ({outcome})" for outcome, verdict in needed ^ found)
    if odd:
        raise LookupError(f"Words are missing, or never shown, for: {', '.join(odd)}.")
    return vocabulary


# in the order of the glossary
VOCABULARY = _complete(
    {
        Verdict.WORSE: Wording(
            symbol="▼",
            kind="is-worse",
            change="lower",
            meaning="",
            of={
                Outcome.ACCURACY: Phrases(
                    word="worse",
                    lead="Worse than {reference}:",
                    finding="worse than {reference} by {size}{among}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="lower with",
                    lead="Effect on accuracy lower with it:",
                    finding="the effect on accuracy is lower with batch normalisation, by "
                    "{size}{among}",
                ),
                Outcome.SPEED: Phrases(
                    word="slower", lead="Slower to {threshold}:", finding="slower: {takes}"
                ),
                Outcome.FAILURE: Phrases(
                    word="fails more",
                    lead="",
                    finding="more runs fail than with {reference}: {counts}{risk}{needed}",
                ),
            },
        ),
        Verdict.BETTER: Wording(
            symbol="▲",
            kind="is-better",
            change="higher",
            meaning="",
            of={
                Outcome.ACCURACY: Phrases(
                    word="better",
                    lead="Better than {reference}:",
                    finding="better than {reference} by {size}{among}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="higher with",
                    lead="Effect on accuracy higher with it:",
                    finding="the effect on accuracy is higher with batch normalisation, by "
                    "{size}{among}",
                ),
                Outcome.SPEED: Phrases(
                    word="faster", lead="Faster to {threshold}:", finding="faster: {takes}"
                ),
                Outcome.FAILURE: Phrases(
                    word="fails less",
                    lead="",
                    finding="fewer runs fail than with {reference}: {counts}{risk}{needed}",
                ),
            },
        ),
        Verdict.EQUIVALENT: Wording(
            symbol="=",
            kind="is-equivalent",
            change="equivalent",
            meaning="Shown to differ by less than the margin. It is a result, unlike 'nothing was "
            "found'.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="equivalent",
                    lead="Equivalent to {reference} within {margin}:",
                    finding="equivalent to {reference} within {margin} "
                    "({difference}{among}){and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="equivalent",
                    lead="Same effect with and without, within {margin}:",
                    finding="the effect on accuracy is the same with and without batch "
                    "normalisation, within {margin} ({difference}{among})",
                ),
                Outcome.SPEED: Phrases(
                    word="equivalent",
                    lead="Equally fast to {threshold} within ratios of {margin}:",
                    finding="equally fast within ratios of {margin}: {takes}",
                ),
            },
        ),
        Verdict.NEGLIGIBLE: Wording(
            symbol="≃",
            kind="is-different-but-negligible",
            change="different but negligible",
            meaning="Shown to differ, and shown to differ by less than the margin.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="different but negligible",
                    lead="Different from {reference}, inside {margin}:",
                    finding="different from {reference}, but negligibly: {difference}{among}, "
                    "inside {margin}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="different but negligible",
                    lead="Changes inside {margin}:",
                    finding="the effect on accuracy changes with batch normalisation, but "
                    "negligibly: {difference}{among}, inside {margin}",
                ),
                Outcome.SPEED: Phrases(
                    word="different but negligible",
                    lead="Speed different, but negligibly:",
                    finding="negligibly different in speed, inside {margin}: {takes}",
                ),
            },
        ),
        Verdict.INCONCLUSIVE: Wording(
            symbol="?",
            kind="is-inconclusive",
            change="inconclusive",
            meaning="Neither a difference nor equivalence was shown. More seeds decide; the report "
            "says how many.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="inconclusive",
                    lead="Inconclusive:",
                    finding="inconclusive against {reference}: {difference}{among}; neither a "
                    "difference nor equivalence within {margin} is shown{needed}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="inconclusive",
                    lead="Inconclusive:",
                    finding="inconclusive whether batch normalisation changes the effect on "
                    "accuracy: {difference}{among}{needed}",
                ),
                Outcome.SPEED: Phrases(
                    word="inconclusive",
                    lead="Speed inconclusive:",
                    finding="speed inconclusive: {takes}{needed}",
                ),
                Outcome.FAILURE: Phrases(
                    word="inconclusive",
                    lead="",
                    finding="failures inconclusive: {counts}{risk}{needed}",
                ),
            },
        ),
        Verdict.NOT_ESTIMABLE: Wording(
            symbol="–",
            kind="is-not-estimable",
            change="not estimable",
            meaning="The runs do not allow the comparison, for example because all failed.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="not estimable",
                    lead="Not estimable:",
                    finding="not estimable against {reference}{because_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="not estimable",
                    lead="Not estimable:",
                    finding="not estimable whether batch normalisation changes the effect on "
                    "accuracy",
                ),
                Outcome.SPEED: Phrases(
                    word="not estimable",
                    lead="Speed not estimable:",
                    finding="speed not estimable against {reference}",
                ),
                Outcome.FAILURE: Phrases(
                    word="not estimable",
                    lead="",
                    finding="failures not estimable: {counts}{risk}{needed}",
                ),
            },
        ),
        Verdict.NO_FAILURES: Wording(
            symbol="",
            kind="is-none",
            change="",
            meaning="",
            of={
                Outcome.FAILURE: Phrases(
                    word="no failures", lead="", finding="no run failed in either arm"
                ),
            },
        ),
    }
)


def phrases(verdict: Verdict, outcome: Outcome) -> Phrases:
    """Return the phrases of a verdict on an outcome."""
    return VOCABULARY[verdict].of[outcome]


def word(verdict: Verdict, outcome: Outcome) -> str:
    """Return the word for a verdict: 'slower' for a worse speed."""
    return phrases(verdict, outcome).word


def shown(verdict: Verdict, outcome: Outcome) -> str:
    """Return the word for a verdict with its symbol: '▼ slower'."""
    return VOCABULARY[verdict].shown(word(verdict, outcome))


def kind(verdict: Verdict, outcome: Outcome) -> str:
    """Return the class of a verdict; a changed effect is neither good nor bad, so it has none."""
    changed = outcome is Outcome.INTERACTION and verdict.directed
    return "" if changed else VOCABULARY[verdict].kind
