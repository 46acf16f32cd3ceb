"""Daemons that tests start and end: their ports, their process files and their children."""

import contextlib
import signal
import socket
import time
from pathlib import Path

import psutil

PATIENCE_SECONDS = 20  # with a daemon that is asked to end


class ClusterUnavailableError(Exception):
    """Raised when this machine cannot have such a cluster; the text says why."""


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
