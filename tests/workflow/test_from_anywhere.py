"""The workflow runs from any folder, as a module of another one, and from a read-only checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workspace import TINY, Workspace, planned_jobs

MODULE = """\
configfile: "settings.yaml"

module biases:
    snakefile: "{checkout}/Snakefile"
    config: config["biases"]

use rule * from biases as bias_*

onstart:
    biases.onstart()

onsuccess:
    biases.onsuccess()

rule before:
    output: "{{dataset}}.txt"
    shell: "echo other > {{output}}"

rule all:
    default_target: True
    input: "own.txt", rules.bias_all.input
"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    return Workspace.fresh(tmp_path / "checkout").folder


@pytest.fixture
def elsewhere(tmp_path, checkout) -> Path:
    """Return a folder with a study and nothing else, and one with a workflow that uses ours."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.move(checkout / TINY.name, folder / TINY.name)
    (folder / "Snakefile").write_text(MODULE.format(checkout=checkout))
    settings = {"biases": yaml.safe_load(TINY.read_text()), "unrelated": [1]}
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings))
    return folder


def files_under(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def run(*arguments: object, cwd: Path, readonly: Path | None = None):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, arguments)]
    if readonly is not None:
        mount = f"mount --bind {readonly} {readonly} && mount -o remount,ro,bind {readonly}"
        command = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh", *command]
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def can_mount() -> bool:
    if os.getuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def test_the_default_study_is_that_beside_the_snakefile(checkout, tmp_path):
    done = run(
        "-s", checkout / "Snakefile", "--directory", tmp_path / "results_here", "-n", cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert planned_jobs(done.stdout)["train"] == 34


def test_a_workflow_that_uses_ours_plans_its_own_jobs_and_ours(elsewhere):
    done = run("-n", cwd=elsewhere)
    assert done.returncode == 0, done.stdout
    planned = planned_jobs(done.stdout)
    # two schemes, and the A/A arm but for the identity check
    assert planned["bias_train"] == 8
    assert planned["bias_write_report"] == planned["before"] == 1


@pytest.mark.slow
def test_another_workflow_runs_a_whole_study_as_its_module(elsewhere, checkout):
    before = files_under(checkout)
    done = run(cwd=elsewhere)
    assert done.returncode == 0, done.stdout
    results = elsewhere / "results" / "tiny"
    assert "confirmatory" in (results / "report.html").read_text(encoding="utf-8")
    assert (results / "plan.json").exists()
    assert (elsewhere / "own.txt").read_text() == "other\n"
    assert files_under(checkout) == before
    again = run("-n", cwd=elsewhere)
    assert "Nothing to be done" in again.stdout, again.stdout


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="a read-only mount needs root and util-linux")
def test_a_study_runs_from_another_folder_with_a_checkout_that_nobody_can_write(
    elsewhere, checkout, tmp_path
):
    (tmp_path / "third").mkdir()
    done = run(
        *("-s", checkout / "Snakefile", "--directory", tmp_path / "here"),
        *("--configfile", elsewhere / TINY.name),
        cwd=tmp_path / "third",
        readonly=checkout,
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "here" / "results" / "tiny" / "report.html").exists()
    assert list((tmp_path / "third").iterdir()) == []
