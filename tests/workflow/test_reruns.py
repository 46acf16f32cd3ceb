"""What runs again when something changes: no more than must, and no less."""

import os
import re

import pandas as pd
import pytest
import yaml

from biasinit.workflow import Workflow
from faults import finished_shards
from repository import REPOSITORY
from workspace import TINY, planned_jobs

pytestmark = pytest.mark.slow  # each plans a whole study

STUDY = Workflow.read(yaml.safe_load(TINY.read_text()), study_files=(), repository=REPOSITORY)
ANALYSES = {*(analysis.name for analysis in STUDY.analyses), "write_report"}
SHARDS = 8  # 3 normalisations × 2 schemes, and the A/A arm without and with batch normalisation
LIBRARY = "workflow/scripts/biasinit"


def files_under(folder):
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if ".snakemake" not in path.parts
    }


def test_other_epochs_train_everything_again_and_a_dry_run_writes_nothing(workspace):
    workspace.edit("tiny.yaml", "epochs: 4", "epochs: 5")
    before = files_under(workspace.folder)
    planned = workspace.planned()
    assert planned["train"] == SHARDS
    assert planned["collect"] == 1
    assert files_under(workspace.folder) == before


def test_a_comment_a_docstring_and_the_time_of_a_file_run_nothing(workspace):
    script = "workflow/scripts/train.py"
    workspace.edit(script, "import torch\n", "# a comment\nimport torch\n")
    workspace.edit(f"{LIBRARY}/training/loop.py", '"""The training loop', '"""Another docstring')
    analysis = f"{LIBRARY}/analyses/analyse_failure.py"
    workspace.edit(analysis, '"""Failed runs', '"""Runs that failed')
    workspace.edit(analysis, '"""Return failure rates', '"""Return the failure rates')
    for path in (workspace.folder / "workflow").rglob("*.py"):
        os.utime(path)
    assert workspace.planned() == {}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (f"{LIBRARY}/training/engines/optimizers.py", "direction, value=-1", "direction, value=-2"),
        (f"{LIBRARY}/networks/native_kernels.cpp", "CHUNK = 128", "CHUNK = 64"),
        (f"{LIBRARY}/networks/layers.py", "BATCHNORM_EPSILON = 1e-5", "BATCHNORM_EPSILON = 1e-4"),
    ],
    ids=["a constant in the step", "a native kernel", "a constant in a layer"],
)
def test_a_change_of_training_trains_everything_again(file, old, new, workspace):
    workspace.edit(file, old, new)
    planned = workspace.planned()
    assert planned["train"] == SHARDS
    assert planned["collect"] == 1


def test_what_no_shard_uses_trains_nothing(workspace):
    """A new kind, a change of another one, another word, a new key: whatever no job has to do with.

    The new key stands among those of every training; it is as if it were not there at its default.
    """
    (workspace.folder / LIBRARY / "specs" / "schemes" / "new.py").write_text("NEW = 1\n")
    workspace.edit(
        f"{LIBRARY}/plugins/registry.py",
        "SCHEMES: Family = {",
        'SCHEMES: Family = {\n    "new": "biasinit.specs.schemes.without:WithoutBiases",',
    )
    workspace.edit(f"{LIBRARY}/specs/schemes/normal.py", "self.mean, self.std", "self.mean, 2.0")
    workspace.edit(f"{LIBRARY}/specs/networks/vgg16.py", "SIDE = 32", "SIDE = 64")
    workspace.edit(f"{LIBRARY}/networks/siamese.py", "MARGIN = 1.0", "MARGIN = 2.0")
    workspace.edit(f"{LIBRARY}/data/mnist.py", "CLASSES = 10", "CLASSES = 9")
    workspace.edit(f"{LIBRARY}/errors.py", "The study", "This study")
    workspace.edit(f"{LIBRARY}/networks/architectures.py", "are too small for", "do not fit")
    workspace.edit(f"{LIBRARY}/specs/training.py", "Images per step;", "Images of a step;")
    workspace.edit(
        f"{LIBRARY}/specs/training.py",
        "    points_per_epoch",
        '    warm: Natural = field(default=0, metadata=key("New.", left_out_at=0))\n'
        "    points_per_epoch",
    )
    # the page lists every key of the study with its value
    assert workspace.planned() == {"write_report": 1}


def test_a_new_word_of_studies_and_reports_trains_nothing(workspace):
    path = workspace.folder / LIBRARY / "vocabulary.py"
    path.write_text(path.read_text() + '\nNEW = "new"\n')
    assert not {"train", "prepare_data", "predict_layers"} & set(workspace.planned())


