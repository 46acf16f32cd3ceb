"""A study that runs as ``make study`` runs it, to be struck, and the processes that it has."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from workspace import Workspace

PATIENCE_SECONDS = 900  # a limit, not a wait: machines of the continuous integration are busy
TO_THE_TABLES = ("--", "--until", "collect")
REFUSED = "Another workflow is running in this folder"
GOES_ON = "same command goes on from here"


def start(
    workspace: Workspace,
    *arguments: str,
    in_background_of_script: bool = False,
    variables: Mapping[str, str] | None = None,
) -> subprocess.Popen:
    study = f"{workspace.study}.yaml"
    command = [sys.executable, "-m", "biasinit.execution.launch", "--study", study]
    return subprocess.Popen(
        [*command, "--cores", "2", *arguments],
        cwd=workspace.folder,
        env=workspace.environment | (variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # what a shell without job control does for '&'
        preexec_fn=(
            (lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
            if in_background_of_script
            else None
        ),
    )


def finish(workspace: Workspace, *arguments: str) -> str:
    process = start(workspace, *arguments)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output
    return output


def processes_of(workspace: Workspace) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.cwd() == str(workspace.folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def wait_for_silence(workspace: Workspace) -> None:
    deadline = time.monotonic() + 60
    while processes_of(workspace):
        assert time.monotonic() < deadline, processes_of(workspace)
        time.sleep(0.1)


def kill_all(workspace: Workspace) -> None:
    for process in processes_of(workspace):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def fill(path: Path) -> None:
    """Let a file grow until the disk is full."""
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(bytes(2**12)):
            pass


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int):
    """Make a file system that can be filled, for the time of the block.

    Raises:
        OSError: it cannot be made here.

    """
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"A disk to fill cannot be made here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
