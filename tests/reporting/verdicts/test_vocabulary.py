import re
import string

import pytest
from rows import row

from biasinit.metric import ACCURACY
from biasinit.reporting.verdicts import vocabulary
from biasinit.reporting.verdicts.clauses import filled
from biasinit.reporting.verdicts.glossary import glossary
from biasinit.reporting.verdicts.vocabulary import VOCABULARY, kind, phrases, shown
from biasinit.verdicts import Outcome, Verdict, verdicts_of
from repository import REPOSITORY

SAID = [(verdict, outcome) for outcome in Outcome for verdict in verdicts_of(outcome)]


@pytest.mark.parametrize(("verdict", "outcome"), SAID)
def test_every_phrase_is_made_of_clauses_that_there_are(verdict, outcome):
    said = phrases(verdict, outcome)
    for template in (said.lead, said.finding):
        text = filled(template, row(outcome=outcome, verdict=verdict), threshold="95 %")
        assert "{" not in text
        for words in string.Formatter().parse(template):
            assert words[0] in text


def test_a_verdict_without_words_is_an_error():
    without = {verdict: said for verdict, said in VOCABULARY.items() if verdict != "worse"}
    with pytest.raises(LookupError, match=re.escape("worse (accuracy), worse (collapse)")):
        vocabulary._complete(without)


def test_words_that_nothing_can_show_are_an_error():
    changed = dict(VOCABULARY)
    changed[Verdict.NONE_SEEN] = VOCABULARY[Verdict.WORSE]
    with pytest.raises(LookupError, match=re.escape("none seen (accuracy)")):
        vocabulary._complete(changed)


def test_no_two_verdicts_on_an_outcome_look_alike():
    for outcome in Outcome:
        marks = [shown(verdict, outcome) for verdict in verdicts_of(outcome)]
        assert len(set(marks)) == len(marks) > 4


def test_a_verdict_is_named_in_the_words_of_its_outcome():
    assert shown(Verdict.WORSE, Outcome.ACCURACY) == "▽ worse"
    assert shown(Verdict.WORSE_BEYOND, Outcome.ACCURACY) == "▼ worse, by more than the margin"
    assert shown(Verdict.WORSE, Outcome.SPEED) == "▽ slower"
    assert shown(Verdict.WORSE, Outcome.FAILURE) == "▽ fails more often"
    assert shown(Verdict.WORSE, Outcome.INTERACTION) == "▽ lower with it"
    assert shown(Verdict.FAILS, Outcome.ACCURACY) == "✕ never trains"
    assert shown(Verdict.FAILS, Outcome.SPEED) == "✕ never reaches the threshold"
    assert shown(Verdict.NONE_SEEN, Outcome.COLLAPSE) == "none collapsed"


def test_what_depends_names_the_factor():
    said = shown(Verdict.DEPENDS, Outcome.ACCURACY, depends_on="learning_rate")
    assert said == "↕ depends on the learning rate"
    assert shown(Verdict.DEPENDS, Outcome.ACCURACY) == "↕ depends"


def test_every_kind_has_a_colour_but_that_of_a_changed_effect():
    style = (REPOSITORY / "report" / "page.css").read_text(encoding="utf-8")
    for verdict, outcome in SAID:
        found = kind(verdict, outcome)
        if outcome is Outcome.INTERACTION and verdict.directed:
            assert found == ""
        else:
            assert f".verdict.{found} " in style or f".verdict.{found}," in style


def test_the_glossary_explains_what_the_words_do_not():
    explained = {term for term, _ in glossary(ACCURACY)} & {str(verdict) for verdict in Verdict}
    assert explained == set(Verdict) - {"better", "better beyond the margin"}