def test_a_changed_default_trains_again_where_it_was_not_named(workspace):
    workspace.edit(
        f"{LIBRARY}/specs/optimizer.py",
        'default=0.9, metadata=key("sgd: share',
        'default=0.8, metadata=key("sgd: share',
    )
    assert workspace.planned() == {}, "the study names its momentum"
    workspace.edit(f"{LIBRARY}/specs/training.py", "default=4, metadata", "default=5, metadata")
    assert workspace.planned()["train"] == SHARDS


def test_a_changed_kind_trains_exactly_its_shards(workspace):
    workspace.edit(f"{LIBRARY}/specs/schemes/constant.py", "np.full(", "2 * np.full(")
    done = workspace.snakemake("-n")
    planned = planned_jobs(done.stdout)
    assert planned["train"] == 3
    assert set(re.findall(r"Training ([^,]+),", done.stdout)) == {"1.0"}
    assert "prepare_data" not in planned


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("resamples: 1000", "resamples: 1000\n  alpha: 0.1"),
        ("thresholds: {digits: 80.0}", "thresholds: {digits: 70.0}"),
    ],
    ids=["a key that was not there", "threshold"],
)
def test_a_change_of_the_analysis_trains_nothing(old, new, workspace):
    workspace.edit("tiny.yaml", old, new)
    planned = workspace.planned()
    assert "train" not in planned
    assert "prepare_data" not in planned
    assert "write_report" in planned


def test_a_change_of_the_margin_runs_only_what_uses_it(workspace):
    workspace.edit("tiny.yaml", "margins: {digits: 2.0}", "margins: {digits: 1.0}")
    planned = set(workspace.planned())
    assert planned == {*after({"margins", "calibration_effect"}), "write_report"}
    assert planned >= {"analyse_accuracy", "calibrate", "check_controls", "judge_schemes"}
    assert not planned & {"analyse_speed", "analyse_layers", "collect", "train"}


def after(keys):
    """Return the analyses that use one of these keys of the plan, and those that read of them."""
    changed, names = set(), set()
    for analysis in STUDY.analyses:
        read = {*analysis.reads, *analysis.reads_if_there}
        if keys & set(analysis.plan) or changed & read:
            changed |= {table.name for table in analysis.makes}
            names.add(analysis.name)
    return names


def test_a_change_of_how_speed_is_analysed_runs_what_uses_it(workspace):
    workspace.edit(
        f"{LIBRARY}/statistics/speed/hazard.py", "\nimport numpy", "\nNEW = 1\nimport numpy"
    )
    planned = set(workspace.planned())
    assert planned == {"analyse_speed", "judge_early_speed", "judge_schemes", "write_report"}


def test_a_change_of_how_failures_are_analysed_trains_nothing(workspace):
    file = f"{LIBRARY}/statistics/failure/risk_difference.py"
    workspace.edit(file, "MOST_PAIRS = 100", "MOST_PAIRS = 99")
    planned = set(workspace.planned())
    assert {"analyse_failure", "judge_schemes", "write_report"} <= planned
    assert planned <= ANALYSES - {"analyse_accuracy", "analyse_speed", "analyse_layers"}


def test_a_change_of_one_analysis_runs_no_other(workspace):
    workspace.edit(f"{LIBRARY}/analyses/analyse_layers.py", "def run(", "NEW = 1\n\n\ndef run(")
    assert set(workspace.planned()) == {"analyse_layers", "write_report"}


NEW_ANALYSIS = '''"""How many runs there are of each scheme."""

from biasinit.analyses.columns import RUNS, SCHEME
from biasinit.analyses.contract import Analysis
from biasinit.runs.columns import Table

COUNTS = Table(name="counts", folder="analysis", note="One row per scheme.", columns=(SCHEME, RUNS))


def run(tables, plan):
    counts = tables["runs"].groupby("scheme").size().reset_index(name="runs")
    return {COUNTS.name: counts[counts["scheme"].isin(plan["schemes"])]}


ANALYSIS = Analysis(
    name="count_runs",
    message="Counting runs",
    reads=("runs",),
    plan=("schemes",),
    makes=(COUNTS,),
    run=run,
    memory_mb=2000,
    minutes=10,
    is_local=True,
)
'''


def test_a_new_analysis_is_a_file_and_runs_alone(workspace):
    folder = workspace.folder / LIBRARY / "analyses"
    (folder / "count_runs.py").write_text(NEW_ANALYSIS, encoding="utf-8")
    assert workspace.planned() == {"count_runs": 1}, "no item of the report shows its table"
    done = workspace.snakemake("--until", "count_runs")
    assert done.returncode == 0, done.stdout
    counts = pd.read_parquet(workspace.results / "analysis" / "counts.parquet")
    assert counts.set_index("scheme")["runs"].to_dict() == {"zeros": 12, "1.0": 12}


