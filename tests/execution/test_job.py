import errno
import logging
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from biasinit.errors import DataError
from biasinit.execution.job import job


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    for handler in set(handlers) - set(root.handlers):
        root.addHandler(handler)
    root.setLevel(level)


@dataclass
class Ended:
    """What is left of a job's process: it ends with the job, so tests run it in one of its own."""

    returncode: int
    stdout: str
    stderr: str
    log: str
    files: list[str]


@pytest.fixture
def run_job(tmp_path) -> Callable[..., Ended]:
    """Run a block of code as a job."""

    def run(block: str, *, before: str = "") -> Ended:
        lines = [
            "import atexit, logging, sys",
            "from biasinit.execution.job import job",
            before,
            "with job('log'):",
            textwrap.indent(textwrap.dedent(block), "    "),
            "raise AssertionError('the process goes on')",
        ]
        ended = subprocess.run(
            [sys.executable, "-c", "\n".join(lines)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        files = sorted(path.name for path in tmp_path.iterdir())
        log = (tmp_path / "log").read_text()
        return Ended(ended.returncode, ended.stdout, ended.stderr, log, files)

    return run


def test_what_a_job_says_goes_to_its_log(run_job):
    ended = run_job(
        """
        print("printed")
        logging.info("logged")
        print("said", file=sys.stderr)
        """
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert all(word in ended.log for word in ("printed", "logged", "said"))
    cost = r"Started within \d+\.\d\d s of a processor, worked for 0\.\d\d s\.\n$"
    assert re.search(cost, ended.log)


def test_a_job_ends_its_process_at_once_and_leaves_no_lease(run_job):
    ended = run_job(
        """
        atexit.register(print, "taken apart")
        """
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert ended.files == ["log"]


def test_what_was_printed_before_a_job_is_not_lost(run_job):
    ended = run_job("pass", before="print('early', end='')")
    assert ended.stdout == "early"


def test_an_error_that_a_user_can_mend_has_no_traceback(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught, job(tmp_path / "log"):
        raise DataError("The file is damaged. Delete it.")
    assert caught.value.code == 1
    assert "The file is damaged. Delete it." in capsys.readouterr().err
    text = (tmp_path / "log").read_text()
    assert "The file is damaged. Delete it." in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES]
)
def test_a_disk_that_cannot_be_written_is_named_without_a_traceback(number, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught, job(tmp_path / "log"):
        raise OSError(number, os.strerror(number), "results/digits/report.html")
    assert caught.value.code == 1
    message = f"results/digits/report.html cannot be written ({os.strerror(number)}). Make room"
    said, logged = capsys.readouterr().err, (tmp_path / "log").read_text()
    assert message in said
    assert message in logged
    assert "Traceback" not in said + logged
    assert "fault of biasinit" not in logged


def test_a_full_disk_is_named_while_a_job_writes(tmp_path, capsys):
    with pytest.raises(SystemExit), job(tmp_path / "log"):
        Path("/dev/full").write_text("page")
    assert "cannot be written (No space left on device)" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "folder").touch()
    with pytest.raises(SystemExit) as caught, job(tmp_path / "folder" / "log"):
        pytest.fail("the job began without a log")
    assert caught.value.code == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_fault_of_ours_leaves_its_traceback_in_the_log(tmp_path):
    with pytest.raises(ZeroDivisionError), job(tmp_path / "log"):
        _ = 1 / 0
    text = (tmp_path / "log").read_text()
    assert "This is a fault of biasinit." in text
    assert "ZeroDivisionError" in text
