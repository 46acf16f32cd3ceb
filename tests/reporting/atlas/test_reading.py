"""Finished studies as one synthesis."""

import json
import shutil
from datetime import UTC, datetime
from xml.etree import ElementTree

import pandas as pd
import pytest

from biasinit.errors import PlanError
from biasinit.reporting.atlas.__main__ import CONTROLS, contents
from biasinit.reporting.atlas.figures import atlas_figure
from biasinit.reporting.atlas.predictions import (
    PREDICTIONS,
    read_predictions,
    register_predictions,
)
from biasinit.reporting.atlas.reading import NoEvidenceError, read_finished, synthesize
from biasinit.reporting.atlas.rows import predicted
from biasinit.reporting.atlas.sentences import answer_markdown
from biasinit.statistics.synthesis.conditions import CONDITIONS
from biasinit.study.plan import plan_digest
from repository import MEASURED, REPOSITORY, published_studies

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def published():
    return read_finished(MEASURED)[0]


@pytest.fixture(scope="module")
def evidence(published):
    return synthesize(published)


@pytest.fixture
def results(tmp_path):
    """Return a folder with two of the published studies."""
    for name in ("depth", "digits"):
        (tmp_path / name).mkdir()
        for file in ("plan.json", "runs.parquet"):
            shutil.copyfile(MEASURED / name / file, tmp_path / name / file)
    return tmp_path


def edit_plan(folder, **changes):
    entry = json.loads((folder / "plan.json").read_text())
    entry["plan"]["study"] |= changes
    entry["sha256"] = plan_digest(entry["plan"])
    (folder / "plan.json").write_text(json.dumps(entry))


def test_the_published_answer_and_its_picture_are_of_the_published_runs(evidence):
    picture = MEASURED / "answer.svg"
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f"]({picture.relative_to(REPOSITORY)})" in readme
    assert "](docs/measured/answer.md)" in readme
    found = contents(evidence, MEASURED, controls=REPOSITORY / CONTROLS, beside_page=False)
    drawn, made = (
        [element.text for element in ElementTree.fromstring(svg).iter() if element.text]
        for svg in (picture.read_text(encoding="utf-8"), atlas_figure(found))
    )
    assert drawn == made
    said = (MEASURED / "answer.md").read_text(encoding="utf-8")
    assert said == answer_markdown(found)
    row = evidence.pooled.set_index(["outcome", "normalization", "scheme"]).loc[
        ("accuracy", "none", "1.0")
    ]
    assert f"1.0 is {row['p_below']:.0%}".replace("%", " % probable to be worse by") in readme
    count = predicted(found)
    assert count.registered == count.observed
    assert f"and {count.true} of {count.observed} intervals came true" in readme


def test_every_published_study_is_read(published):
    assert [study.definitions.study for study in published] == published_studies()


def test_conditions_of_one_data_set_stand_together_from_shallow_to_deep(evidence):
    conditions = evidence.conditions.drop_duplicates("condition")
    assert conditions["dataset"].is_monotonic_increasing
    digits = conditions[conditions["dataset"] == "digits"]["depth"].dropna()
    assert digits.is_monotonic_increasing
    assert digits.nunique() > 3


def test_each_condition_stands_once(evidence):
    conditions = evidence.conditions
    assert set(CONDITIONS) <= set(conditions)
    keys = ["outcome", "normalization", "scheme"]
    assert not conditions.duplicated([*keys, "condition"]).any()
    assert not conditions.duplicated([*keys, "setting"]).any()


def test_studies_of_one_network_on_one_data_set_are_one_condition(evidence):
    rows = evidence.conditions.query(
        "outcome == 'accuracy' and normalization == 'none' and scheme == '1.0'"
    )
    several = rows[rows["studies"].str.contains(", ")]
    assert any({"digits", "learning_rate"} <= set(text.split(", ")) for text in several["studies"])


def test_a_longer_training_is_a_condition_of_its_own(results):
    shutil.copytree(results / "digits", results / "longer")
    plan = json.loads((results / "longer" / "plan.json").read_text())
    training = plan["plan"]["study"]["training"] | {"epochs": 120}
    edit_plan(results / "longer", study="longer", training=training)
    studies, _ = read_finished(results)
    found = synthesize(studies).conditions.drop_duplicates("condition").set_index("studies")
    assert found.loc["longer", "condition"] == "digits, small_cnn (epochs 120)"
    assert found.loc["digits", "condition"] == "digits, small_cnn"


