#!/usr/bin/env python3
"""Say of a job in Grid Engine: running, success or failed.

Usage: ``status.py NAME``, in the folder of the study. A job has succeeded when its script or the
accounting says so, and never because something could not be found out:

==================================================  ======================================
the job's script noted how it ended                 success or failed, as it noted
the master does not answer                          running: nothing is known
it is in the queue, or runs                         running
it runs on a host that the master does not hear     running; failed when that stays so
it cannot be started (state E)                      failed
it is not in the queue, and qacct has its record    success or failed, by the last record
it is not in the queue, and qacct knows nothing     running; failed when that stays so
==================================================  ======================================

A job that is called failed while Grid Engine still has it is deleted. Should it go on all the
same, on a host that nobody hears, it ends by itself when its successor takes its lease.

Needs nothing but Python 3.6: the login node's own may run it.
"""

import contextlib
import os
import pwd
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Optional, Tuple

RUNNING, SUCCESS, FAILED = "running", "success", "failed"
FOLDER = Path(".snakemake") / "sge"
# How long something may look wrong: hosts are unheard for a while when the master was started
# anew, accounting is written late, and a file system may show a note late.
PATIENCE_SECONDS = float(os.environ.get("BIASINIT_SGE_PATIENCE_SECONDS", "180"))
ANSWER_SECONDS = 60  # after which a command counts as unanswered


def status(name: str) -> str:
    """Return what is known of a job."""
    note = read(FOLDER / f"{name}.exit")
    if note:
        return SUCCESS if note.strip() == "0" else FAILED
    listing = ask("qstat", "-xml", "-u", pwd.getpwuid(os.getuid()).pw_name)
    if listing is None:
        trust(name)  # what looked wrong before may have had the same cause
        return RUNNING
    job = listed(name, listing)
    if job is None:
        record = accounted(name)
        if record is not None:
            return SUCCESS if record == ("0", "0") else FAILED
        return FAILED if is_wrong_for_long(name) else RUNNING
    state, queue = job
    if "E" in state:
        return deleted(name)
    if queue in (ask("qselect", "-qs", "u") or "").split():
        return deleted(name) if is_wrong_for_long(name) else RUNNING
    trust(name)
    return RUNNING


def ask(*command: str) -> Optional[str]:
    """Return what a command of Grid Engine prints; None where it gets no answer."""
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            timeout=ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def listed(name: str, listing: str) -> Optional[Tuple[str, str]]:
    """Return the state of a job and its queue, empty while it waits; None if it is not listed."""
    for job in ElementTree.fromstring(listing).iter("job_list"):
        if job.findtext("JB_name") == name:
            return job.findtext("state") or "", job.findtext("queue_name") or ""
    return None


def accounted(name: str) -> Optional[Tuple[str, str]]:
    """Return 'failed' and 'exit_status' of the last record of a job; None if there is none."""
    record = {}
    for line in (ask("qacct", "-j", name) or "").splitlines():
        words = line.split()
        if len(words) > 1:
            record[words[0]] = words[1]
    if "failed" not in record or "exit_status" not in record:
        return None
    return record["failed"], record["exit_status"]


def deleted(name: str) -> str:
    """Delete a job that has failed, so that it cannot go on later, and say that it has."""
    ask("qdel", name)
    return FAILED


def is_wrong_for_long(name: str) -> bool:
    """Return whether a job has looked wrong, without a break, for longer than is normal."""
    since = FOLDER / f"{name}.wrong"
    before, now = read(since), time.time()
    if not before:
        since.write_text(str(now), encoding="utf-8")
        return False
    return now - float(before) > PATIENCE_SECONDS


def trust(name: str) -> None:
    """Forget that a job looked wrong."""
    with contextlib.suppress(OSError):
        (FOLDER / f"{name}.wrong").unlink()


def read(path: Path) -> str:
    """Return what a file holds; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


if __name__ == "__main__":
    try:
        print(status(sys.argv[1]))
    except (OSError, ValueError, ElementTree.ParseError) as error:
        # nothing is known; without an answer, Snakemake would end
        print(f"{sys.argv[0]}: {error!r}", file=sys.stderr)
        print(RUNNING)
