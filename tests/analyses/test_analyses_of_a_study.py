"""Which analyses there are, and which of them a study has."""

import ast
import subprocess
import sys

import pytest
import yaml

from biasinit.analyses.contract import PlanKeys, analysis_named, every_study
from biasinit.analyses.index import SHARED, all_analyses
from biasinit.plugins import digest
from biasinit.runs.tables import TRAINED_TABLES
from biasinit.workflow import Workflow
from repository import REPOSITORY

SCRIPTS = REPOSITORY / "workflow" / "scripts"
FOLDER = SCRIPTS / "biasinit" / "analyses"
NAMES = tuple(analysis.name for analysis in all_analyses())


def made_of_runs_alone():
    """Yield the analyses of every study: they need the runs, or what others of them make."""
    there = {"runs"}
    for analysis in all_analyses():
        if analysis.applies is every_study and there.issuperset(analysis.reads):
            there |= {table.name for table in analysis.makes}
            yield analysis.name


ALWAYS = set(made_of_runs_alone())


def workflow(keys):
    return Workflow.read(keys, study_files=(), repository=REPOSITORY)


def names_in(keys):
    return {analysis.name for analysis in workflow(keys).analyses}


@pytest.fixture
def brought(tmp_path):
    """A function that returns the keys of a study whose runs have these columns too."""

    def keys(*columns):
        table = tmp_path / "runs.csv"
        table.write_text(",".join(("scheme", "seed", "final_accuracy", *columns)) + "\n")
        return {
            "study": "mine",
            "runs_table": str(table),
            "schemes": ["zeros", "1.0"],
            "epochs": 3,
            "analysis": {"margins": {"any": 1.0}},
        }

    return keys


def test_every_study_is_judged_and_the_judges_are_tried():
    assert {
        *("analyse_accuracy", "analyse_failure", "analyse_sensitivity"),
        *("calibrate", "check_controls", "judge_schemes"),
    } <= ALWAYS


def test_every_file_is_an_analysis_or_shared_and_its_name_is_that_of_its_rule():
    assert {path.stem for path in FOLDER.glob("*.py")} == {*NAMES} | SHARED
    for analysis in all_analyses():
        assert (SCRIPTS / analysis.module).exists()


def test_a_file_that_is_neither_shared_nor_an_analysis_is_an_error():
    with pytest.raises(AttributeError, match="ANALYSIS"):
        analysis_named("keys")


def test_the_order_of_analyses_is_the_same_in_every_process():
    code = "from biasinit.analyses.index import all_analyses as a; print(*(i.name for i in a()))"
    orders = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(SCRIPTS), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert orders == {" ".join(NAMES) + "\n"}


def test_an_analysis_reads_tables_that_are_made_before_it():
    there = {table.name for table in TRAINED_TABLES}
    for analysis in all_analyses():
        assert there.issuperset({*analysis.reads, *analysis.reads_if_there}), analysis.name
        there |= {table.name for table in analysis.makes}


def test_an_analysis_uses_keys_that_the_plan_has():
    for analysis in all_analyses():
        assert set(analysis.plan) <= set(PlanKeys.__annotations__), analysis.name


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_an_analysis_imports_what_it_computes_with_when_it_runs(path):
    """The workflow's parser reads these modules, and needs no statistics."""
    outside = ast.parse(path.read_text(encoding="utf-8")).body
    names = {node.module for node in outside if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.startswith(("biasinit.statistics", "pandas"))}


def files_behind(name):
    """Return the files that the version of an analysis' code covers."""
    files = [SCRIPTS / "analyse.py", SCRIPTS / analysis_named(name).module]
    return {path.relative_to(SCRIPTS).as_posix() for path in digest._closure(files, (SCRIPTS,))}


