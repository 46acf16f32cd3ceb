"""What the names of a study stand for."""

import copy

import pytest

from biasinit.study.definitions import definitions_of
from biasinit.study.plan import plan_of, read_registration
from biasinit.study.reading import parse_study
from repository import MEASURED, REPOSITORY, published_studies, study_in

STUDIES = sorted((REPOSITORY / "studies").glob("*.yaml"))


def definitions(mapping):
    return definitions_of(plan_of(parse_study(mapping))["study"])


def test_another_name_is_no_other_definition(mapping):
    renamed = copy.deepcopy(mapping)
    for entry in (*renamed["schemes"], *renamed["datasets"], *renamed["optimizers"]):
        entry["name"] = f"my-{entry['name']}"
    renamed |= {"reference": "my-zeros", "replicate": None}
    renamed["analysis"] = {"margins": {"my-digits": 0.5}, "thresholds": {"my-digits": 90.0}}
    first, second = definitions(mapping), definitions(renamed)
    assert list(first.schemes.values()) == list(second.schemes.values())
    for factor in ("dataset", "optimizer"):
        assert list(first.factors[factor].values()) == list(second.factors[factor].values())
    assert first.schemes[first.reference] == second.schemes[second.reference]


@pytest.mark.parametrize(
    ("section", "key", "value", "factor", "same"),
    [
        ("datasets", "train", 200, "dataset", True),
        ("datasets", "split_seed", 7, "dataset", True),
        ("datasets", "imbalance", 5, "dataset", False),
        ("optimizers", "momentum", 0.5, "optimizer", False),
        ("optimizers", "bias_rate", 2.0, "optimizer", False),
    ],
)
def test_a_definition_is_what_the_thing_is_and_not_how_much_of_it(
    mapping, section, key, value, factor, same
):
    changed = copy.deepcopy(mapping)
    changed[section][0][key] = value
    before, after = (
        next(iter(definitions(keys).factors[factor].values())) for keys in (mapping, changed)
    )
    assert (before == after) == same


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("epochs", 99, False),
        ("batch_size", 99, False),
        ("loss", "squared_error", False),
        ("label_smoothing", 0.1, False),
        ("augmentation", "flip", False),
        ("points_per_epoch", 1, True),
        ("engine", "serial", True),
        ("width", 3, True),
    ],
)
def test_a_training_is_what_changes_what_is_learned(mapping, key, value, same):
    changed = copy.deepcopy(mapping)
    changed["training"][key] = value
    assert (definitions(mapping).trainings == definitions(changed).trainings) == same


def test_a_training_has_its_number_of_images(mapping):
    changed = copy.deepcopy(mapping)
    changed["datasets"][0]["train"] = mapping["datasets"][0]["train"] - 20
    first, second = (definitions(keys).trainings["digits"] for keys in (mapping, changed))
    assert first != second


def test_schemes_of_other_parameters_are_others(mapping):
    changed = copy.deepcopy(mapping)
    changed["schemes"].append({"name": "half", "kind": "constant", "value": 0.5})
    found = definitions(changed).schemes
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_of_the_repository_has_definitions(path):
    study = study_in(path)
    found = definitions_of(plan_of(study)["study"])
    assert list(found.schemes) == [scheme.name for scheme in study.schemes]
    assert set(found.depths) == {network.name for network in study.architectures}
    assert min(found.depths.values()) >= 1


@pytest.mark.parametrize(
    ("architecture", "depth"),
    [
        ({"name": "n", "kind": "small_cnn"}, 3),
        ({"name": "n", "kind": "plain_cnn", "depth": 9}, 9),
        ({"name": "n", "kind": "vgg16"}, 13),
        ({"name": "n", "kind": "resnet", "depth": 8}, 7),
        ({"name": "n", "kind": "convolutional", "layers": [4, "pool"], "dense": [8, 8]}, 3),
    ],
)
def test_depth_counts_hidden_layers(mapping, architecture, depth):
    mapping["architectures"] = [architecture]
    mapping["datasets"][0] = mapping["datasets"][0] | {"name": "digits"}
    assert definitions(mapping).depths["n"] == depth


def test_published_plans_are_read_with_todays_code():
    for name in published_studies():
        registered = read_registration(MEASURED / name).plan["plan"]["study"]
        assert definitions_of(registered).study == name
