"""Daemons that tests start and end: a cluster's, their ports, their files and their children."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

PATIENCE_SECONDS = 20  # with a daemon that is asked to end
START_SECONDS = 120  # a limit for what a cluster does when it starts


class ClusterUnavailableError(Exception):
    """Raised when this machine cannot have such a cluster; the text says why."""


class Cluster:
    """A real cluster on this machine, and what tests do to it.

    Attributes:
        place: what docs/faults.md calls it.
        profile: of the project, that sends jobs to it.
        environment: in which its commands are found, and find it.

    """

    place: str
    profile: str
    environment: dict[str, str]

    def up(self) -> None:
        """Start everything; return when all nodes wait for jobs."""
        raise NotImplementedError

    def down(self) -> None:
        """End all jobs and stop every daemon."""
        raise NotImplementedError

    def start_node(self, name: str) -> None:
        """Start the daemon of a node."""
        raise NotImplementedError

    def kill_daemon(self, name: str) -> None:
        """Kill the daemon of a node only: its jobs go on, out of the cluster's sight."""
        raise NotImplementedError

    def kill_node(self, name: str) -> None:
        """Kill the daemon of a node and all processes of its jobs, as a loss of power does."""
        raise NotImplementedError

    def adapt(self, profile: dict[str, Any]) -> None:
        """Put this cluster's names into the project's profile, and less patience."""
        raise NotImplementedError

    def job_and_node(self, environment: dict[str, str]) -> tuple[str, str]:
        """Return the job that a process belongs to, and its node."""
        raise NotImplementedError

    def state(self) -> object:
        """Return how the nodes are, for a message."""
        raise NotImplementedError

    def run(self, *command: str, check: bool = True) -> str:
        """Return what a command of the cluster prints."""
        done = _done(command, os.environ | self.environment)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
        return done.stdout.strip()

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait for something that a cluster does when it starts."""
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise ClusterUnavailableError(f"Waited in vain until {what}: {self.state()}")
            time.sleep(0.2)


def start_program(*command: str, environment: dict[str, str]) -> None:
    """Run a program that starts something and returns."""
    done = _done(command, environment)
    if done.returncode != 0:
        raise ClusterUnavailableError(f"{command[0]} does not start: {done.stdout.strip()}")


def _done(
    command: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def running(kind: type[Cluster], folder: Path) -> Iterator[Cluster]:
    """Yield a cluster while it runs; the test is skipped where this machine can have none."""
    try:
        cluster = kind(folder)
        try:
            cluster.up()
            yield cluster
        finally:
            cluster.down()
    except ClusterUnavailableError as error:
        pytest.skip(f"There is no {kind.place} to test with. {error}")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def end_daemon(pid_file: Path, number: signal.Signals) -> None:
    """End the daemon that a file names, and wait until it is gone."""
    try:
        process = psutil.Process(int(pid_file.read_text()))
        process.send_signal(number)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_gone(process) and time.monotonic() < deadline:
            time.sleep(0.1)
    except (OSError, ValueError, psutil.Error):
        pass
    pid_file.unlink(missing_ok=True)


def is_gone(process: psutil.Process) -> bool:
    """Return whether a process has ended, be it that nobody has asked for its status."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
