"""The vocabulary: every verdict with its symbol, its words for each outcome, and its meaning.

Phrases are templates; what stands in braces is a clause of ``biasinit.reporting.verdicts.clauses``.
A new verdict needs its entry here, and its headline in ``biasinit.statistics.judging.headlines``;
an entry or an outcome that is forgotten is an error at import.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from biasinit.metric import ACCURACY, Metric
from biasinit.verdicts import Outcome, Verdict, verdicts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """A verdict on one outcome.

    Attributes:
        word: what stands in tables and figures.
        lead: what opens the list of its schemes in the answer; empty where the answer counts runs
            instead.
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


def _events(
    words: Mapping[Outcome, str], finding: str, *, missed: str = ""
) -> Mapping[Outcome, Phrases]:
    """Return the phrases for what befell runs: a word for each, and one sentence for all.

    Args:
        words: for each outcome.
        finding: the sentence, with the word in its braces.
        missed: what opens the list of schemes that miss the threshold.

    """
    return {
        outcome: Phrases(
            word=word,
            lead=missed if outcome is Outcome.NOT_REACHED else "",
            finding=finding.format(word=word),
        )
        for outcome, word in words.items()
    }


_RISK = "{word} than {{reference}}{{scope}}: {{counts}}{{risk}}{{needed}}"
_OPEN_RISK = "{word}{{scope}}: {{counts}}{{risk}}{{needed}}"

