"""Strikes studies at random moments, lets them finish, and compares them with one left alone.

    PYTHONPATH=workflow/scripts:tests .venv/bin/python bench/chaos.py --studies 40 --seed 1

Each study has a seed of its own, which decides what strikes it and when: a failure is tried again
with ``--studies 1 --seed N``. What a strike meets depends on the machine all the same.
A disk to fill is a small tmpfs, which only root can mount; without it that strike is left out, and
the output says so. A clock that jumps is Python's ``time.time`` in all processes, and files that
are dated as another clock would have (under Debian's libfaketime 0.9.10, Python cannot sleep).
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from faults import TABLES, finished_shards, shards_in_flight
from struck import (
    GOES_ON,
    PATIENCE_SECONDS,
    REFUSED,
    TO_THE_TABLES,
    fill,
    kill_all,
    processes_of,
    small_disk,
    start,
    wait_for_silence,
)
from workspace import Workspace

STUDY = Path(__file__).with_suffix(".yaml")
STRIKES = 5  # at each study, unless it finishes before
LONGEST_WAIT_SECONDS = 8.0  # from one strike to the next
LONGEST_FULL_SECONDS = 4.0  # how long the disk is full
DISK_MEGABYTES = 100
FARTHEST_JUMP_SECONDS = 2 * 86_400
CLOCK = """\
import pathlib
import time

seconds = pathlib.Path(__file__).with_name("seconds")
true_time = time.time
time.time = lambda: true_time() + int(seconds.read_text() or 0)  # empty while it is written
"""
OURS = ("results", ".snakemake/incomplete", ".snakemake/locks")  # where nothing may be left


class StudyError(Exception):
    """A study that was struck did what it must not do."""


@dataclass(kw_only=True)
class Outcome:
    """What became of a study; ``failure`` says what went wrong, and is empty otherwise."""

    seed: int
    date: str
    strikes: list[str] = field(default_factory=list)
    starts: int = 0
    planned: int = 0
    lost: int = 0
    trained_again: int = 0
    in_flight: int = 0
    left_behind: list[str] = field(default_factory=list)
    tables_equal: bool = False
    seconds: float = 0.0
    failure: str = ""


class StruckStudy:
    """A study that runs, is struck, and is started again whenever it ended before its time."""

    def __init__(self, folder: Path, *, to: tuple[str, ...], rng: np.random.Generator) -> None:
        self.home = folder
        self.workspace = Workspace.fresh(folder / "here", STUDY)
        self.starts = 0
        self._to = to
        self._rng = rng
        self._clock = folder / "python" / "seconds"
        self._clock.parent.mkdir()
        self._clock.write_text("0")
        (self._clock.parent / "sitecustomize.py").write_text(CLOCK)
        self._moves = 0
        self.start()

    @property
    def _variables(self) -> dict[str, str]:
        temporary = self.home / "temporary"
        temporary.mkdir(exist_ok=True)
        library = self.workspace.environment["PYTHONPATH"]
        return {
            "BIASINIT_CHECKPOINT_SECONDS": "0",
            "TMPDIR": str(temporary),
            "PYTHONPATH": f"{library}:{self._clock.parent}",
        }

    def start(self) -> None:
        """Give the command, again where it was given before."""
        self.process = start(self.workspace, *self._to, variables=self._variables)
        self.starts += 1

    def runs_on(self, seconds: float) -> bool:
        """Return whether the study still runs after a while; one that failed is started again.

        Raises:
            StudyError: it ended without saying how to go on, or with a fault of ours.

        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is None:
                time.sleep(0.02)
                continue
            if self.ended_well():
                return False
            self.start()
        return True

    def ended_well(self) -> bool:
        """Return whether the study is finished, now that its process has ended.

        Raises:
            StudyError: it ended without saying how to go on, or with a fault of ours.

        """
        output, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        if self.process.returncode == 0:
            return True
        if "This is a fault of biasinit" in output or "Traceback" in output:
            raise StudyError(f"a fault of ours:\n{output}")
        killed = self.process.returncode < 0
        if REFUSED in output:  # a Snakemake whose launcher was killed goes on by itself
            time.sleep(0.5)
        elif not killed and GOES_ON not in output and "cannot be written" not in output:
            raise StudyError(f"it ended without saying how to go on:\n{output}")
        return False

    # strikes

    def sigkill(self) -> str:
        """Kill any one process of the study."""
        victims = sorted(processes_of(self.workspace), key=lambda process: process.pid)
        if not victims:
            return "SIGKILL of nothing: there was no process"
        victim = victims[int(self._rng.integers(len(victims)))]
        with contextlib.suppress(psutil.NoSuchProcess):
            what = role(victim)
            victim.kill()
            return f"SIGKILL of {what}"
        return "SIGKILL of nothing: the process had ended"

    def sigterm(self) -> str:
        """Stop the workflow as a person or a machine that shuts down does."""
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=PATIENCE_SECONDS)
        return "SIGTERM"

    def full_disk(self) -> str:
        """Let the disk be full for some seconds."""
        seconds = float(self._rng.uniform(0.5, LONGEST_FULL_SECONDS))
        filler = self.home / "filler"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:  # what jobs remove is filled up again
            fill(filler)
            time.sleep(0.05)
        filler.unlink()
        return f"disk full for {seconds:.1f} s"

    def clock_jump(self) -> str:
        """Set the clock of all processes, and date files as another clock would have."""
        seconds = int(self._rng.integers(-FARTHEST_JUMP_SECONDS, FARTHEST_JUMP_SECONDS))
        self._clock.write_text(str(seconds))
        for path in sorted(self.workspace.results.rglob("*.*")):
            if self._rng.random() < 0.5:
                with contextlib.suppress(FileNotFoundError):
                    when = path.stat().st_mtime_ns + seconds * 10**9
                    os.utime(path, ns=(when, when))
        return f"clock set by {seconds:+d} s"

    def second_workflow(self) -> str:
        """Start the study a second time in the same folder."""
        second = start(self.workspace, *self._to, variables=self._variables)
        output, _ = second.communicate(timeout=PATIENCE_SECONDS)
        if self.process.poll() is None and second.returncode == 0:
            raise StudyError(f"a second workflow was not refused:\n{output}")
        return "second workflow, refused" if REFUSED in output else "second workflow, alone by then"

    def move(self) -> str:
        """Kill everything, and go on in another folder."""
        kill_all(self.workspace)
        wait_for_silence(self.workspace)
        self._moves += 1
        place = self.home / f"moved {self._moves}"
        self.workspace.folder.rename(place)
        self.workspace = Workspace(place, self.workspace.study)
        return "all killed and the folder moved"

    def finish(self) -> None:
        """Let the study finish, however often it must be started.

        Raises:
            StudyError: it does not, or see ``ended_well``.

        """
        if not self.runs_on(PATIENCE_SECONDS):
            wait_for_silence(self.workspace)
            return
        raise StudyError("the study does not finish")


