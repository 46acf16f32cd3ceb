"""What a part has found so far, written down at once, and the time that it has left."""

import json
import time
from pathlib import Path
from typing import Any

SHARDS = Path(__file__).with_name("shards.json")


class Notes:
    """The findings of one part; a part that is ended leaves what it has noted."""

    def __init__(self, path: Path, *, seconds: float) -> None:
        self.path = path
        self._end = time.monotonic() + seconds
        self.found: dict[str, Any] = {}

    def note(self, name: str, value: Any) -> None:  # noqa: ANN401  # plain values
        """Write a finding down."""
        self.found[name] = value
        unfinished = self.path.with_suffix(".unfinished")  # it may be ended at any moment
        unfinished.write_text(json.dumps(self.found), encoding="utf-8")
        unfinished.replace(self.path)

    def cut(self, what: str) -> None:
        """Write down that something was left out, for want of time."""
        self.note("cut", [*self.found.get("cut", []), what])

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self._end - time.monotonic()


def stored(name: str) -> dict[str, Any]:
    """Return the description of a network's shard, and what is refused."""
    found: dict[str, Any] = json.loads(SHARDS.read_text(encoding="utf-8"))[name]
    return found
