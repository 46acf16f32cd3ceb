"""What the rules ask of a study."""

import re
from pathlib import Path

import pytest
import yaml
from snakemake.cli import parse_config

from biasinit.errors import ConfigurationError
from biasinit.execution.takeover.lock import HANDED_ON
from biasinit.study.shards import PARTS
from biasinit.workflow import Workflow
from repository import REPOSITORY

TINY = REPOSITORY / "tests" / "workflow" / "tiny.yaml"


def read(keys: dict, *, files: tuple[Path, ...] = ()) -> Workflow:
    return Workflow.read(keys, study_files=files, repository=REPOSITORY)


@pytest.fixture
def tiny() -> dict:
    return yaml.safe_load(TINY.read_text())


@pytest.fixture
def brought(tmp_path) -> dict:
    table = tmp_path / "runs.csv"
    table.write_text("scheme,seed,final_accuracy\nzeros,0,90\n")
    return {
        "study": "mine",
        "runs_table": str(table),
        "schemes": ["zeros", "1.0"],
        "analysis": {"margins": {"any": 1.0}},
    }


def test_every_run_of_the_study_is_in_one_shard(tiny):
    workflow = read({**tiny, "seeds": 8, "learning_rates": [0.02, 0.1]})
    assert len(set(workflow.shards)) == len(workflow.shards)
    assert len(workflow.shards) * tiny["seeds_per_shard"] == workflow.study.run_count
    assert workflow.size.runs == workflow.study.run_count
    assert [shard.path for shard in workflow.shards] == list(workflow.size.shards)


def test_a_shard_is_described_by_the_levels_of_its_path(tiny):
    workflow = read({**tiny, "learning_rates": [0.02, 1e-3]})
    for shard in workflow.shards:
        described = workflow.shard_description(dict(zip(PARTS, shard.levels, strict=True)))
        assert described["label"] == shard.scheme
        assert described["normalization"] == shard.normalization
        assert float(shard.level("learning_rate")) == described["cell"]["learning_rate"]


def test_patterns_match_the_levels_of_the_study_and_no_others(tiny):
    patterns = read({**tiny, "learning_rates": [0.02]}).level_patterns
    assert set(patterns) == set(PARTS)
    assert re.fullmatch(patterns["scheme"], "zeros_again")
    assert not re.fullmatch(patterns["scheme"], "1x0"), "a dot is no wildcard"
    assert not re.fullmatch(patterns["learning_rate"], "0x02")
    assert re.fullmatch(patterns["normalization"], "batchnorm")


def test_every_shard_has_its_file_and_the_pattern_of_the_rule_fits_it(tiny):
    workflow = read(tiny)
    for shard, file in zip(workflow.shards, workflow.shard_tables("runs"), strict=True):
        texts = dict(zip(PARTS, shard.levels, strict=True))
        assert workflow.shard_file("runs").format(study="tiny", **texts) == file


def test_theory_is_asked_once_for_starts_that_are_the_same(tiny):
    workflow = read({**tiny, "learning_rates": [0.02, 0.1]})
    arms = workflow.arms_to_predict()
    assert len(arms) == 2 * 2, "two schemes at two normalisations, whatever the learning rates"
    assert {arm["normalization"] for arm in arms} == {"none", "batchnorm_shift"}


def test_a_study_that_brings_its_runs_trains_nothing(brought):
    workflow = read(brought)
    assert not workflow.is_trained
    assert workflow.shards == ()
    assert workflow.size.runs == 0


def test_a_key_that_stands_twice_in_a_file_is_refused(tiny, tmp_path):
    file = tmp_path / "twice.yaml"
    file.write_text(TINY.read_text() + "\nseeds: 8\n")
    with pytest.raises(ConfigurationError, match="the key 'seeds' stands there twice"):
        read(tiny, files=(file,))


def test_the_study_file_is_the_one_that_names_the_study(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "settings.yaml"
    settings.write_text(yaml.safe_dump({"biases": tiny}))
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(tiny))
    assert read(tiny, files=(settings,)).study_file is None
    assert read(tiny, files=(settings, file)).study_file == file
    assert read(tiny, files=(file,)).configfile == "mine.yaml"
    (tmp_path / "beside").mkdir()
    monkeypatch.chdir(tmp_path / "beside")
    assert read(tiny, files=(file,)).configfile == str(file)


def test_a_name_from_the_command_line_leaves_the_file_that_of_the_study(tiny, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(tiny))
    workflow = read(tiny | {"study": "other"}, files=(file,))
    assert workflow.study.study == "other"
    assert workflow.study_file == file