Strike = Callable[[StruckStudy], str]
KINDS: dict[str, Strike] = {
    "SIGKILL of any process": StruckStudy.sigkill,
    "SIGTERM of the workflow": StruckStudy.sigterm,
    "disk full for some seconds": StruckStudy.full_disk,
    "clock that jumps": StruckStudy.clock_jump,
    "two workflows at once": StruckStudy.second_workflow,
    "results moved to another path": StruckStudy.move,
}


def role(process: psutil.Process) -> str:
    """Return what a process does for the study."""
    words = " ".join(process.cmdline())
    if "biasinit.execution.launch" in words:
        return "the launcher"
    if "-m snakemake" in words:
        return "Snakemake"
    return "a job" if ".snakemake/scripts" in words else "a helper"


def files_left(study: Workspace, undisturbed: Workspace, temporary: Path) -> list[str]:
    """Return files that only one of two studies has, and what lies in the folder for such."""

    def names(workspace: Workspace) -> set[str]:
        found = (path for place in OURS for path in (workspace.folder / place).rglob("*"))
        return {str(path.relative_to(workspace.folder)) for path in found if path.is_file()}

    of_study, others = names(study), names(undisturbed)
    more = [f"left: {name}" for name in sorted(of_study - others)]
    less = [f"missing: {name}" for name in sorted(others - of_study)]
    # a Snakemake that is killed leaves a folder of its own, which nothing but the system removes
    others = [path for path in temporary.iterdir() if not path.name.startswith("snakemake")]
    return more + less + [f"temporary: {path.name}" for path in sorted(others)]


def trained_again(
    snapshots: list[tuple[dict[str, bytes], set[str]]], final: dict[str, bytes]
) -> int:
    """Return how many finished shards were trained again.

    Args:
        snapshots: before each strike, the finished shards, and those in flight.
        final: the finished shards in the end.

    Raises:
        StudyError: one of them was not in flight at any strike since.

    """
    count = 0
    for place, (before, _) in enumerate(snapshots):
        later = [finished for finished, _ in snapshots[place + 1 :]] + [final]
        in_flight = set().union(*(shards for _, shards in snapshots[place:]))
        changed = {shard for shard, cost in before.items() if later[-1].get(shard) != cost}
        if changed - in_flight:
            raise StudyError(f"trained again though not in flight: {sorted(changed - in_flight)}")
        count += sum(later[0].get(shard, cost) != cost for shard, cost in before.items())
    return count


