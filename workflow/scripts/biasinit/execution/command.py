"""From the words after ``make study`` to Snakemake's command, and back to what a person types."""

import argparse
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from biasinit.errors import ConfigurationError, Problem
from biasinit.execution.places import REPOSITORY, refuse_impossible_cores, seen_from_here

HERE = "default"
LOGGER = "biasinit"  # the package snakemake_logger_plugin_biasinit


def parser() -> argparse.ArgumentParser:
    """Return what reads the words."""
    words = argparse.ArgumentParser(
        prog="biasinit.execution.launch",
        description="Run a study: the same command goes on where it stopped.",
    )
    words.add_argument("--study", help="study file; the program's config.yaml when left out")
    words.add_argument("--cores", default="all", help="processor cores to use on this machine")
    words.add_argument("--place", default=HERE, help="folder in profiles/: where jobs run")
    words.add_argument("--directory", type=Path, help="where results/ goes; here when left out")
    words.add_argument("--pdf", action="store_true", help="print the report as PDF, too")
    words.add_argument("snakemake", nargs="*", help="further arguments of Snakemake, after --")
    return words


def study_files(options: argparse.Namespace) -> list[Path]:
    """Return the study file that Snakemake is going to read; none where its arguments name it."""
    if options.study:
        return [Path(options.study)]
    named = any(word.startswith("--configfile") for word in options.snakemake)
    return [] if named else [REPOSITORY / "config.yaml"]


def snakemake_command(options: argparse.Namespace, *, events: Path) -> list[str]:
    """Return the command that starts Snakemake.

    Args:
        options: what a person asked for.
        events: file for our logger to write to.

    Raises:
        ConfigurationError: there is no such place, or the folder is asked for of Snakemake, and
            the lock would be held in another one than it works in.

    """
    if any(word.split("=")[0] in {"--directory", "-d"} for word in options.snakemake):
        problem = Problem(
            key="--directory",
            what="must not be an argument of Snakemake's.",
            mend="Say 'make study FOLDER=…', or put it before the '--'.",
        )
        raise ConfigurationError([problem], of="The command")
    command = [sys.executable, "-m", "snakemake", "--nolock", "--rerun-incomplete"]
    command += ["--snakefile", seen_from_here(REPOSITORY / "workflow" / "Snakefile")]
    command += _place(options.place, options.cores)
    command += ["--configfile", options.study] if options.study else []
    command += ["--logger", LOGGER, f"--logger-{LOGGER}-events", str(events)]
    return [*command, *_beside_our_logger(options.snakemake)]


def _beside_our_logger(words: Sequence[str]) -> Iterator[str]:
    """Yield the words; where they name a logger, ours is added: the last --logger counts."""
    for word in words:
        yield word
        if word == "--logger":
            yield LOGGER


def _place(name: str, cores: str) -> list[str]:
    """Return Snakemake's arguments for the place that jobs run at.

    Elsewhere than here the number of cores is the profile's to say: Snakemake would take
    ``--cores`` for all jobs together, and a login node's two cores for the cluster's.

    Raises:
        ConfigurationError: there is no such profile, or no job could start with so few cores.

    """
    if name == HERE:  # Snakemake finds this profile by itself
        refuse_impossible_cores(cores)
        return ["--cores", cores]
    places = {
        path.parent.name: path.parent
        for folder in (REPOSITORY, Path())  # one's own is used before the program's
        for path in (folder / "profiles").glob("*/profile.yaml")
    }
    if name not in places:
        what = f"must be the name of a folder with a profile.yaml in profiles/, got {name!r}."
        problem = Problem(key="--place", what=what, mend=f"There are: {', '.join(sorted(places))}.")
        raise ConfigurationError([problem], of="The command")
    # a path without blanks where that can be: a profile's own commands are words of a shell
    return ["--workflow-profile", seen_from_here(places[name])]


def side_by_side(options: argparse.Namespace) -> int | None:
    """Return how many jobs run side by side; None elsewhere, where the scheduler decides that."""
    if options.place != HERE:
        return None
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(options.cores) if options.cores.isdecimal() else available


def resume_command(options: argparse.Namespace) -> str:
    """Return the command that a person types to go on with the same study."""
    given = {
        "STUDY": options.study or "",
        "CORES": options.cores if options.cores != "all" else "",
        "PLACE": options.place if options.place != HERE else "",
        "FOLDER": str(options.directory or ""),
        "ARGS": shlex.join(options.snakemake),
    }
    if Path.cwd() == REPOSITORY and Path("Makefile").exists():
        words = [f"{name}={shlex.quote(value)}" for name, value in given.items() if value]
        return " ".join(["make", "report" if options.pdf else "study", *words])
    words = [sys.executable, "-m", "biasinit.execution.launch", "--cores", options.cores]
    for option, name in (("--study", "STUDY"), ("--place", "PLACE"), ("--directory", "FOLDER")):
        words += [option, given[name]] if given[name] else []
    words += ["--pdf"] if options.pdf else []
    words += ["--", *options.snakemake] if options.snakemake else []
    library = os.environ.get("PYTHONPATH")  # without which there may be no biasinit to be found
    return " ".join(
        filter(None, [library and f"PYTHONPATH={shlex.quote(library)}", shlex.join(words)])
    )