def test_a_number_from_the_command_line_gets_a_mend_that_can_be_typed(tiny, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(tiny))
    message = (
        "reference: must be text, got 0.01. Put it in quotes. On a command line: --config "
        "'reference=!!str 0.01'."
    )
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        read(tiny | {"reference": 0.01}, files=(file,))
    assert parse_config(["reference=!!str 0.01"]) == {"reference": "0.01"}
    file.write_text(yaml.safe_dump(tiny | {"reference": 0.01}))
    with pytest.raises(ConfigurationError, match=r"got 0\.01\. Put it in quotes\.$"):
        read(tiny | {"reference": 0.01}, files=(file,))


def test_a_table_of_runs_is_found_from_here_or_else_beside_its_study(
    brought, tmp_path, monkeypatch
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    file = tmp_path / "mine.yaml"
    keys = brought | {"runs_table": "runs.csv"}
    file.write_text(yaml.safe_dump(keys))
    assert read(keys, files=(file,)).bringing.table == tmp_path / "runs.csv"
    (tmp_path / "here" / "runs.csv").write_text("scheme,seed,final_accuracy,failed\n")
    workflow = read(keys, files=(file,))
    assert workflow.bringing.table == Path("runs.csv")
    assert workflow.run_columns == {"scheme", "seed", "final_accuracy", "failed"}


def test_columns_of_a_table_go_by_our_names(brought, tmp_path):
    (tmp_path / "runs.csv").write_text("method;seed;final_accuracy;lost\n")
    columns = {"scheme": "method", "failed": "lost"}
    workflow = read(brought | {"columns": columns})
    assert workflow.run_columns == {"scheme", "seed", "final_accuracy", "failed"}
    assert workflow.bringing.names == columns


def test_the_files_of_a_folder_of_runs_are_inputs(brought, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for name in ("b.csv", "a.csv", "notes.md"):
        (folder / name).write_text("scheme,seed,final_accuracy\n")
    workflow = read(brought | {"runs_table": str(folder)})
    assert workflow.bringing.files({}) == [str(folder / "a.csv"), str(folder / "b.csv")]


def test_braces_in_a_file_of_a_folder_of_runs_are_refused(brought, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "a{b}.csv").write_text("scheme,seed,final_accuracy\n")
    with pytest.raises(ConfigurationError, match=r"runs_table: must have no braces.*a\{b\}\.csv"):
        read(brought | {"runs_table": str(tmp_path / "runs")})


def test_the_default_study_needs_no_file_to_be_named(monkeypatch):
    default = REPOSITORY / "config.yaml"
    monkeypatch.chdir(REPOSITORY)
    assert read(yaml.safe_load(default.read_text()), files=(default,)).configfile is None


def test_a_file_of_the_program_is_named_from_where_one_stands(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    assert read(tiny).file("claims.yaml") == "claims.yaml"
    monkeypatch.chdir(tmp_path)
    assert read(tiny).file("claims.yaml") == str(REPOSITORY / "claims.yaml")


def test_how_to_go_on_is_said_once(tiny, monkeypatch):
    monkeypatch.delenv(HANDED_ON, raising=False)
    assert "results/tiny/logs" in read(tiny).how_to_go_on()
    monkeypatch.setenv(HANDED_ON, "3")
    assert read(tiny).how_to_go_on() == "", "'make study' says it itself"


def test_claims_of_ones_own_are_found_beside_the_study_file(tiny, tmp_path, monkeypatch):
    claims = yaml.safe_load((REPOSITORY / "claims.yaml").read_text())[:1]
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "ours.yaml").write_text(yaml.safe_dump(claims))
    keys = {**tiny, "claims": "ours.yaml"}
    file = tmp_path / "studies" / "mine.yaml"
    file.write_text(yaml.safe_dump(keys))
    monkeypatch.chdir(tmp_path)
    workflow = read(keys, files=(file,))
    assert len(workflow.claims) == 1
    # what people do is numbered as the thread's claims are, and so belongs to no others
    assert workflow.claims_inputs == {"claims": "studies/ours.yaml"}
    assert set(read(tiny, files=()).claims_inputs) == {"claims", "prevalence"}


def test_a_missing_file_of_claims_is_named(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"nothing\.yaml.*cannot be read"):
        read({**tiny, "claims": "nothing.yaml"})


@pytest.fixture
def own(tiny, tmp_path) -> tuple[dict, Path]:
    """A study file with a scheme and a data set of its own, and its keys."""
    folder = tmp_path / "studies"
    folder.mkdir()
    (folder / "mine.py").write_text("import levels\n\ndef f(layer, rng): return [0.5]\n")
    (folder / "levels.py").write_text("LEVEL = 1\n")
    (folder / "images.py").write_text("def g(files): return files\n")
    (folder / "images.bin").write_text("")
    mine = {"name": "mine", "kind": "python", "object": "mine.py:f"}
    images = {"name": "digits", "kind": "python", "object": "images.py:g", "files": ["images.bin"],
              "train": 256, "validation": 64, "test": 100}  # fmt: skip
    keys = {**tiny, "schemes": [*tiny["schemes"], mine], "datasets": [images]}
    (folder / "own.yaml").write_text(yaml.safe_dump(keys))
    return keys, folder / "own.yaml"


def levels(workflow: Workflow, scheme: str) -> dict[str, str]:
    (shard,) = [
        shard
        for shard in workflow.shards
        if (shard.scheme, shard.normalization) == (scheme, "none")
    ]
    return dict(zip(PARTS, shard.levels, strict=True))


def versions(keys: dict, file: Path) -> dict[str, str]:
    workflow = read(keys, files=(file,))
    trained = {name: levels(workflow, name) for name in ("zeros", "1.0", "mine")}
    return {
        **{name: workflow.code_of_shard(place) for name, place in trained.items()},
        "data": workflow.code_of_dataset(trained["zeros"]),
        "predictions": workflow.code_of_predictions,
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("mine.py", "0.5", "0.25", {"mine", "predictions"}),
        ("levels.py", "LEVEL = 1", "LEVEL = 2", {"mine", "predictions"}),
        ("images.py", "return files", "return None", {"data"}),
        ("mine.py", "import levels\n", "import levels  # a comment\n", set()),
    ],
)
def test_code_of_ones_own_counts_for_what_uses_it_and_for_nothing_else(
    file, old, new, changed, own
):
    before = versions(*own)
    path = own[1].parent / file
    path.write_text(path.read_text().replace(old, new))
    after = versions(*own)
    assert {name for name in before if before[name] != after[name]} == changed


def test_shards_of_different_kinds_have_different_code(own):
    found = versions(*own)
    assert len({found["zeros"], found["1.0"], found["mine"]}) == 3


def test_the_plan_holds_the_version_of_code_of_ones_own(own):
    keys, file = own
    plan = read(keys, files=(file,)).plan
    assert set(plan["code"]) == {"schemes.mine", "datasets.digits"}
    (file.parent / "mine.py").write_text("def f(layer, rng): return [0]\n")
    changed = read(keys, files=(file,)).plan
    assert changed["study"] == plan["study"]
    assert changed["code"]["schemes.mine"] != plan["code"]["schemes.mine"]
    assert changed["code"]["datasets.digits"] == plan["code"]["datasets.digits"]
    assert "code" not in read(yaml.safe_load(TINY.read_text())).plan


def test_files_of_ones_own_are_inputs_named_from_where_one_stands(own, tmp_path, monkeypatch):
    keys, file = own
    monkeypatch.chdir(tmp_path)
    workflow = read(keys, files=(file,))
    assert workflow.dataset_files(levels(workflow, "zeros")) == ["studies/images.bin"]


def test_a_job_is_told_no_place_of_a_file_of_ones_own(own, tmp_path):
    keys, file = own
    workflow = read(keys, files=(file,))
    described = workflow.shard_description(levels(workflow, "mine"))
    assert described["scheme"]["object"] == "mine.py:f"
    assert str(tmp_path) not in str(
        [described, workflow.dataset_description({"dataset": "digits"})]
    )


def test_files_of_ones_own_that_are_not_there_are_named_all_at_once(own):
    keys, file = own
    for name in ("mine.py", "images.bin"):
        (file.parent / name).unlink()
    with pytest.raises(ConfigurationError) as caught:
        read(keys, files=(file,))
    said = [str(problem) for problem in caught.value.problems]
    assert said == [
        f"schemes[2].object: names mine.py, and there is no file {file.parent / 'mine.py'}. Name a "
        "file relative to the folder of the study file; without a study file, to the working "
        "directory.",
        f"datasets[0].files[0]: names images.bin, and there is no file "
        f"{file.parent / 'images.bin'}. Name a file relative to the folder of the study file; "
        "without a study file, to the working directory.",
    ]


def test_without_a_study_file_code_of_ones_own_is_found_in_the_working_directory(own, monkeypatch):
    keys, file = own
    with pytest.raises(ConfigurationError, match=r"names mine\.py"):
        read(keys)
    monkeypatch.chdir(file.parent)
    assert read(keys).study_folder == str(file.parent)
