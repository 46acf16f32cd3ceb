import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from biasinit.errors import ConfigurationError
from biasinit.execution import command
from biasinit.execution.command import (
    parser,
    resume_command,
    snakemake_command,
    study_files,
)
from biasinit.execution.places import REPOSITORY

EVENTS = Path("results") / "events.jsonl"
PROFILES = sorted((REPOSITORY / "profiles").glob("*/profile.yaml"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Return the folder that a person is in, which is not the program's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def snakemake(*words: str) -> list[str]:
    return snakemake_command(parser().parse_args(words), events=EVENTS)


def after(name: str, words: list[str]) -> str:
    return words[words.index(name) + 1]


def test_the_program_is_found_beside_its_snakefile_wherever_one_is(monkeypatch):
    assert after("--snakefile", snakemake()) == str(REPOSITORY / "workflow" / "Snakefile")
    assert study_files(parser().parse_args([])) == [REPOSITORY / "config.yaml"]
    monkeypatch.chdir(REPOSITORY)
    assert after("--snakefile", snakemake()) == "workflow/Snakefile"


def test_snakemake_reads_the_study_that_is_checked_before(here):
    options = parser().parse_args(["--study", "mine.yaml"])
    assert study_files(options) == [Path("mine.yaml")]
    assert after("--configfile", snakemake("--study", "mine.yaml")) == "mine.yaml"
    assert study_files(parser().parse_args(["--", "--configfile", "mine.yaml"])) == []


def test_an_unknown_place_is_named_with_the_known_ones(here):
    with pytest.raises(ConfigurationError) as caught:
        snakemake("--place", "slrum")
    said = str(caught.value)
    assert "--place: must be the name of a folder with a profile.yaml in profiles/" in said
    assert "got 'slrum'. There are: default, sge, slurm." in said


def test_a_place_of_ones_own_is_used_before_that_of_the_program(here, monkeypatch):
    assert after("--workflow-profile", snakemake("--place", "slurm")) == str(
        REPOSITORY / "profiles" / "slurm"
    )
    with monkeypatch.context() as patched:
        patched.chdir(REPOSITORY)
        assert after("--workflow-profile", snakemake("--place", "slurm")) == "profiles/slurm"
    for name in ("slurm", "mine"):
        (here / "profiles" / name).mkdir(parents=True)
        (here / "profiles" / name / "profile.yaml").touch()
        words = snakemake("--place", name)
        assert after("--workflow-profile", words) == f"profiles/{name}"
        assert "--cores" not in words


def test_a_logger_that_a_person_asks_for_does_not_replace_ours():
    words = snakemake("--", "--until", "collect", "--logger", "rich", "snkmt")
    assert words[-4:] == ["--logger", "biasinit", "rich", "snkmt"]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.parent.name)
def test_plain_snakemake_needs_no_logger(profile):
    assert not [line for line in profile.read_text().splitlines() if line.startswith("logger")]


@pytest.mark.parametrize("cores", ["0", "-1", "two", "1.5", "", " "])
def test_cores_with_which_no_job_could_start_are_refused(cores):
    message = f"--cores: must be a whole number from 1 on, or 'all', got {cores!r}. Say 'make study"
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        snakemake(f"--cores={cores}")


@pytest.mark.parametrize("cores", ["1", "16", "all"])
def test_cores_that_are_some_are_handed_on(cores):
    assert after("--cores", snakemake("--cores", cores)) == cores


ODD = 'my st\'u$dies #1/x "y".yaml'


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", ["study", "report"])
def test_make_hands_every_variable_on_as_it_is(target):
    given = {"STUDY": ODD, "FOLDER": "some where", "CORES": "2", "ARGS": "--config 'a=b $c' -n"}
    words = [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "-o", ".venv/study.installed", target, *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.replace("\\\n", " ").splitlines()
    line = next(line for line in lines if "execution.launch" in line)
    found = parser().parse_args(shlex.split(line)[3:])
    assert (found.study, str(found.directory), found.cores) == (ODD, "some where", "2")
    assert found.snakemake == ["--config", "a=b $c", "-n"]
    assert found.pdf == (target == "report")
    if target == "report":
        assert after("--configfile", shlex.split(lines[-1])) == ODD


@pytest.mark.parametrize("words", [["--directory", "x"], ["--directory=x"], ["-d", "x"]])
def test_a_folder_asked_for_of_snakemake_is_refused_because_the_lock_is_in_another(words):
    with pytest.raises(ConfigurationError, match=r"--directory: .*Say 'make study FOLDER=…'"):
        snakemake("--", *words)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--study", "studies/my study.yaml"],
        ["--study", "a.yaml", "--cores", "3", "--", "--config", "seeds=40", "--until", "a b"],
        ["--study", "a.yaml", "--place", "slurm", "--", "--config", "seeds=40"],
        ["--directory", "some where", "--pdf"],
    ],
)
@pytest.mark.parametrize("with_make", [False, True])
def test_the_command_that_goes_on_is_the_one_that_was_given(
    arguments, with_make, here, monkeypatch
):
    if with_make:
        (here / "Makefile").touch()
        monkeypatch.setattr(command, "REPOSITORY", here)
    options = parser().parse_args(arguments)
    words = shlex.split(resume_command(options))
    if not with_make:
        begin = words.index("biasinit.execution.launch") + 1
        assert words[begin - 3 : begin - 1] == [sys.executable, "-m"]
        assert vars(parser().parse_args(words[begin:])) == vars(options)
        return
    assert words[:2] == ["make", "report" if options.pdf else "study"]
    given = dict(word.split("=", 1) for word in words[2:])
    assert given.get("STUDY") == options.study
    assert given.get("CORES", "all") == options.cores
    assert given.get("PLACE", "default") == options.place
    assert given.get("FOLDER") == (options.directory and str(options.directory))
    assert shlex.split(given.get("ARGS", "")) == options.snakemake


def test_the_command_that_goes_on_finds_the_library(monkeypatch):
    options = parser().parse_args([])
    monkeypatch.setenv("PYTHONPATH", "/some where/scripts")
    assert resume_command(options).startswith("PYTHONPATH='/some where/scripts' ")
    monkeypatch.delenv("PYTHONPATH")
    assert resume_command(options).startswith(shlex.quote(sys.executable))