def test_the_reference_and_its_replicate_are_no_schemes(evidence):
    assert not {"zeros", "zeros_again"} & set(evidence.conditions["scheme"])
    assert {"0.01", "1.0"} <= set(evidence.pooled["scheme"])


def test_conditions_whose_reference_fails_are_named(evidence):
    assert any("most runs of the reference failed" in said for said in evidence.left_out)


def test_unfinished_unreadable_and_quick_studies_are_left_out_and_named(results):
    (results / "unfinished").mkdir()
    shutil.copyfile(results / "depth" / "plan.json", results / "unfinished" / "plan.json")
    shutil.copytree(results / "depth", results / "tried-quick")
    edit_plan(results / "tried-quick", study="tried-quick")
    shutil.copytree(results / "depth", results / "edited")
    (results / "edited" / "plan.json").write_text(
        (results / "edited" / "plan.json").read_text().replace("304291", "304292")
    )
    studies, left_out = read_finished(results)
    assert [study.definitions.study for study in studies] == ["depth", "digits"]
    assert len(left_out) == 3
    said = " ".join(left_out)
    assert "unfinished is not finished" in said
    assert "tried-quick is a quick try" in said
    assert "edited" in said


def test_a_study_with_another_reference_is_left_out_and_named(results):
    shutil.copytree(results / "depth", results / "other")
    edit_plan(results / "other", study="other", reference="0.01", replicate=None)
    studies, _ = read_finished(results)
    found = synthesize(studies)
    assert found.studies == ("depth", "digits")
    assert "Study other compares with 0.01" in " ".join(found.left_out)


def test_a_study_of_the_reference_alone_is_left_out_and_named(results):
    study = json.loads((results / "digits" / "plan.json").read_text())["plan"]["study"]
    zeros = [scheme for scheme in study["schemes"] if scheme["name"] == "zeros"]
    edit_plan(results / "digits", study="alone", schemes=zeros, replicate=None)
    (results / "digits").rename(results / "alone")
    said = "Study alone has zeros alone, and compares nothing."
    found = synthesize(read_finished(results)[0])
    assert found.studies == ("depth",)
    assert said in found.left_out
    shutil.rmtree(results / "depth")
    with pytest.raises(NoEvidenceError, match=said):
        synthesize(read_finished(results)[0])


def test_a_control_and_weights_that_start_alike_are_no_part_of_the_answer_and_are_named(results):
    for name in ("control", "symmetry"):
        shutil.copytree(MEASURED / ("depth" if name == "control" else name), results / name)
    edit_plan(results / "control", study="control", control=True)
    found = synthesize(read_finished(results)[0])
    assert found.studies == ("depth", "digits", "symmetry")
    said = " ".join(found.left_out)
    assert "Study control is a control" in said
    assert "2 settings whose weights start alike (constant, zeros)" in said
    assert set(found.conditions["weight_init"]) == {"he"}


def test_a_study_of_another_metric_is_left_out_and_named(results):
    shutil.copytree(results / "depth", results / "losses")
    study = json.loads((results / "losses" / "plan.json").read_text())["plan"]["study"]
    brought = {
        "study": "losses",
        "reference": "zeros",
        "runs_table": "losses.csv",
        "schemes": [scheme["name"] for scheme in study["schemes"]],
        "metric": {"name": "validation loss", "better": "lower", "unit": "nats"},
        "epochs": 12,
        "analysis": {"margins": {"digits": 0.1}, "collapse_points": 1.0},
    }
    entry = {"plan": {"study": brought}, "registered_at": "2026-11-29", "sha256": ""}
    entry["sha256"] = plan_digest(entry["plan"])
    (results / "losses" / "plan.json").write_text(json.dumps(entry))
    found = synthesize(read_finished(results)[0])
    assert found.studies == ("depth", "digits")
    assert "Study losses measures validation loss, and not accuracy." in found.left_out


