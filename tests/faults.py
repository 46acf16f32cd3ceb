"""The faults that a study survives, what the tests saw of each, and the table in the docs.

A test strikes a running study, lets the same command finish it, and hands in what it saw. With
``RECORD_FAULTS`` set, that goes to ``faults.json``, and ``python tests/faults.py`` puts it into
the table of docs/faults.md: ``make faults`` does both.
"""

import json
import os
from base64 import urlsafe_b64decode
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from biasinit.execution.costs.benchmarks import TRAINING
from biasinit.execution.launch import EVENTS
from biasinit.files import UNFINISHED
from biasinit.study.shards import Shard
from repository import REPOSITORY
from workspace import Workspace

RECORDED = Path(__file__).with_name("faults.json")
PAGE = REPOSITORY / "docs" / "faults.md"
BEGIN, END = "<!-- made by: make faults -->", "<!-- end -->"
TABLES = ("runs", "curves", "layers", "correct")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that happens to a study, and what goes on after it."""

    place: str
    name: str
    then: str

    @property
    def key(self) -> str:
        return f"{self.place}: {self.name}"


AGAIN = "the same command again"
BY_ITSELF = "the running command goes on"

LOCAL = [
    Fault(place="one machine", name=name, then=then)
    for name, then in {
        "SIGINT": AGAIN,
        "SIGTERM": AGAIN,
        "SIGKILL of a job": AGAIN,
        "SIGKILL of Snakemake": AGAIN,
        "SIGKILL of all processes": AGAIN,
        "disk full": "room made, the same command again",
    }.items()
]
SLURM = [
    Fault(place="SLURM", name=name, then=then)
    for name, then in {
        "job cancelled": BY_ITSELF,
        "node dies": BY_ITSELF,
        "only the node's daemon dies, its job goes on": BY_ITSELF,
        "time limit": BY_ITSELF,
        "SIGKILL of Snakemake, its jobs go on": AGAIN,
    }.items()
]
GRID_ENGINE = [
    Fault(place="Grid Engine", name=name, then=then)
    for name, then in {
        "job deleted": BY_ITSELF,
        "waiting job deleted": BY_ITSELF,
        "host dies": BY_ITSELF,
        "only the host's daemon dies, its job goes on": BY_ITSELF,
        "time limit": BY_ITSELF,
        "master away while a job runs": BY_ITSELF,
        "master restarted while a job runs": BY_ITSELF,
        "master away when jobs are submitted": BY_ITSELF,
        "queue full": BY_ITSELF,
        "SIGINT": AGAIN,
        "SIGKILL of Snakemake, its jobs go on": AGAIN,
    }.items()
]
FAULTS = {fault.key: fault for fault in [*LOCAL, *SLURM, *GRID_ENGINE]}


def named(faults: list[Fault], name: str) -> Fault:
    return next(fault for fault in faults if fault.name == name)


def finished_shards(workspace: Workspace) -> dict[str, bytes]:
    """Return the finished shards, each with the cost of its training, which no other has.

    The table of costs is written last. Times of files would not do: Snakemake sets them anew.
    """
    folder = workspace.results / "jobs"
    found = {}
    for path in folder.rglob("*.parquet"):
        with suppress(FileNotFoundError):  # removed meanwhile, to be trained again
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def running_shards(workspace: Workspace) -> list[str]:
    """Return the shards that a job holds the lease of."""
    folder = workspace.results / "logs" / "train"
    return [
        str(path.relative_to(folder).with_suffix(".parquet")) for path in folder.rglob("*.lease")
    ]


def unfinished_jobs(events: Path) -> set[str]:
    """Return the shards that Snakemake has begun and does not know to be finished."""
    begun: dict[str, str] = {}
    if not events.exists():  # Snakemake was not started yet
        return set()
    for line in events.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # cut off by a full disk
            continue
        if event["event"] == "job_info" and event["rule_name"] == TRAINING:
            begun[event["jobid"]] = f"{Shard.of(event['wildcards']).path}.parquet"
        elif event["event"] == "job_finished":
            begun.pop(event["job_id"], None)
    return set(begun.values())


def shards_in_flight(workspace: Workspace) -> set[str]:
    """Return the shards whose jobs were started, and not yet written down as finished.

    Snakemake keeps a marker for each file of a job under way, named by its path in Base64. On a
    cluster the Snakemake within the job removes it, before the one that waits for the job knows:
    that one's events tell.
    """
    markers = workspace.folder / ".snakemake" / "incomplete"
    folder = workspace.results.relative_to(workspace.folder) / "jobs"
    found = set(running_shards(workspace))
    for marker in filter(Path.is_file, markers.rglob("*")):
        name = "".join(part.removeprefix("@") for part in marker.relative_to(markers).parts)
        output = Path(urlsafe_b64decode(name).decode())
        if output.is_relative_to(folder):
            found.add(str(output.relative_to(folder)))
    return found | unfinished_jobs(workspace.folder / EVENTS)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of a study that was struck."""

    planned: int
    lost: int
    retrained: int
    in_flight: int
    tables_equal: bool


