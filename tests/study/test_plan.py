import json
import resource
from datetime import UTC, datetime

import pytest

from biasinit.errors import FolderError, PlanError
from biasinit.study.plan import plan_digest, plan_of, read_registration, register
from biasinit.study.reading import parse_any_study, parse_study

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)


def test_the_plan_is_written_once_with_time_and_hash(mapping, tmp_path):
    study = parse_study(mapping)
    register(plan_of(study), tmp_path, now=FIRST)
    before = (tmp_path / "plan.json").read_bytes()
    register(plan_of(study), tmp_path, now=LATER)
    assert (tmp_path / "plan.json").read_bytes() == before
    registration = read_registration(tmp_path)
    assert registration.plan["registered_at"] == FIRST.isoformat()
    assert registration.plan["sha256"] == plan_digest(plan_of(study))
    assert registration.deviations == []


def test_a_changed_analysis_is_a_deviation_and_leaves_the_plan_as_it_was(mapping, tmp_path):
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    before = (tmp_path / "plan.json").read_bytes()
    mapping["analysis"]["margins"]["digits"] = 1.0
    for _ in range(2):  # starting twice with the same plan is one deviation
        register(plan_of(parse_study(mapping)), tmp_path, now=LATER)
    assert (tmp_path / "plan.json").read_bytes() == before
    (deviation,) = read_registration(tmp_path).deviations
    assert deviation["kind"] == "changed analysis"
    assert deviation["time"] == LATER.isoformat()
    assert deviation["changes"] == [
        {"key": "study.analysis.margins.digits", "registered": 0.5, "now": 1.0}
    ]