def test_the_reference_is_what_the_studies_call_it(results):
    for name in ("depth", "digits"):
        entry = json.loads((results / name / "plan.json").read_text())
        schemes = entry["plan"]["study"]["schemes"]
        named = [scheme | {"name": "keras"} if scheme["name"] == "zeros" else scheme
                 for scheme in schemes]  # fmt: skip
        edit_plan(results / name, schemes=named, reference="keras", replicate=None)
        runs = pd.read_parquet(results / name / "runs.parquet")
        runs["scheme"] = runs["scheme"].replace({"zeros": "keras", "zeros_again": "keras_again"})
        runs.to_parquet(results / name / "runs.parquet")
    found = synthesize(read_finished(results)[0])
    assert found.reference == "keras"
    assert not {"keras", "zeros"} & set(found.conditions["scheme"])


def test_nothing_finished_is_said_with_what_to_do(tmp_path):
    with pytest.raises(NoEvidenceError, match="RESULTS=docs/measured"):
        synthesize(read_finished(tmp_path)[0])


def test_two_names_of_one_scheme_are_one_and_one_name_of_two_is_two(results):
    entry = json.loads((results / "depth" / "plan.json").read_text())
    schemes = entry["plan"]["study"]["schemes"]
    renamed = [
        scheme | {"name": {"0.1": "tenth", "0.01": "0.1"}.get(scheme["name"], scheme["name"])}
        for scheme in schemes
    ]
    shutil.copytree(results / "depth", results / "renamed")
    edit_plan(results / "renamed", study="renamed", schemes=renamed)
    runs = pd.read_parquet(results / "renamed" / "runs.parquet")
    names = {"0.1": "tenth", "0.01": "0.1"}
    runs["scheme"] = runs["scheme"].map(names).fillna(runs["scheme"])
    runs.to_parquet(results / "renamed" / "runs.parquet")
    first = synthesize(read_finished(results)[0])
    assert set(first.conditions["scheme"]) == {"0.01", "0.1", "1.0", "none", "xavier"}
    deep = first.conditions[first.conditions["studies"] == "depth, renamed"]
    assert set(deep["scheme"]) == {"0.01", "0.1", "1.0", "none"}


ARMS = [("none", "1.0"), ("batchnorm_shift", "1.0"), ("none", "unheard of")]


def test_a_prediction_is_registered_once_and_held_against_what_came(published, results):
    enough = {"depth", "positions", "schemes"}
    others = [study for study in published if study.definitions.study in enough]
    before = synthesize(others)
    path = register_predictions("digits", ARMS, before, others, results / "predictions", now=NOW)
    entry = json.loads(path.read_text())
    assert "digits" not in entry["predicted"]["made_from"]
    nothing = read_predictions(results / "predictions", before.conditions)
    assert list(nothing) == list(PREDICTIONS)
    assert nothing["observed"].isna().all()
    assert nothing["inside"].isna().all()
    alone = [study for study in published if study.definitions.study == "digits"]
    found = read_predictions(results / "predictions", synthesize(alone).conditions)
    assert set(found["scheme"]) == {"1.0"}
    assert found["observed"].notna().all()
    near = (found["lower"] <= found["observed"]) & (found["observed"] <= found["upper"])
    assert found.loc[near, "inside"].all()
    with pytest.raises(PlanError, match="registered before"):
        register_predictions("digits", ARMS, before, others, results / "predictions", now=NOW)


def test_a_prediction_is_what_the_answer_says_of_a_new_condition(published, evidence, tmp_path):
    path = register_predictions("new", ARMS, evidence, published, tmp_path, now=NOW)
    keys = ["normalization", "scheme", "outcome"]
    ends = {"lower": "prediction_lower", "upper": "prediction_upper"}
    effects = pd.DataFrame(json.loads(path.read_text())["predicted"]["effects"]).set_index(keys)
    pooled = evidence.pooled.set_index(keys).loc[effects.index]
    assert len(effects) == 4
    for registered, answered in ends.items():
        assert effects[registered].tolist() == pooled[answered].tolist()
    assert effects["from_effects"].map(len).tolist() == pooled["conditions"].tolist()


def test_nothing_is_predicted_of_a_study_that_was_run(published, evidence, tmp_path):
    with pytest.raises(PlanError, match="run already"):
        register_predictions("digits", ARMS, evidence, published, tmp_path, now=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"upper": ', '"upper": 1'),
        lambda text: text[:-40],
        lambda text: "[]",
    ],
)
def test_an_edited_prediction_is_refused(published, evidence, tmp_path, spoil):
    path = register_predictions("new", ARMS, evidence, published, tmp_path, now=NOW)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(PlanError, match=r"edited|cannot be read"):
        read_predictions(tmp_path, evidence.conditions)