# in the order of the glossary
VOCABULARY = _complete(
    {
        Verdict.FAILS: Wording(
            symbol="✕",
            kind="is-worse",
            change="never trains",
            meaning="In fewer than two pairs of seeds both arms came through, because the scheme's "
            "runs did not. There is no effect to measure.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="never trains",
                    lead="Never trains{scope}:",
                    finding="never trains{scope}{because_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="never trains",
                    lead="Never trains with or without it:",
                    finding="never trains{scope}{because_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="never reaches the threshold",
                    lead="Never reaches {threshold}{scope}:",
                    finding="never reaches {threshold}{scope}{because_failures}",
                ),
            },
        ),
        Verdict.REFERENCE_FAILS: Wording(
            symbol="⊘",
            kind="is-not-estimable",
            change="reference never trains",
            meaning="The same, because the reference's runs did not come through.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="reference never trains",
                    lead="The reference, {reference}, never trains{scope}:",
                    finding="cannot be compared, because {reference} never "
                    "trains{scope}{because_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="reference never trains",
                    lead="The reference, {reference}, never trains with or without it:",
                    finding="cannot be compared, because {reference} never "
                    "trains{scope}{because_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="reference never reaches the threshold",
                    lead="The reference, {reference}, never reaches {threshold}{scope}:",
                    finding="cannot be compared in speed, because {reference} never reaches "
                    "{threshold}{scope}{because_failures}",
                ),
            },
        ),
        Verdict.WORSE_BEYOND: Wording(
            symbol="▼",
            kind="is-worse",
            change="{lower}, by more than the margin",
            meaning="The whole interval lies beyond the margin, so the difference is larger than "
            "what was called negligible.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="worse, by more than the margin",
                    lead="Worse than {reference}, by more than the margin{scope}:",
                    finding="worse than {reference} by {size}{scope}{among}, which is more than "
                    "the margin of {margin}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="{lower} with it, by more than the margin",
                    lead="Effect on {accuracy} {lower} with it, by more than the margin{scope}:",
                    finding="the effect on {accuracy} is {lower} with batch normalisation, by "
                    "{size}{scope}{among}, which is more than the margin of {margin}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="slower, by more than the margin",
                    lead="Slower to {threshold}, by more than the margin{scope}:",
                    finding="slower, by more than the margin of {margin}: {takes}{scope}",
                ),
            },
        ),
        Verdict.WORSE: Wording(
            symbol="▽",
            kind="is-worse",
            change="{lower}",
            meaning="The interval excludes no effect, but reaches inside the margin: how much "
            "worse, or better, is not settled.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="worse",
                    lead="Worse than {reference}{scope}:",
                    finding="worse than {reference} by {size}{scope}{among}; not shown to be more "
                    "than the margin of {margin}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="{lower} with it",
                    lead="Effect on {accuracy} {lower} with it{scope}:",
                    finding="the effect on {accuracy} is {lower} with batch normalisation, by "
                    "{size}{scope}{among}; not shown to be more than the margin of "
                    "{margin}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="slower",
                    lead="Slower to {threshold}{scope}:",
                    finding="slower: {takes}{scope}; not shown to be more than the margin of "
                    "{margin}",
                ),
                **_events(
                    {
                        Outcome.FAILURE: "fails more often",
                        Outcome.COLLAPSE: "collapses more often",
                        Outcome.NOT_REACHED: "misses the threshold more often",
                    },
                    _RISK,
                    missed="Misses {threshold} more often{scope}:",
                ),
            },
        ),
        Verdict.BETTER_BEYOND: Wording(
            symbol="▲",
            kind="is-better",
            change="{higher}, by more than the margin",
            meaning="",
            of={
                Outcome.ACCURACY: Phrases(
                    word="better, by more than the margin",
                    lead="Better than {reference}, by more than the margin{scope}:",
                    finding="better than {reference} by {size}{scope}{among}, which is more than "
                    "the margin of {margin}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="{higher} with it, by more than the margin",
                    lead="Effect on {accuracy} {higher} with it, by more than the margin{scope}:",
                    finding="the effect on {accuracy} is {higher} with batch normalisation, by "
                    "{size}{scope}{among}, which is more than the margin of {margin}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="faster, by more than the margin",
                    lead="Faster to {threshold}, by more than the margin{scope}:",
                    finding="faster, by more than the margin of {margin}: {takes}{scope}",
                ),
            },
        ),
        Verdict.BETTER: Wording(
            symbol="△",
            kind="is-better",
            change="{higher}",
            meaning="",
            of={
                Outcome.ACCURACY: Phrases(
                    word="better",
                    lead="Better than {reference}{scope}:",
                    finding="better than {reference} by {size}{scope}{among}; not shown to be more "
                    "than the margin of {margin}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="{higher} with it",
                    lead="Effect on {accuracy} {higher} with it{scope}:",
                    finding="the effect on {accuracy} is {higher} with batch normalisation, by "
                    "{size}{scope}{among}; not shown to be more than the margin of "
                    "{margin}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="faster",
                    lead="Faster to {threshold}{scope}:",
                    finding="faster: {takes}{scope}; not shown to be more than the margin of "
                    "{margin}",
                ),
                **_events(
                    {
                        Outcome.FAILURE: "fails less often",
                        Outcome.COLLAPSE: "collapses less often",
                        Outcome.NOT_REACHED: "misses the threshold less often",
                    },
                    _RISK,
                    missed="Misses {threshold} less often{scope}:",
                ),
            },
        ),
        Verdict.DEPENDS: Wording(
            symbol="↕",
            kind="is-depends",
            change="depends",
            meaning="The conditions differ, so that no verdict holds over all of them, and none is "
            "given of their mean. The verdict of each stands beside it.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="depends",
                    lead="Depends on {factor}:",
                    finding="depends on {factor}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="depends",
                    lead="What it changes depends on {factor}:",
                    finding="what batch normalisation changes in the effect on {accuracy} depends "
                    "on {factor}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="depends",
                    lead="Speed depends on {factor}:",
                    finding="speed depends on {factor}",
                ),
                Outcome.FAILURE: Phrases(
                    word="depends",
                    lead="",
                    finding="how often it fails depends on {factor}: {counts}{risk}",
                ),
                Outcome.COLLAPSE: Phrases(
                    word="depends",
                    lead="",
                    finding="how often it collapses depends on {factor}: {counts}{risk}",
                ),
                Outcome.NOT_REACHED: Phrases(
                    word="depends",
                    lead="How often {threshold} is missed depends on {factor}:",
                    finding="how often it misses {threshold} depends on {factor}: {risk}",
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
                    lead="Different from {reference}, inside {margin}{scope}:",
                    finding="different from {reference}, but negligibly: {difference}{among}, "
                    "inside {margin}{scope}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="different but negligible",
                    lead="Changes inside {margin}{scope}:",
                    finding="the effect on {accuracy} changes with batch normalisation, but "
                    "negligibly: {difference}{among}, inside {margin}{scope}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="different but negligible",
                    lead="Speed different, but negligibly{scope}:",
                    finding="negligibly different in speed, inside {margin}: {takes}{scope}",
                ),
            },
        ),
        Verdict.EQUIVALENT: Wording(
            symbol="=",
            kind="is-equivalent",
            change="equivalent",
            meaning="Shown to differ by less than the margin, in each condition. It is a result, "
            "unlike 'nothing was found', and it is about means: it says beside it how many "
            "collapsed runs it cannot exclude.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="equivalent",
                    lead="Equivalent to {reference} within {margin}{scope}:",
                    finding="equivalent to {reference} within {margin}{scope} "
                    "({difference}{among}){and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="equivalent",
                    lead="Same effect with and without, within {margin}{scope}:",
                    finding="the effect on {accuracy} is the same with and without batch "
                    "normalisation, within {margin}{scope} ({difference}{among}){and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="equivalent",
                    lead="Equally fast to {threshold} within ratios of {margin}{scope}:",
                    finding="equally fast within ratios of {margin}{scope}: {takes}",
                ),
            },
        ),
        Verdict.IDENTICAL: Wording(
            symbol="≡",
            kind="is-equivalent",
            change="identical",
            meaning="Every pair of runs ended with the same value, so that there is nothing to "
            "estimate.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="identical",
                    lead="Identical to {reference} in every pair of runs{scope}:",
                    finding="identical to {reference} in every pair of runs{scope}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="identical",
                    lead="Identical effect with and without{scope}:",
                    finding="the effect on {accuracy} is identical with and without batch "
                    "normalisation in every pair of runs{scope}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="identical",
                    lead="Identical times to {threshold}{scope}:",
                    finding="as fast as {reference} in every pair of runs{scope}",
                ),
            },
        ),
        Verdict.INCONCLUSIVE: Wording(
            symbol="?",
            kind="is-inconclusive",
            change="inconclusive",
            meaning="Neither a difference nor equivalence was shown. More seeds decide; the report "
            "says how many, and how probable it is that the effect lies inside the margin.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="inconclusive",
                    lead="Inconclusive{scope}:",
                    finding="inconclusive against {reference}{scope}: {difference}{among}; neither "
                    "a difference nor equivalence within {margin} is "
                    "shown{inside}{needed}{and_failures}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="inconclusive",
                    lead="Inconclusive{scope}:",
                    finding="inconclusive whether batch normalisation changes the effect on "
                    "{accuracy}{scope}: {difference}{among}{inside}{needed}{and_failures}",
                ),
                Outcome.SPEED: Phrases(
                    word="inconclusive",
                    lead="Speed inconclusive{scope}:",
                    finding="speed inconclusive{scope}: {takes}{inside}{needed}",
                ),
                **_events(
                    {
                        Outcome.FAILURE: "failures inconclusive",
                        Outcome.COLLAPSE: "collapses inconclusive",
                        Outcome.NOT_REACHED: "missed thresholds inconclusive",
                    },
                    _OPEN_RISK,
                ),
            },
        ),
        Verdict.NONE_SEEN: Wording(
            symbol="",
            kind="is-none",
            change="",
            meaning="No run of either arm failed, collapsed or missed the threshold. It bounds a "
            "risk, and does not show that there is none.",
            of={
                Outcome.FAILURE: Phrases(
                    word="none failed", lead="", finding="no run failed in either arm{scope}"
                ),
                Outcome.COLLAPSE: Phrases(
                    word="none collapsed", lead="", finding="no run collapsed in either arm{scope}"
                ),
                Outcome.NOT_REACHED: Phrases(
                    word="all reached the threshold",
                    lead="",
                    finding="every run of either arm reached {threshold}{scope}",
                ),
            },
        ),
        Verdict.NOT_ESTIMABLE: Wording(
            symbol="–",
            kind="is-not-estimable",
            change="not estimable",
            meaning="The runs do not allow the comparison, for example because both arms lost "
            "runs, or because there are too few seeds.",
            of={
                Outcome.ACCURACY: Phrases(
                    word="not estimable",
                    lead="Not estimable:",
                    finding="not estimable against {reference}{because}",
                ),
                Outcome.INTERACTION: Phrases(
                    word="not estimable",
                    lead="Not estimable:",
                    finding="not estimable whether batch normalisation changes the effect on "
                    "{accuracy}{because}",
                ),
                Outcome.SPEED: Phrases(
                    word="not estimable",
                    lead="Speed not estimable:",
                    finding="speed not estimable against {reference}{because}",
                ),
                **_events(
                    {
                        Outcome.FAILURE: "failures not estimable",
                        Outcome.COLLAPSE: "collapses not estimable",
                        Outcome.NOT_REACHED: "missed thresholds not estimable",
                    },
                    "{word}{{scope}}{{because}}",
                ),
            },
        ),
    }
)