@pytest.mark.parametrize("name", NAMES)
def test_the_code_behind_an_analysis_is_its_own(name):
    """So that no change of training, of the page or of another analysis runs it again."""
    found = files_behind(name)
    assert {"analyse.py", f"biasinit/analyses/{name}.py"} < found
    # what is imported where it is needed counts too
    computes = "from biasinit.statistics" in (SCRIPTS / analysis_named(name).module).read_text()
    assert any(path.startswith("biasinit/statistics/") for path in found) == computes
    assert not found & {f"biasinit/analyses/{other}.py" for other in NAMES if other != name}
    # the factors of a run are named by the fields of a cell
    found -= {f"biasinit/specs/{module}.py" for module in ("__init__", "cell", "keys")}
    for forbidden in ("study", "training", "networks", "reporting", "data", "specs"):
        assert not any(path.startswith(f"biasinit/{forbidden}/") for path in found), forbidden


def test_how_speed_is_analysed_is_no_code_of_the_analysis_of_accuracy():
    assert any("statistics/speed/" in path for path in files_behind("analyse_speed"))
    assert not any("statistics/speed/" in path for path in files_behind("analyse_accuracy"))


def test_a_trained_study_has_speed_and_layers(mapping):
    more = {"analyse_speed", "judge_early_speed", "analyse_layers", "analyse_tuned"}
    assert names_in(mapping) == ALWAYS | more


def test_early_verdicts_need_early_times_and_the_length_of_a_run(brought):
    times = ("epochs_to_threshold", "reached", "epochs_to_early_threshold")
    assert "judge_early_speed" in names_in(brought(*times))
    assert "judge_early_speed" not in names_in(brought(*times[:2]))
    without = {key: value for key, value in brought(times[2]).items() if key != "epochs"}
    assert "judge_early_speed" not in names_in(without)


def test_several_learning_rates_make_a_comparison_of_each_scheme_at_its_own(mapping, brought):
    assert "analyse_tuned" in names_in(mapping)
    assert "analyse_tuned" not in names_in({**mapping, "learning_rates": [0.02]})
    assert "analyse_tuned" in names_in(brought("learning_rate", "validation_accuracy"))


def test_networks_that_compare_pairs_have_their_twins_compared():
    keys = yaml.safe_load((REPOSITORY / "studies" / "siamese.yaml").read_text())
    assert "compare_twins" in names_in(keys)


def test_levels_are_compared_where_claims_ask_for_it():
    keys = yaml.safe_load((REPOSITORY / "studies" / "scaling.yaml").read_text())
    assert "compare_levels" in names_in(keys)
    assert "compare_levels" not in names_in({**keys, "study": "of_no_claim"})


def test_brought_runs_have_what_their_columns_allow(brought):
    assert names_in(brought()) == ALWAYS
    assert names_in(brought("epochs_to_threshold", "reached")) == {*ALWAYS, "analyse_speed"}


def test_an_analysis_reads_files_that_the_study_has(mapping, brought):
    trained, others = workflow(mapping), workflow(brought("epochs_to_threshold", "reached"))
    for study, curves in ((trained, True), (others, False)):
        found = {item.name: study.tables_read_by(item) for item in study.analyses}
        assert ("curves" in found["analyse_speed"]) is curves
        assert ("correct" in found["judge_schemes"]) is curves
    assert others.tables_read_by(others.analyses[0]) == {"runs": "results/{study}/runs.parquet"}
    without = workflow(brought())
    (judging,) = (item for item in without.analyses if item.name == "judge_schemes")
    assert "speed_contrasts" not in without.tables_read_by(judging)


def test_every_table_of_an_analysis_is_made_once(mapping):
    study = workflow(mapping)
    made = [file for item in study.analyses for file in study.tables_made_by(item).values()]
    assert len(made) == len(set(made))
    assert all(file.startswith("results/{study}/analysis/") for file in made)


def test_the_report_and_all_tables_of_analyses_are_made_without_being_asked_for(brought):
    study = workflow(brought())
    assert study.goals[0] == "results/mine/report.html"
    asked = {file for item in study.analyses for file in study.tables_made_by(item).values()}
    assert set(study.goals[1:]) == {file.format(study="mine") for file in asked}


def test_the_report_gets_runs_jobs_and_what_analyses_made(mapping, brought):
    for keys, others in ((mapping, {"runs", "jobs"}), (brought(), {"runs", "import_notes"})):
        study = workflow(keys)
        made = {table.name for item in study.analyses for table in item.makes}
        assert set(study.reported_tables) == made | others
