"""Two definitions of one name are told apart by what makes them differ."""

import json
from types import SimpleNamespace

from biasinit.reporting.atlas.names import common_names

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
