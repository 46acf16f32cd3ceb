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

onstart:
    print("Our own start")

module biases:
    snakefile: "{checkout}/workflow/Snakefile"
    config: config["biases"]

use rule * from biases as bias_*

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
        "-s",
        checkout / "workflow" / "Snakefile",
        "--directory",
        tmp_path / "results_here",
        "-n",
        cwd=tmp_path,
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
    assert "Our own start" in done.stdout
    results = elsewhere / "results" / "tiny"
    assert "confirmatory" in (results / "report.html").read_text(encoding="utf-8")
    assert (results / "plan.json").exists()
    assert (elsewhere / "own.txt").read_text() == "other\n"
    assert files_under(checkout) == before
    again = run("-n", cwd=elsewhere)
    assert "Nothing to be done" in again.stdout, again.stdout


DEPLOYED = """\
from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


# declare https://github.com/someone/biasinit as a module
module biasinit:
    snakefile:
        github("someone/biasinit", path="workflow/Snakefile", tag="v1")
    config:
        config


# use all rules from https://github.com/someone/biasinit
use rule * from biasinit
"""


def git(*words: str, cwd: Path) -> None:
    identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
    subprocess.run(["git", *identity, *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def hosted(checkout, monkeypatch, tmp_path) -> Path:
    """Return a checkout that git finds where it looks for a repository at GitHub."""
    git("init", cwd=checkout)
    git("add", ".", cwd=checkout)
    git("commit", "--message", "As deployed", cwd=checkout)
    git("tag", "v1", cwd=checkout)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{checkout}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/someone/biasinit")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # of Snakemake's clones
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return checkout


@pytest.mark.slow
def test_a_workflow_as_snakedeploy_writes_it_runs_a_whole_study(hosted, tmp_path):
    """The text is that of snakedeploy 0.17.1, but for names and a blank at the end of a line."""
    folder = tmp_path / "deployed"
    (folder / "workflow").mkdir(parents=True)
    (folder / "workflow" / "Snakefile").write_text(DEPLOYED)
    for name in ("config", "profiles"):  # as snakedeploy does
        shutil.copytree(hosted / name, folder / name)
    assert yaml.safe_load((folder / "config" / "config.yaml").read_text())["study"] == "digits"
    shutil.copy(TINY, folder / "config" / "config.yaml")
    done = run(cwd=folder)
    assert done.returncode == 0, done.stdout
    page = folder / "results" / "tiny" / "report.html"
    assert "confirmatory" in page.read_text(encoding="utf-8")
    again = run("-n", cwd=folder)
    assert "Nothing to be done" in again.stdout, again.stdout


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="a read-only mount needs root and util-linux")
def test_a_study_runs_from_another_folder_with_a_checkout_that_nobody_can_write(
    elsewhere, checkout, tmp_path
):
    (tmp_path / "third").mkdir()
    done = run(
        *("-s", checkout / "workflow" / "Snakefile", "--directory", tmp_path / "here"),
        *("--configfile", elsewhere / TINY.name),
        cwd=tmp_path / "third",
        readonly=checkout,
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "here" / "results" / "tiny" / "report.html").exists()
    assert list((tmp_path / "third").iterdir()) == []