def struck(
    seed: int, *, strikes: int, undisturbed: Workspace, home: Path, kinds: dict[str, Strike]
) -> Outcome:
    """Strike a study at random moments, let it finish, and return what became of it."""
    outcome = Outcome(seed=seed, date=f"{datetime.now(UTC):%Y-%m-%d}")
    rng = np.random.default_rng(seed)
    begun = time.monotonic()
    study = StruckStudy(home, to=TO_THE_TABLES, rng=rng)
    snapshots = []
    try:
        for _ in range(strikes):
            if not study.runs_on(float(rng.uniform(0, LONGEST_WAIT_SECONDS))):
                break
            kind = list(kinds)[int(rng.integers(len(kinds)))]
            snapshots.append((finished_shards(study.workspace), shards_in_flight(study.workspace)))
            outcome.strikes.append(f"{kind}: {kinds[kind](study)}")
        study.finish()
        final = finished_shards(study.workspace)
        runs, planned = (
            len(pd.read_parquet(workspace.results / "runs.parquet"))
            for workspace in (study.workspace, undisturbed)
        )
        per_shard = planned // len(final)
        outcome.planned, outcome.lost = planned, planned - runs
        outcome.in_flight = per_shard * sum(len(shards) for _, shards in snapshots)
        outcome.tables_equal = all(
            (study.workspace.results / f"{table}.parquet").read_bytes()
            == (undisturbed.results / f"{table}.parquet").read_bytes()
            for table in TABLES
        )
        outcome.left_behind = files_left(study.workspace, undisturbed, home / "temporary")
        outcome.trained_again = per_shard * trained_again(snapshots, final)
        if outcome.lost or not outcome.tables_equal or outcome.left_behind:
            raise StudyError("runs lost, tables that differ, or files left behind")
    except (StudyError, AssertionError) as failure:
        outcome.failure = str(failure) or "an assertion of the tests"
    finally:
        kill_all(study.workspace)
        outcome.starts = study.starts
        outcome.seconds = round(time.monotonic() - begun, 1)
    return outcome


def left_alone(folder: Path) -> Workspace:
    """Return the study that nothing strikes, run to its tables once."""
    done = folder / "done"
    if not done.exists():
        workspace = Workspace.fresh(folder / "study", STUDY)
        process = start(workspace, *TO_THE_TABLES)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        if process.returncode != 0:
            raise SystemExit(f"The study fails without being struck:\n{output}")
        done.touch()
    return Workspace(folder / "study", STUDY.stem)


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield a folder, on a disk that can be filled where that can be made, and whether it can."""
    with contextlib.ExitStack() as stack:
        try:
            yield stack.enter_context(small_disk(folder / "disk", megabytes=DISK_MEGABYTES)), True
        except OSError as error:
            print(error, file=sys.stderr)
            yield folder, False


def table(outcomes: list[dict]) -> str:
    """Return the strikes by kind, and what became of the studies, as Markdown."""
    counts = Counter(strike.split(": ")[0] for outcome in outcomes for strike in outcome["strikes"])
    lines = ["| strike | how often |", "|---|---|"]
    lines += [f"| {kind} | {counts[kind]} |" for kind in KINDS if counts[kind]]
    failed = [outcome["seed"] for outcome in outcomes if outcome["failure"]]
    planned, lost, again, in_flight = (
        sum(outcome[name] for outcome in outcomes)
        for name in ("planned", "lost", "trained_again", "in_flight")
    )
    left = sum(len(outcome["left_behind"]) for outcome in outcomes)
    equal = sum(outcome["tables_equal"] for outcome in outcomes)
    starts = sum(outcome["starts"] for outcome in outcomes)
    return "\n".join(
        [
            *lines,
            "",
            f"{counts.total()} strikes at {len(outcomes)} studies, which were started {starts} "
            f"times: {lost} of {planned} runs lost, tables equal in {equal} studies, "
            f"{left} files left behind, {again} runs trained again of {in_flight} in flight. "
            f"Seeds that failed: {', '.join(map(str, failed)) or 'none'}.",
        ]
    )


def main() -> int:
    """Strike studies, print and write what became of them, and return whether any failed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--studies", type=int, default=40)
    words.add_argument("--strikes", type=int, default=STRIKES, help="at each study")
    words.add_argument("--seed", type=int, default=1, help="of the first study; 1 more for each")
    words.add_argument("--output", type=Path, help="add a line of JSON for each study")
    words.add_argument("--undisturbed", type=Path, help="keep the study that is left alone here")
    words.add_argument("--keep", type=Path, help="copy studies that failed here")
    words.add_argument("--table", type=Path, help="show what was written with --output, and end")
    options = words.parse_args()
    if options.table:
        print(table([json.loads(line) for line in options.table.read_text().splitlines()]))
        return 0
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="chaos_") as name:
        undisturbed = left_alone(options.undisturbed or Path(name) / "undisturbed")
        for seed in range(options.seed, options.seed + options.studies):
            with disk(Path(name) / str(seed)) as (folder, can_be_filled):
                kinds = dict(KINDS)
                if not can_be_filled:
                    kinds.pop("disk full for some seconds")
                outcome = struck(
                    seed,
                    strikes=options.strikes,
                    undisturbed=undisturbed,
                    home=folder,
                    kinds=kinds,
                )
                if outcome.failure and options.keep:
                    shutil.copytree(folder, options.keep / str(seed), dirs_exist_ok=True)
            outcomes.append(asdict(outcome))
            print(json.dumps(outcomes[-1]), flush=True)
            if options.output:
                with options.output.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(outcomes[-1]) + "\n")
    print(table(outcomes))
    return int(any(outcome["failure"] for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
