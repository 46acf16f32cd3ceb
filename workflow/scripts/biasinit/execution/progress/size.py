"""How much there is to train in a study: told by the workflow, read by those who show progress."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biasinit.files import refusals_named, whole_file

ANNOUNCEMENT = "BIASINIT_ANNOUNCEMENT"
SIZE = Path("progress") / "size.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySize:
    """What the workflow announces when it starts: how much there is to train, and where."""

    study: str
    folder: str
    runs: int
    shards: tuple[str, ...]
    runs_per_shard: int


def announce(size: StudySize) -> None:
    """Write the size of the study to the file that ``make study`` asked for, if it did.

    Jobs read the workflow too, on other machines as well: what was said is not said again.
    """
    place = os.environ.get(ANNOUNCEMENT)
    if place and Path(place).parent.is_dir() and not Path(place).exists():
        _write(size, Path(place))


def announce_in(folder: Path, size: StudySize) -> None:
    """Write the size of the study beside its progress, for readers that come later.

    Raises:
        FolderError: the folder cannot be written.

    """
    with refusals_named(folder / SIZE):
        (folder / SIZE).parent.mkdir(parents=True, exist_ok=True)
    _write(size, folder / SIZE)


def _write(size: StudySize, path: Path) -> None:
    content = {name: getattr(size, name) for name in StudySize.__dataclass_fields__}
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(content), encoding="utf-8")


def read_announcement(path: Path) -> StudySize | None:
    """Return the announced size, or None while there is none."""
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return StudySize(**{**content, "shards": tuple(content["shards"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
