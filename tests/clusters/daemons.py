"""Daemons that tests start and end: their ports, their process files and their children."""

import contextlib
import signal
import socket
from pathlib import Path

import psutil


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
        process.wait(timeout=20)
    except (OSError, ValueError, psutil.Error):
        pass
    pid_file.unlink(missing_ok=True)