def test_a_table_that_is_not_as_declared_ends_its_job_with_one_sentence(workspace):
    file = f"{LIBRARY}/analyses/analyse_failure.py"
    workspace.edit(file, 'integer("pairs"', 'integer("couples"')
    done = workspace.snakemake("--until", "analyse_failure")
    assert done.returncode != 0
    assert (
        "The table 'failure_contrasts' has other columns than it was declared with: 'couples' is "
        "missing, 'pairs' was not declared. Correct what makes it, or its declaration."
    ) in done.stdout
    assert "Traceback" not in done.stdout


def test_another_key_of_the_analysis_runs_no_analysis_that_does_not_use_it(workspace):
    workspace.edit("tiny.yaml", "calibration_tables: 20", "calibration_tables: 21")
    assert set(workspace.planned()) == {"calibrate", "write_report"}


def test_a_change_of_outcomes_runs_the_analyses_but_no_training(workspace):
    workspace.edit(f"{LIBRARY}/runs/outcomes.py", "CHANCE_MARGIN = 2.0", "CHANCE_MARGIN = 3.0")
    assert set(workspace.planned()) == {"collect"} | ANALYSES


@pytest.mark.parametrize("file", ["report/page.css", "report/page.html.j2"])
def test_a_change_of_the_page_writes_the_report_only(file, workspace):
    path = workspace.folder / file
    path.write_text(path.read_text() + "\n")
    assert workspace.planned() == {"write_report": 1}


def test_a_change_of_one_item_of_the_page_writes_the_report_only(workspace):
    """Figures and page come from one rule, so that no figure can be older than its page."""
    item = f"{LIBRARY}/reporting/items/next/power.py"
    workspace.edit(item, "CERTAIN = 0.99", "CERTAIN = 0.98")
    assert workspace.planned() == {"write_report": 1}


NEW_ITEM = '''"""How many runs there are of each scheme."""

from biasinit.reporting.items.kinds import OPEN, Listing, Shown, TableItem
from biasinit.reporting.page.columns import SCHEME, count

ITEM = TableItem(
    listing=Listing(
        note="Counted by a new item.",
        columns=(SCHEME, count("runs", "seed")),
        rows=lambda tables, study: tables["runs"].groupby("scheme")["seed"].size().reset_index(),
        file="runs.parquet",
        folded=OPEN,
    ),
    sentences=(),
    rules=(),
    shown=Shown.ALWAYS,
)
'''


def test_a_new_item_of_the_page_is_a_file_and_a_line_and_writes_the_report_only(workspace):
    room = workspace.folder / LIBRARY / "reporting" / "items" / "trust"
    (room / "run_counts.py").write_text(NEW_ITEM, encoding="utf-8")
    line = '    table(TRUST, "run_counts", "Runs by scheme", "runs"),\n    table(TRUST, "pairing"'
    workspace.edit(f"{LIBRARY}/reporting/index.py", '    table(TRUST, "pairing"', line)
    assert workspace.planned() == {"write_report": 1}
    done = workspace.snakemake()
    assert done.returncode == 0, done.stdout
    page = (workspace.results / "report.html").read_text(encoding="utf-8")
    assert page.index("Runs by scheme.</b> Counted by a new item.") < page.index("Pairing audit.")


def test_an_extended_study_trains_the_new_shards_and_leaves_the_old_ones_alone(workspace):
    before = finished_shards(workspace)
    done = workspace.snakemake("--config", "seeds=8", "--until", "collect")
    assert done.returncode == 0, done.stdout
    after = finished_shards(workspace)
    assert len(after) == 2 * len(before) == 2 * SHARDS
    assert {shard: after[shard] for shard in before} == before


def test_more_seeds_train_exactly_the_new_shards(workspace):
    workspace.edit("tiny.yaml", "seeds: 4\n", "seeds: 8\n")
    done = workspace.snakemake("-n")
    assert planned_jobs(done.stdout)["train"] == SHARDS
    assert "0.parquet" not in "\n".join(
        line
        for line in done.stdout.splitlines()
        if line.strip().startswith("output: results/tiny/runs")
    )


def test_seeds_on_the_command_line_are_the_seeds_of_the_file(workspace):
    assert workspace.planned("--config", "seeds=8")["train"] == SHARDS


def test_a_new_scheme_trains_only_its_own_shards(workspace):
    workspace.edit("tiny.yaml", "schemes:\n", "schemes:\n  - {name: new, kind: normal, std: 1}\n")
    assert workspace.planned()["train"] == 3


def test_a_new_learning_rate_trains_only_its_own_cell(workspace):
    workspace.edit("tiny.yaml", "[0.02]", "[0.02, 1e-2]")
    assert workspace.planned()["train"] == SHARDS