def phrases(verdict: Verdict, outcome: Outcome) -> Phrases:
    """Return the phrases of a verdict on an outcome."""
    return VOCABULARY[verdict].of[outcome]


def word(
    verdict: Verdict, outcome: Outcome, *, depends_on: str = "", metric: Metric = ACCURACY
) -> str:
    """Return the word for a verdict: 'slower' for a worse speed, 'depends on the learning rate'.

    Args:
        verdict: the verdict.
        outcome: what it is about.
        depends_on: the factor that it depends on, where that is known.
        metric: what is measured, whose direction says how an effect changes for the worse.

    """
    on = f" on the {depends_on.replace('_', ' ')}"
    named = verdict is Verdict.DEPENDS and depends_on
    return metric.said(phrases(verdict, outcome).word) + (on if named else "")


def shown(
    verdict: Verdict, outcome: Outcome, *, depends_on: str = "", metric: Metric = ACCURACY
) -> str:
    """Return the word for a verdict with its symbol: '▽ slower'."""
    said = word(verdict, outcome, depends_on=depends_on, metric=metric)
    return VOCABULARY[verdict].shown(said)


def changed(verdict: Verdict, *, metric: Metric) -> str:
    """Return the word for an effect at one level of a factor against that at another."""
    return VOCABULARY[verdict].shown(metric.said(VOCABULARY[verdict].change))


def kind(verdict: Verdict, outcome: Outcome) -> str:
    """Return the class of a verdict; a changed effect is neither good nor bad, so it has none."""
    changed = outcome is Outcome.INTERACTION and verdict.directed
    return "" if changed else VOCABULARY[verdict].kind
