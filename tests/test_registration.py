import json
from datetime import UTC, datetime

import pytest

from biasinit.config import parse_study
from biasinit.errors import PlanError
from biasinit.registration import plan_digest, plan_of, read_registration, register

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)


def test_the_plan_is_written_once_with_time_and_hash(mapping, tmp_path):
    study = parse_study(mapping)
    register(study, tmp_path, now=FIRST)
    before = (tmp_path / "plan.json").read_bytes()
    register(study, tmp_path, now=LATER)
    assert (tmp_path / "plan.json").read_bytes() == before
    registration = read_registration(tmp_path)
    assert registration.plan["registered_at"] == FIRST.isoformat()
    assert registration.plan["sha256"] == plan_digest(plan_of(study))
    assert registration.deviations == []


def test_a_changed_analysis_is_a_deviation_and_leaves_the_plan_as_it_was(mapping, tmp_path):
    register(parse_study(mapping), tmp_path, now=FIRST)
    before = (tmp_path / "plan.json").read_bytes()
    mapping["analysis"]["margins"]["digits"] = 1.0
    for _ in range(2):  # starting twice with the same plan is one deviation
        register(parse_study(mapping), tmp_path, now=LATER)
    assert (tmp_path / "plan.json").read_bytes() == before
    (deviation,) = read_registration(tmp_path).deviations
    assert deviation["kind"] == "changed analysis"
    assert deviation["time"] == LATER.isoformat()
    assert deviation["changes"] == [
        {"key": "study.analysis.margins.digits", "registered": 0.5, "now": 1.0}
    ]


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("seeds", 40, "added seeds"),
        ("learning_rates", [0.1], "changed study"),
        ("reference", "xavier", "changed study"),
    ],
)
def test_kinds_of_deviation_are_told_apart(key, value, kind, mapping, tmp_path):
    register(parse_study(mapping), tmp_path, now=FIRST)
    mapping[key] = value
    register(parse_study(mapping), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations[0]["kind"] == kind


def test_going_back_to_the_registered_plan_is_on_record_too(mapping, tmp_path):
    register(parse_study(mapping), tmp_path, now=FIRST)
    register(parse_study(mapping | {"seeds": 40}), tmp_path, now=LATER)
    register(parse_study(mapping), tmp_path, now=LATER)
    kinds = [deviation["kind"] for deviation in read_registration(tmp_path).deviations]
    assert kinds == ["added seeds", "back to the registered plan"]


def test_a_plan_that_was_edited_is_refused(mapping, tmp_path):
    register(parse_study(mapping), tmp_path, now=FIRST)
    path = tmp_path / "plan.json"
    content = json.loads(path.read_text())
    content["plan"]["study"]["analysis"]["margins"]["digits"] = 5.0
    path.write_text(json.dumps(content))
    with pytest.raises(PlanError, match="was edited after it was registered"):
        read_registration(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"plan": {}}'])
def test_a_damaged_plan_is_named(content, tmp_path):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(PlanError, match=r"plan\.json cannot be read .* Restore it from a copy\."):
        read_registration(tmp_path)


def test_a_missing_plan_says_how_to_register_one(tmp_path):
    with pytest.raises(PlanError, match="Start the study with"):
        read_registration(tmp_path)


LOOKS = [{"seeds": 20, "alpha": 0.03}, {"seeds": 40, "alpha": 0.02}]


@pytest.mark.parametrize(("seeds", "kind"), [(40, "planned look"), (60, "added seeds")])
def test_only_seeds_that_were_planned_are_a_planned_look(seeds, kind, mapping, tmp_path):
    mapping["analysis"]["looks"] = LOOKS
    register(parse_study(mapping), tmp_path, now=FIRST)
    mapping["seeds"] = seeds
    register(parse_study(mapping), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations[0]["kind"] == kind


def test_a_look_planned_after_the_first_run_is_a_changed_study(mapping, tmp_path):
    register(parse_study(mapping), tmp_path, now=FIRST)
    mapping["analysis"]["looks"], mapping["seeds"] = LOOKS, 40
    register(parse_study(mapping), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations[0]["kind"] == "changed study"
