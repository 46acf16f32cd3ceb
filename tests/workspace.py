"""A copy of the workflow in an empty folder, to be run and changed at will."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from biasinit.processor import CACHE_VARIABLE
from repository import REPOSITORY

PARTS = (
    *("Snakefile", "config.yaml", "claims.yaml", "prevalence.yaml"),
    *("workflow", "report", "config", "profiles", "envs"),
)
TARGETS = ("all", "study")  # rules that make nothing
TINY = REPOSITORY / "tests" / "workflow" / "tiny.yaml"


class Workspace:
    """A folder with the workflow and one study, the tiny one if no other is named."""

    def __init__(self, folder: Path, study: str = TINY.stem) -> None:
        self.folder = folder
        self.study = study

    @classmethod
    def fresh(cls, folder: Path, study: Path = TINY) -> "Workspace":
        folder.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            source = REPOSITORY / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / part, symlinks=True, ignore=ignored)
            else:
                shutil.copy2(source, folder / part)
        shutil.copy2(study, folder / study.name)
        return cls(folder, study.stem)

    def copy(self, folder: Path) -> "Workspace":
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Workspace(folder, self.study)

    @property
    def results(self) -> Path:
        return self.folder / "results" / self.study

    @property
    def environment(self) -> dict[str, str]:
        library = str(self.folder / "workflow" / "scripts")
        # PyTorch's compiler leaves its folder in the environment of the tests' own process
        inherited = {name: value for name, value in os.environ.items() if name != CACHE_VARIABLE}
        return inherited | {"PYTHONPATH": library, "PYTHONDONTWRITEBYTECODE": "1"}

    def snakemake(self, *arguments: str, study: str | None = "tiny.yaml"):
        command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        command += ["--configfile", study] if study else []
        return subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule Snakemake would run."""
        done = self.snakemake("-n", *arguments)
        assert done.returncode == 0, done.stdout
        return planned_jobs(done.stdout)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def planned_jobs(printed: str) -> dict[str, int]:
    """Return how many jobs of each rule a dry run has printed."""
    if "Nothing to be done" in printed:
        return {}
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", printed, re.MULTILINE | re.DOTALL)
    assert table, printed
    rows = (line.split() for line in table.group(1).splitlines())
    return {rule: int(count) for rule, count in rows if rule not in TARGETS}
