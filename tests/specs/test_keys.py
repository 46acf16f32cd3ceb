"""Keys: one place for defaults and limits, and what jobs are told of them."""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest

from biasinit.specs.keys import Keys, KeysError, from_values, key, section, values_of
from biasinit.specs.limits import Count, Limits, Positive
from biasinit.specs.optimizer import Optimizer, Schedule
from biasinit.specs.training import Training


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier(Keys):
    """Some keys of an earlier version."""

    epochs: Count = field(metadata=key("Passes."))
    points: int = field(default=4, metadata=key("Points."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Later(Earlier):
    """The same with a new key, which is as if it were not there at 0."""

    warm: int = field(default=0, metadata=key("Warming steps.", left_out_at=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOtherDefaults(Earlier):
    """The same with a changed default, and the new key at another one."""

    points: int = field(default=5, metadata=key("Points."))
    warm: int = field(default=7, metadata=key("Warming steps.", left_out_at=0))


def test_every_default_is_told():
    assert values_of(Earlier(epochs=3)) == {"epochs": 3, "points": 4}


def test_a_new_key_changes_no_description():
    assert values_of(Later(epochs=3)) == values_of(Earlier(epochs=3))
    assert values_of(Later(epochs=3, warm=2)) == {"epochs": 3, "points": 4, "warm": 2}


def test_a_changed_default_changes_the_descriptions_of_those_who_did_not_name_it():
    assert values_of(WithOtherDefaults(epochs=3)) == {"epochs": 3, "points": 5, "warm": 7}
    named = {"epochs": 3, "points": 4, "warm": 0}
    assert values_of(WithOtherDefaults(**named)) == values_of(Earlier(epochs=3))


@pytest.mark.parametrize("kind", [Later, WithOtherDefaults])
@pytest.mark.parametrize("warm", [0, 3, 7])
def test_a_job_gets_the_value_that_was_told_or_left_out(kind, warm):
    specification = kind(epochs=3, warm=warm)
    assert from_values(kind, values_of(specification)) == specification


def test_a_description_written_by_hand_may_leave_defaults_out():
    assert from_values(Optimizer, {"name": "sgd"}) == Optimizer(name="sgd")
    with pytest.raises(TypeError, match="batch_size"):
        from_values(Training, {"epochs": 3})


def test_nested_keys_and_lists_come_back_as_they_were():
    optimizer = Optimizer(name="a", schedule=Schedule(kind="step", step_epochs=7))
    told = values_of(optimizer)
    assert told["schedule"]["step_epochs"] == 7
    assert from_values(Optimizer, told) == optimizer
    falling = Optimizer(name="a", schedule=Schedule(kind="multi_step", milestones=(3, 5)))
    told = json.loads(json.dumps(values_of(falling)))
    assert from_values(Optimizer, told) == falling


def test_a_schedule_without_milestones_is_described_as_before_the_key_was_added():
    assert "milestones" not in values_of(Schedule(kind="step"))


def test_every_key_has_a_meaning():
    for kind in (Training, Optimizer, Schedule):
        for item in dataclasses.fields(kind):
            assert item.metadata["description"], item.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(Keys):
    """One key of each type."""

    count: Count = 1
    share: Annotated[float, Limits(ge=0, lt=1)] = 0.5
    clip: Positive | None = None
    name: Annotated[str, Limits(min_length=1)] = "a"
    flag: bool = False
    word: Literal["one", "two"] = "one"
    sizes: tuple[Count | Literal["pool"], ...] = ()
    inner: Earlier = Earlier(epochs=1)


WRONG = {
    "a count of none": ({"count": 0}, "count: must be greater than or equal to 1, got 0."),
    "a part of a count": ({"count": 1.5}, "count: must be a whole number, got 1.5."),
    "a truth for a count": ({"count": True}, "count: must be a whole number, got True."),
    "a share of more than all": ({"share": 1}, "share: must be less than 1, got 1."),
    "a share that is no number": ({"share": "1"}, "share: must be a number, got '1'."),
    "a share without end": ({"share": float("nan")}, "share: must be a finite number, got nan."),
    "a clip of nothing": ({"clip": 0.0}, "clip: must be greater than 0, got 0.0."),
    "a name of no letters": ({"name": ""}, "name: must not be empty, got ''."),
    "a name that is a number": ({"name": 3}, "name: must be text, got 3."),
    "a number for a truth": ({"flag": 1}, "flag: must be true or false, got 1."),
    "an unknown word": ({"word": "three"}, "word: must be 'one' or 'two', got 'three'."),
    "a number for a list": ({"sizes": 3}, "sizes: must be a list, got 3."),
    "one wrong entry of a list": (
        {"sizes": (3, "pool", 0)},
        "sizes[2]: must be greater than or equal to 1, got (3, 'pool', 0).",
    ),
    "a number for keys": ({"inner": 3}, "inner: must hold keys and values, got 3."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_specification_with_an_impossible_value_does_not_exist(case):
    values, message = WRONG[case]
    with pytest.raises(KeysError) as caught:
        Everything(**values)
    assert str(caught.value) == message


def test_all_problems_are_told_at_once_with_their_section():
    with pytest.raises(KeysError) as caught, section("training"):
        Everything(count=0, share=2)
    assert [problem.key for problem in caught.value.problems] == [
        "training.count",
        "training.share",
    ]
