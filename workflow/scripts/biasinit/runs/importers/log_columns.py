"""Where each column of runs stands in logs: a metric, or what a run says of itself."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from biasinit.runs.import_notes import Done, ImportNote, listed
from biasinit.runs.importers.contract import Asked, Logs
from biasinit.vocabulary import LAST_VALUES

METRICS = "metrics."  # before the name of a metric, where a tool has prefixes


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where columns stand.

    Attributes:
        metrics: the metric that a column is the last value of, or the only one.
        said: the name in what a run says of itself.
        problems: of columns that stand nowhere, or in more than one place.
        notes: on names that nothing uses.

    """

    metrics: Mapping[str, str]
    said: Mapping[str, str]
    problems: tuple[str, ...]
    notes: tuple[ImportNote, ...]


def places_of(logs: Logs, asked: Asked) -> Places:
    """Return where the columns stand that a study asks for."""
    of_runs = dict.fromkeys(name for run in logs.runs for name in run.said)
    metrics: dict[str, str] = {}
    said: dict[str, str] = {}
    problems = []
    for ours, theirs in asked.columns.items():
        metric = theirs.removeprefix(METRICS) if logs.prefixes else theirs
        names = [f"{prefix}{theirs}" for prefix in ("", *logs.prefixes)]
        found = [name for name in names if name in of_runs]
        is_metric = metric in logs.metrics
        if is_metric and (ours in LAST_VALUES or not found):
            metrics[ours] = metric
        elif len(found) == 1 and not is_metric:
            said[ours] = found[0]
        elif found:
            both = [*found, *([f"{METRICS}{metric}"] if is_metric else [])]
            problems.append(
                f"{theirs!r}, which is to be {ours!r}, is logged as {listed(both)}. Name one of "
                "them in 'columns'."
            )
        else:
            problems.append(_nowhere(ours, theirs, logs, of_runs))
    used = {*metrics.values(), *said.values()}
    unused = [
        name
        for name in (*sorted(logs.metrics), *of_runs)
        if name not in used and not name.startswith(logs.of_the_tool)
    ]
    return Places(
        metrics=metrics, said=said, problems=tuple(problems), notes=tuple(_unused(unused))
    )


def _nowhere(ours: str, theirs: str, logs: Logs, of_runs: Mapping[str, None]) -> str:
    """Return what is said of a column that no run has."""
    plain = {name: name for name in (*sorted(logs.metrics), *of_runs)}
    for prefix in logs.prefixes:
        plain |= {name.removeprefix(prefix): name for name in of_runs if name.startswith(prefix)}
    close = difflib.get_close_matches(theirs, plain, n=3)
    there = list(dict.fromkeys(plain[name] for name in close or plain))
    asked = "Did you mean" if close else "They log"
    have = f"{asked} {listed(there)}{'?' if close else '.'}" if there else "They log nothing."
    where = "" if ours in LAST_VALUES else ", or 'run_name' where the names of runs say it"
    return (
        f"no run logs {theirs!r}, which is to be {ours!r}. {have} Say 'columns: {{{ours}: …}}' in "
        f"the study{where}."
    )


def _unused(names: list[str]) -> Iterator[ImportNote]:
    if names:
        said = f"Nothing uses {listed(names)}."
        yield ImportNote(done=Done.LEFT_OUT, of="column", count=len(names), said=said)
