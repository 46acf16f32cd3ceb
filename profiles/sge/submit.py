#!/usr/bin/env python3
"""Submit a job of Snakemake's to Grid Engine, and print the name by which it is known there.

Usage: ``submit.py JOBSCRIPT``, in the folder of the study. Snakemake has written into the script
what the job needs; each need becomes a request of qsub. The name is used once, so it stays true
where numbers do not: a master that crashed gives the same numbers again.

A queue that is full and a master that does not answer are waited for. Only words that Grid Engine
does not know are an error, in its own words.

Needs nothing but Python 3.6: the login node's own may run it.
"""

import json
import math
import os
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Dict, List

FOLDER = Path(".snakemake") / "sge"  # what jobs print, and how they ended
PROPERTIES = "# properties = "
NO_ROOM = 25  # qsub's exit status where nobody, or not this user, may have more jobs
WAIT_SECONDS = 10
NOT_SET_UP = ("SGE_ROOT", "unable to read qmaster name")  # in what qsub says
SET_UP = "set up Grid Engine first (its settings.sh, or a module)."

# Jobs get these variables, and all that begin with the prefix. Not all of them, as from a login
# shell: anybody can read the environment of a job in the queue.
HANDED_DOWN = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "CXX", "OMP_NUM_THREADS")
PREFIX = "BIASINIT_"


class RefusedError(Exception):
    """Raised when Grid Engine will not take a job however long one waits; the text says why."""


def main(script: Path) -> None:
    """Submit a job and print its name."""
    job = properties_of(script)
    name = f"{job.get('rule', 'group')}-{uuid.uuid4().hex[:12]}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        print(submitted(name, [*request(job), "-N", name, str(script)]), file=sys.stderr)
    except RefusedError as error:
        for log in job.get("log", []):  # where the end of a failed job is looked for
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            Path(log).write_text(f"{error}\n", encoding="utf-8")
        print(error)  # Snakemake's log shows what this command prints
        sys.exit(1)
    print(name)


def properties_of(script: Path) -> Dict[str, Any]:
    """Return what Snakemake says of the job in its script."""
    for line in script.read_text(encoding="utf-8").splitlines():
        if line.startswith(PROPERTIES):
            found: Dict[str, Any] = json.loads(line[len(PROPERTIES) :])
            return found
    raise SystemExit(f"{script} has no line that begins with '{PROPERTIES}'.")


def request(job: Dict[str, Any]) -> List[str]:
    """Return qsub's words for what a job needs."""
    needs, threads = job["resources"], job["threads"]
    limits = []
    if "runtime" in needs:  # minutes
        limits.append(f"h_rt={math.ceil(60 * needs['runtime'])}")
    if "mem_mb" in needs:  # of all threads together; Grid Engine counts by slot
        memory = math.ceil(needs["mem_mb"] / threads)
        limits.append(f"{needs.get('sge_memory', 'mem_free')}={memory}M")
    if needs.get("gpu"):
        limits.append(f"{needs.get('sge_gpu', 'gpu')}={needs['gpu']}")
    # only Snakemake starts a job again (-r n): Grid Engine would not count the attempt
    words = ["qsub", "-cwd", "-S", "/bin/sh", "-r", "n", "-j", "y", "-o", str(FOLDER)]
    words += ["-v", ",".join(handed_down())]
    words += ["-l", ",".join(limits)] if limits else []
    words += ["-pe", needs.get("sge_parallel", "smp"), str(threads)] if threads > 1 else []
    return words + shlex.split(needs.get("sge_options", ""))


def handed_down() -> List[str]:
    """Return the names of the variables that a job gets."""
    return [name for name in os.environ if name in HANDED_DOWN or name.startswith(PREFIX)]


def submitted(name: str, command: List[str]) -> str:
    """Submit a job, however long that takes, and return what Grid Engine said.

    Raises:
        RefusedError: waiting would not help.

    """
    told = refused = False
    while True:
        try:
            qsub = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
            )
        except FileNotFoundError:
            raise RefusedError(f"There is no qsub: {SET_UP}") from None
        said = qsub.stdout.strip()
        if qsub.returncode == 0:
            return said
        if any(words in said for words in NOT_SET_UP):
            raise RefusedError(f"qsub finds no cluster: {SET_UP} It says: {said}")
        qstat = subprocess.run(
            ["qstat", "-xml"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
        )
        answers = qstat.returncode == 0
        if answers and name in qstat.stdout:  # the answer to qsub was lost, the job was not
            return said
        if answers and qsub.returncode != NO_ROOM:
            if refused:
                raise RefusedError(f"Grid Engine refuses the job: {said}")
            refused = True  # unless the master has come back just now: ask once more
            continue
        refused = False
        if not told:
            print(f"Grid Engine takes no job now; waiting. It says: {said}", file=sys.stderr)
            told = True
        time.sleep(WAIT_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
