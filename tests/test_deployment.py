"""What others read to find, cite, test and deploy the workflow agrees with the program."""

import re
import runpy
import subprocess
import tomllib

import pytest
import yaml

import biasinit
from repository import REPOSITORY

CONDA_NAMES = runpy.run_path(str(REPOSITORY / "envs" / "of_pins.py"))["CONDA_NAMES"]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = [
    label.removeprefix("Programming Language :: Python :: ")
    for label in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", label)
]


def read_yaml(name: str) -> dict:
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def test_the_citation_names_this_version_and_licence():
    citation = read_yaml("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # the schema's
    assert citation["title"] == PROJECT["name"]
    assert citation["version"] == biasinit.__version__
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"][0]["name"] in (REPOSITORY / "LICENSE").read_text(encoding="utf-8")


def test_the_catalogue_finds_what_standardised_usage_asks_for():
    """As its generator looks: each of these files missing drops the workflow without a word."""
    assert (REPOSITORY / "workflow" / "Snakefile").is_file()
    assert (REPOSITORY / "config" / "README.md").is_file()
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    usage = read_yaml(".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert usage["software-stack-deployment"]["conda"] is True


def test_the_configuration_that_is_deployed_is_the_default_study():
    deployed = REPOSITORY / "config" / "config.yaml"
    assert deployed.read_bytes() == (REPOSITORY / "config.yaml").read_bytes()
    assert deployed.is_symlink()  # said once


def test_the_hosted_tests_do_what_those_here_do_on_every_supported_python():
    job = read_yaml(".github/workflows/ci.yml")["jobs"]["ci"]
    assert job["strategy"]["matrix"]["python"] == PYTHONS
    assert "${{ matrix.python }}" in job["container"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == [".ci/run"]
    listed = subprocess.run(
        ["git", "ls-files", "--stage", ".ci/run"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    if not listed:
        pytest.skip("No git repository here says whether .ci/run can be executed.")
    assert listed.startswith("100755")


def test_the_oldest_supported_python_is_the_one_that_is_asked_for():
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert [f"3.{minor}" for minor in range(11, 11 + len(PYTHONS))] == PYTHONS
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f"python3 {PYTHONS[0]} to {PYTHONS[-1]}" in readme


def test_the_environment_of_conda_has_every_pin_of_the_lock():
    lock = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(line.split("==") for line in lock.splitlines() if "==" in line)
    entries = read_yaml("envs/environment.yaml")["dependencies"]
    found = dict(entry.split(" =") for entry in entries)
    assert f"{found.pop('python')}" == PYTHONS[0]
    assert len(found) == len(pins) > 50
    for name, version in pins.items():
        assert found.pop(CONDA_NAMES.get(name, name)) == version, name
    assert found == {}
