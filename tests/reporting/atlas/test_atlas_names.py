"""Names of definitions and of conditions: two of one name are told apart by what differs."""

import json
from types import SimpleNamespace

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from biasinit.reporting.atlas.names import ALWAYS_NAMED, WORDS, common_names, condition_names
from biasinit.statistics.synthesis.effects import SETTING

SGD = {"kind": "sgd", "momentum": 0.9, "nesterov": False, "schedule": {"kind": "constant"}}


def names_of(*optimizers, name="sgd"):
    """Return the names of these definitions, the first of which two studies have."""
    texts = [json.dumps(keys, sort_keys=True) for keys in optimizers]
    studies = [
        SimpleNamespace(schemes={}, factors={"optimizer": {name: text}})
        for text in (texts[0], *texts)
    ]
    found = common_names(studies)["optimizer"]
    return [found[text] for text in texts]


def test_the_definition_of_more_studies_has_the_name_and_the_other_its_key():
    cosine = SGD | {"schedule": {"kind": "cosine"}}
    assert names_of(SGD, cosine) == ["sgd", "sgd (schedule cosine)"]


def test_a_flag_and_a_number_are_words():
    assert names_of(SGD, SGD | {"nesterov": True}) == ["sgd", "sgd (nesterov)"]
    assert names_of(SGD | {"nesterov": True}, SGD) == ["sgd", "sgd (no nesterov)"]
    both = SGD | {"momentum": 0.5, "nesterov": True}
    assert names_of(SGD, both) == ["sgd", "sgd (momentum 0.5, nesterov)"]


def test_what_would_be_long_or_lacks_a_key_is_a_number():
    changed = SGD | {"momentum": 0.5, "nesterov": True, "kind": "adamw"}
    assert names_of(SGD, changed) == ["sgd", "sgd (2)"]
    assert names_of(SGD, SGD | {"kind": "k" * 40}) == ["sgd", "sgd (2)"]
    less = {name: value for name, value in SGD.items() if name != "momentum"}
    assert names_of(SGD, less) == ["sgd", "sgd (2)"]
    assert names_of(SGD, less, changed) == ["sgd", "sgd (3)", "sgd (2)"]


def test_no_two_definitions_have_one_name():
    """A scheme may be called what another would be told apart by."""
    half = json.dumps(SGD | {"momentum": 0.5}, sort_keys=True)
    usual = json.dumps(SGD, sort_keys=True)
    studies = [
        SimpleNamespace(schemes={}, factors={"optimizer": {name: text}})
        for name, text in (("sgd", usual), ("sgd", usual), ("sgd (momentum 0.5)", "{}"))
    ] + [SimpleNamespace(schemes={}, factors={"optimizer": {"sgd": half}})]
    found = common_names(studies)["optimizer"]
    assert len(set(found.values())) == 3


FACTORS = ("dataset", "architecture", "weight_init", "input_scaling", "optimizer")


def test_no_factor_of_a_setting_is_forgotten_in_its_name():
    assert (*ALWAYS_NAMED, *WORDS) == SETTING


def settings_of(*levels):
    frame = pd.DataFrame(levels, columns=list(FACTORS))
    return frame.assign(setting=["\n".join(row) for row in levels], training="")


def test_a_condition_names_what_is_not_usual():
    usual = ("digits", "small", "he", "standardized", "sgd")
    found = condition_names(
        settings_of(
            usual,
            usual,  # a second scheme in it
            ("digits", "small", "pytorch", "standardized", "sgd"),
            ("digits", "small", "he", "raw", "adam"),
            ("digits", "deep", "he", "standardized", ""),
        )
    )
    assert found.unless_named == "weights he, inputs standardized, optimizer sgd"
    assert found.names.tolist() == [
        "digits, small",
        "digits, small",
        "digits, small, weights pytorch",
        "digits, small, inputs raw, optimizer adam",
        "digits, deep, optimizer not said",
    ]


def test_settings_that_differ_in_training_alone_are_told_apart_by_it():
    short, long = (json.dumps({"batch_size": 32, "epochs": epochs}) for epochs in (12, 120))
    small, deep = (("digits", name, "he", "standardized", "sgd") for name in ("small", "deep"))
    frame = settings_of(deep, small, deep).assign(training=[long, short, short])
    found = condition_names(frame)
    assert found.names.tolist() == ["digits, deep (epochs 120)", "digits, small", "digits, deep"]
    alone = condition_names(frame.iloc[:2])
    assert alone.names.tolist() == ["digits, deep", "digits, small"]


def test_what_no_study_says_is_not_named():
    found = condition_names(settings_of(("digits", "small", "", "", ""), ("", "", "", "", "")))
    assert found.names.tolist() == ["digits, small", ""]
    assert found.unless_named == ""


@given(st.lists(st.tuples(*[st.sampled_from(("", "a", "b", "he"))] * 5), min_size=1, max_size=12))
def test_no_two_settings_have_one_name(levels):
    """But for a data set and a network of which one is not said."""
    said = [row for row in levels if row[0] and row[1]] or [("a",) * 5]
    names = condition_names(settings_of(*said)).names
    assert names.nunique() == len(set(said))