@pytest.mark.parametrize("quick", [False, True])
def test_a_plan_registered_before_a_key_existed_is_still_the_same_plan(quick, mapping, tmp_path):
    study = parse_study(mapping | {"quick": quick})
    older = plan_of(study)
    for key in ("claims", "quick"):
        del older["study"][key]
    del older["study"]["training"]["label_smoothing"]
    entry = {"registered_at": FIRST.isoformat(), "sha256": plan_digest(older), "plan": older}
    (tmp_path / "plan.json").write_text(json.dumps(entry))
    register(plan_of(study), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations == []


@pytest.mark.parametrize(("split", "deviations"), [("once", 0), ("per seed", 1)])
def test_a_plan_from_before_splits_of_each_seed_had_one_split(split, deviations, mapping, tmp_path):
    mapping["datasets"][0]["split"] = split
    study = parse_study(mapping)
    older = plan_of(study)
    del older["study"]["datasets"][0]["split"]
    entry = {"registered_at": FIRST.isoformat(), "sha256": plan_digest(older), "plan": older}
    (tmp_path / "plan.json").write_text(json.dumps(entry))
    register(plan_of(study), tmp_path, now=LATER)
    assert len(read_registration(tmp_path).deviations) == deviations


def test_a_key_of_the_plan_that_is_not_known_any_more_is_a_deviation(mapping, tmp_path):
    study = parse_study(mapping)
    other = plan_of(study)
    other["study"]["moonphase"] = "full"
    entry = {"registered_at": FIRST.isoformat(), "sha256": plan_digest(other), "plan": other}
    (tmp_path / "plan.json").write_text(json.dumps(entry))
    register(plan_of(study), tmp_path, now=LATER)
    (deviation,) = read_registration(tmp_path).deviations
    assert deviation["changes"] == [{"key": "study.moonphase", "registered": "full", "now": None}]


@pytest.mark.parametrize(("seeds", "deviates"), [(0, False), (5, True)])
def test_a_retired_key_of_the_plan_is_a_deviation_only_where_it_did_something(
    seeds, deviates, mapping, tmp_path
):
    older = plan_of(parse_study(mapping))
    older["study"]["analysis"]["tuning_seeds"] = seeds
    entry = {"registered_at": FIRST.isoformat(), "sha256": plan_digest(older), "plan": older}
    (tmp_path / "plan.json").write_text(json.dumps(entry))
    register(plan_of(parse_study(mapping)), tmp_path, now=LATER)
    found = [
        change
        for deviation in read_registration(tmp_path).deviations
        for change in deviation["changes"]
    ]
    change = {"key": "study.analysis.tuning_seeds", "registered": seeds, "now": None}
    assert found == ([change] if deviates else [])


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("seeds", 40, "added seeds"),
        ("learning_rates", [0.1], "changed study"),
        ("reference", "xavier", "changed study"),
    ],
)
def test_kinds_of_deviation_are_told_apart(key, value, kind, mapping, tmp_path):
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    mapping[key] = value
    register(plan_of(parse_study(mapping)), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations[0]["kind"] == kind


def test_going_back_to_the_registered_plan_is_on_record_too(mapping, tmp_path):
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    register(plan_of(parse_study(mapping | {"seeds": 40})), tmp_path, now=LATER)
    register(plan_of(parse_study(mapping)), tmp_path, now=LATER)
    kinds = [deviation["kind"] for deviation in read_registration(tmp_path).deviations]
    assert kinds == ["added seeds", "back to the registered plan"]


def test_a_plan_that_was_edited_is_refused(mapping, tmp_path):
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
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
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    mapping["seeds"] = seeds
    register(plan_of(parse_study(mapping)), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations[0]["kind"] == kind


def test_a_look_planned_after_the_first_run_is_a_changed_study(mapping, tmp_path):
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    mapping["analysis"]["looks"], mapping["seeds"] = LOOKS, 40
    register(plan_of(parse_study(mapping)), tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations[0]["kind"] == "changed study"


def imported(**changes):
    keys = {
        "study": "digits",
        "runs_table": "runs.csv",
        "schemes": ["zeros", "1.0"],
        "analysis": {"margins": {"digits": 0.5}},
    }
    return parse_any_study(keys | changes)


def test_another_study_of_the_same_name_is_refused_and_nothing_is_changed(mapping, tmp_path):
    register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    before = (tmp_path / "plan.json").read_bytes()
    others = {
        "that one trains its runs, and this one brings its runs as a table": imported(),
        f"that one has study_seed {mapping['study_seed']}, and this one 7": parse_study(
            mapping | {"study_seed": 7}
        ),
    }
    for what, other in others.items():
        with pytest.raises(PlanError, match="Give this study another name in 'study'") as caught:
            register(plan_of(other), tmp_path, now=LATER)
        assert what in str(caught.value)
    assert (tmp_path / "plan.json").read_bytes() == before
    assert not (tmp_path / "plan_deviations.jsonl").exists()


def test_a_trained_study_never_takes_the_folder_of_brought_runs(mapping, tmp_path):
    register(plan_of(imported()), tmp_path, now=FIRST)
    register(plan_of(imported(runs_table="other.csv")), tmp_path, now=LATER)  # a change, and listed
    with pytest.raises(PlanError, match="that one brings its runs as a table, and this one trains"):
        register(plan_of(parse_study(mapping)), tmp_path, now=LATER)


def test_a_plan_of_brought_runs_is_the_same_with_keys_that_came_later(tmp_path):
    plan = plan_of(imported())
    earlier = {
        name: value
        for name, value in plan["study"].items()
        if name not in ("columns", "unit", "metric")
    }
    register(plan | {"study": earlier}, tmp_path, now=FIRST)
    register(plan, tmp_path, now=LATER)
    assert read_registration(tmp_path).deviations == []
    register(plan_of(imported(unit="share")), tmp_path, now=LATER)
    (deviation,) = read_registration(tmp_path).deviations
    assert deviation["changes"] == [{"key": "study.unit", "registered": None, "now": "share"}]


LOSSES = {
    "study": "losses",
    "runs_table": "runs.csv",
    "schemes": ["zeros", "1.0"],
    "metric": {"name": "validation loss", "better": "lower", "unit": "nats"},
    "analysis": {"margins": {"any": 0.005}, "collapse_points": 0.5},
}


def test_the_plan_has_the_metric_its_unit_and_its_direction(mapping):
    plan, usual = plan_of(parse_any_study(LOSSES)), plan_of(parse_study(mapping))["rules"]
    assert plan["study"]["metric"] == LOSSES["metric"]
    rules = plan["rules"]
    assert rules["estimands"]["accuracy"] == (
        "mean over cells of validation loss, scheme minus reference, in nats; lower is better"
    )
    assert "final accuracy" in usual
    assert "final accuracy" not in rules
    assert rules["estimands"]["interaction"] == (
        "validation loss contrast with batch normalisation minus the one without"
    )
    assert rules["estimands"]["speed"] == usual["estimands"]["speed"]


def test_another_direction_or_unit_of_the_metric_is_a_deviation(tmp_path):
    register(plan_of(parse_any_study(LOSSES)), tmp_path, now=FIRST)
    other = LOSSES["metric"] | {"better": "higher", "unit": "bits"}
    register(plan_of(parse_any_study(LOSSES | {"metric": other})), tmp_path, now=LATER)
    (deviation,) = read_registration(tmp_path).deviations
    assert deviation["kind"] == "changed study"
    assert [change["key"] for change in deviation["changes"]] == [
        "study.metric.better",
        "study.metric.unit",
        "rules.estimands.accuracy",
    ]


def test_a_folder_that_cannot_be_written_is_named(mapping, tmp_path):
    (tmp_path / "digits").touch()
    with pytest.raises(FolderError, match=r"digits cannot be written \(.*Make room"):
        register(plan_of(parse_study(mapping)), tmp_path / "digits", now=FIRST)


def test_a_plan_is_written_whole_or_not_at_all(mapping, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # as a full disk: writing fails
    try:
        with pytest.raises(FolderError):
            register(plan_of(parse_study(mapping)), tmp_path, now=FIRST)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())
