"""Places from which no job can start are refused before the first one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from biasinit.errors import ConfigurationError
from biasinit.execution import places
from biasinit.execution.launch import main
from biasinit.execution.places import refuse_impossible_places
from repository import REPOSITORY

RIGHT = "/home/a/clone-2.0/.venv/bin/python3.11"
CASES = {
    "a blank in the path of the interpreter": ("/home/my clone/.venv/bin/python", "takes ' ' in"),
    "a quote in it": ("/home/o'neil/.venv/bin/python", """takes "'" in its path"""),
    "a dollar in it": ("/home/$a/.venv/bin/python", "takes '$' in its path"),
    "braces in it": ("/home/{a}/.venv/bin/python", "takes '{' '}' in its path"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_interpreter_that_a_shell_cannot_be_given_is_refused(case):
    interpreter, message = CASES[case]
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        refuse_impossible_places(interpreter=interpreter, study_file=None)
    assert "Move the clone, with its .venv, to a folder" in str(caught.value)


@pytest.mark.parametrize(
    "interpreter", [RIGHT, "/home/änne/.venv/bin/python", "/opt/a@b:c,d=e%/py"]
)
def test_what_a_shell_takes_for_a_name_is_fine(interpreter):
    refuse_impossible_places(interpreter=interpreter, study_file=Path("my st'u$dies/x.yaml"))


def test_braces_in_the_path_of_program_and_study_are_refused(monkeypatch):
    monkeypatch.setattr(places, "REPOSITORY", Path("/home/{a}/clone"))
    with pytest.raises(ConfigurationError) as caught:
        refuse_impossible_places(interpreter=RIGHT, study_file=Path("st{x}udy.yaml"))
    assert str(caught.value).splitlines()[1:] == [
        f"  - {path}: must have no braces in its path, which Snakemake takes for wildcards. Rename "
        "it, or the folder that it lies in."
        for path in ("/home/{a}/clone", "st{x}udy.yaml")
    ]


def test_a_study_is_refused_there_before_anything_starts(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "/home/my clone/.venv/bin/python")
    assert main([]) == 1
    assert "a shell takes ' ' in its path" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "results").exists()


def test_make_asks_before_it_installs_anything():
    done = subprocess.run(
        [sys.executable, "-m", "biasinit.execution.places", "/home/my clone/.venv/bin/python"],
        env={"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The place has 1 problem:")
