"""How each verdict is shown: its symbol, its class in the style sheet, its words, its meaning.

A new verdict needs one entry here, and one in each table of ``for_every_verdict``; an entry that is
forgotten is an error at import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from biasinit.verdicts import Outcome, Verdict

T = TypeVar("T")


def for_every_verdict(table: Mapping[Verdict, T]) -> Mapping[Verdict, T]:
    """Return a table by verdict that cannot be changed.

    Raises:
        LookupError: it has no entry for some verdict.

    """
    missing = [verdict for verdict in Verdict if verdict not in table]
    if missing:
        raise LookupError(f"No words for {', '.join(map(repr, map(str, missing)))}.")
    return MappingProxyType(dict(table))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one verdict is shown.

    Attributes:
        symbol: one character before the word, for those who do not see colours.
        kind: its class in the style sheet.
        accuracy, interaction, speed, failure: its word for each outcome.
        change: its word for an effect at one level of a factor against that at another.
        meaning: its entry in the glossary; empty where the word says it all.

    """

    symbol: str
    kind: str
    accuracy: str
    interaction: str
    speed: str
    failure: str
    change: str
    meaning: str = ""

    def word(self, outcome: Outcome) -> str:
        """Return the word for an outcome."""
        word: str = getattr(self, outcome.value)
        return word

    def shown(self, word: str) -> str:
        """Return one of the words with the symbol."""
        return f"{self.symbol} {word}".lstrip()


def _same(word: str, *, symbol: str, kind: str, meaning: str) -> Wording:
    """Return a verdict that has one word whatever it is about."""
    return Wording(
        symbol=symbol,
        kind=kind,
        accuracy=word,
        interaction=word,
        speed=word,
        failure=word,
        change=word,
        meaning=meaning,
    )


VOCABULARY = for_every_verdict(
    {
        Verdict.WORSE: Wording(
            symbol="▼",
            kind="is-worse",
            accuracy="worse",
            interaction="lower with",
            speed="slower",
            failure="fails more",
            change="lower",
        ),
        Verdict.BETTER: Wording(
            symbol="▲",
            kind="is-better",
            accuracy="better",
            interaction="higher with",
            speed="faster",
            failure="fails less",
            change="higher",
        ),
        Verdict.NEGLIGIBLE: _same(
            "different but negligible",
            symbol="≃",
            kind="is-different-but-negligible",
            meaning="Shown to differ, and shown to differ by less than the margin.",
        ),
        Verdict.EQUIVALENT: _same(
            "equivalent",
            symbol="=",
            kind="is-equivalent",
            meaning="Shown to differ by less than the margin. It is a result, unlike 'nothing was "
            "found'.",
        ),
        Verdict.INCONCLUSIVE: _same(
            "inconclusive",
            symbol="?",
            kind="is-inconclusive",
            meaning="Neither a difference nor equivalence was shown. More seeds decide; the report "
            "says how many.",
        ),
        Verdict.NOT_ESTIMABLE: _same(
            "not estimable",
            symbol="–",
            kind="is-not-estimable",
            meaning="The runs do not allow the comparison, for example because all failed.",
        ),
        Verdict.NO_FAILURES: _same("no failures", symbol="", kind="is-none", meaning=""),
    }
)


def word(verdict: Verdict, outcome: Outcome) -> str:
    """Return the word for a verdict: 'slower' for a worse speed."""
    return VOCABULARY[verdict].word(outcome)


def shown(verdict: Verdict, outcome: Outcome) -> str:
    """Return the word for a verdict with its symbol: '▼ slower'."""
    return VOCABULARY[verdict].shown(word(verdict, outcome))


def kind(verdict: Verdict, outcome: Outcome) -> str:
    """Return the class of a verdict; a changed effect is neither good nor bad, so it has none."""
    changed = outcome is Outcome.INTERACTION and verdict in (Verdict.WORSE, Verdict.BETTER)
    return "" if changed else VOCABULARY[verdict].kind