class Strike:
    """Looks at a study when it is struck, and again when it is finished."""

    def __init__(self, fault: Fault, workspace: Workspace) -> None:
        self.fault = fault
        self._workspace = workspace
        self._before = finished_shards(workspace)
        self._in_flight = shards_in_flight(workspace)

    @property
    def kept(self) -> int:
        """Shards that were finished before."""
        return len(self._before)

    def assert_harmless(self, undisturbed: Workspace) -> None:
        """Check that the finished study is the undisturbed one, and record what was seen."""
        after = finished_shards(self._workspace)
        runs = pd.read_parquet(self._workspace.results / "runs.parquet")
        planned = len(pd.read_parquet(undisturbed.results / "runs.parquet"))
        per_shard = planned // len(after)
        retrained = [shard for shard, cost in self._before.items() if after.get(shard) != cost]
        seen = Seen(
            planned=planned,
            lost=planned - len(runs),
            retrained=len(retrained) * per_shard,
            in_flight=len(self._in_flight) * per_shard,
            tables_equal=all(
                (self._workspace.results / f"{table}.parquet").read_bytes()
                == (undisturbed.results / f"{table}.parquet").read_bytes()
                for table in TABLES
            ),
        )
        assert seen.tables_equal
        assert seen.lost == 0
        assert set(retrained) <= self._in_flight
        assert not running_shards(self._workspace)
        assert not list(self._workspace.results.rglob(f"*{UNFINISHED}"))
        if "RECORD_FAULTS" in os.environ:
            _record(self.fault, seen)


def recorded() -> dict[str, dict[str, object]]:
    return json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}


def _record(fault: Fault, seen: Seen) -> None:
    entries = recorded() | {fault.key: asdict(seen) | {"date": f"{datetime.now(UTC):%Y-%m-%d}"}}
    ordered = {key: entries[key] for key in FAULTS if key in entries}
    RECORDED.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")


def table() -> str:
    """Return the table of what was recorded, one row for each fault."""
    entries = recorded()
    missing = [key for key in FAULTS if key not in entries]
    if missing:
        raise SystemExit(f"Not recorded: {', '.join(missing)}. Run: make faults")
    rows = [HEAD, "|---" * HEAD.count("| ") + "|"]
    for key, fault in FAULTS.items():
        entry = entries[key]
        equal = "yes" if entry["tables_equal"] else "no"
        cells = [fault.place, fault.name, fault.then, "yes", equal]
        cells += [entry[name] for name in ("planned", "lost", "retrained", "in_flight", "date")]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


HEAD = (
    "| place | what happens | then | study finished | tables equal | runs planned | runs lost "
    "| trained again | in flight | recorded |"
)


def page_with(table: str, page: str) -> str:
    """Return the page with its table replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with(table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
