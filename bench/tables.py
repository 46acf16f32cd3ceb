"""Write the tables of measured figures from the JSON files that the benchmarks leave.

    PYTHONPATH=workflow/scripts python bench/tables.py [--check]

Every block between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` of bench/README.md and
docs/training.md is made anew, and docs/growth.svg is drawn, so no number in them is typed. What
was not measured yet says so, with the command that measures it.
"""

import argparse
import json
import math
import re
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
TRAINING = REPOSITORY / "bench" / "training"
GPU = REPOSITORY / "bench" / "gpu"
sys.path += [str(TRAINING), str(GPU)]

from gpu_table import gpu_table  # noqa: E402  # their folders are not on the path before
from growth_figure import growth_figure  # noqa: E402

PAGES = (REPOSITORY / "bench" / "README.md", REPOSITORY / "docs" / "training.md")
FIGURE = REPOSITORY / "docs" / "growth.svg"
BLOCK = re.compile(r"(<!-- begin (\S+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)

Found = Mapping[str, Any]


def main() -> int:
    """Write every block and the figure, or say which page is not what would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    pages = {page: with_tables(page.read_text(encoding="utf-8")) for page in PAGES}
    if growth := stored("growth"):
        pages[FIGURE] = growth_figure(growth)
    stale = [page for page, text in pages.items() if not _holds(page, text)]
    for page in stale:
        print(f"{page.relative_to(REPOSITORY)} is {'stale' if check else 'written'}.")
        if not check:
            page.write_text(pages[page], encoding="utf-8")
    return int(check and bool(stale))


def _holds(page: Path, text: str) -> bool:
    return page.exists() and page.read_text(encoding="utf-8") == text


def with_tables(text: str) -> str:
    """Return a page with every block made anew."""
    return BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block[2]]()}\n{block[3]}", text)


def stored(name: str) -> Found:
    """Return what a benchmark of training left; nothing where it was not run."""
    path = TRAINING / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def measured_on(machine: Found, *, threads: str = "one core") -> str:
    """Return the line that stands above a table."""
    return (
        f"{machine['date']}; {threads} of {machine['cores']} of an {machine['processor']} "
        f"({machine['vectors']}), Python {machine['python']}, PyTorch {machine['torch']}."
    )


def not_measured(command: str) -> str:
    """Return what stands in the place of a table that is to come."""
    return f"Not measured since the benchmark was last changed: `{command}`."


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def steady() -> str:
    """Return the tables of steady state, one for each network and size of batch."""
    found = stored("cpu")
    parts = [name for name, part in found.items() if "ratios" in part]
    if not parts:
        return not_measured("make bench")
    return "\n\n".join(_steady(name, found[name]) for name in parts)


def _steady(name: str, part: Found) -> str:
    two = name.startswith("two cores")
    head = ["contestant", "images × members per second", "times the best plain loop in float32"]
    head += ["times the best of JAX", "share of the matrix-product rate"]
    labels = ("to the best plain loop in float32", "to the best of JAX")
    labels += ("share of the matrix-product rate",)
    rows = []
    for contestant, rate in part["median"].items():
        if contestant.startswith(("matrix", "copy")):
            continue
        ratios = part["ratios"].get(contestant, {})
        shown = [_spread(ratios.get(label), share="share" in label) for label in labels]
        rows.append([_bold(contestant), f"{rate:,.0f}", *shown])
    rows += [[name, "refused", "", "", ""] for name in part.get("refused", {})]
    limits = [
        f"{contestant} {rate / 1e9:,.0f} {'GB/s' if contestant == 'copy' else 'GFLOP/s'}"
        for contestant, rate in part["median"].items()
        if contestant.startswith(("matrix", "copy"))
    ]
    lines = [f"**{name}.** {measured_on(part['machine'], threads='two' if two else 'one core')}"]
    if not two:
        rounds = len(next(iter(part["rates"].values())))
        lines[0] += (
            f" {part['FLOP for an image'] / 1e6:.2f} MFLOP for an image that is trained on; "
            f"{part['members']} members of ours side by side; limits: {', '.join(limits)}. "
            f"Medians of {rounds} interleaved rounds, in brackets the lowest and the highest."
        )
    return "\n\n".join([*lines, table(head, rows)])


def _bold(contestant: str) -> str:
    return f"**{contestant}**" if contestant.startswith("ours") else contestant


def _spread(ratio: Sequence[float] | None, *, share: bool) -> str:
    if ratio is None:
        return ""
    write = (lambda value: f"{value:.0%}") if share else (lambda value: f"{value:.2f}")
    middle, low, high = map(write, ratio)
    return f"{middle} ({low} to {high})"


def end_to_end() -> str:
    """Return the table of whole processes, and from how many runs on one way overtakes another."""
    part = stored("cpu").get("end to end")
    if not part:
        return not_measured("make bench BENCH='--part \"end to end\"'")
    rows = [
        [name, f"{seconds:.2f}", f"{part['times as fast'][name]:.1f}"]
        for name, seconds in part["seconds per run"].items()
    ]
    even = "; ".join(
        f"{name} from {math.ceil(runs)} runs on" if runs > 1 else f"{name} from the first run on"
        for name, runs in part["break-even in runs of one shape"].items()
    )
    return "\n\n".join(
        [
            f"{measured_on(part['machine'])} One process for each run takes "
            f"{part['one process per run, seconds']:.1f} s; compiling from nothing takes "
            f"{part['compiling from nothing, seconds']:.0f} s.",
            table(["shard", "seconds per run", "times one process per run"], rows),
            f"One way overtakes another: {even}.",
        ]
    )


def loading() -> str:
    """Return the table of what a job takes to have its compiled code."""
    found = stored("loading")
    if not found:
        return not_measured("python bench/training/loading.py")
    rows = [
        [name, *(f"{times[when]['loading']:.2f}" for when in ("from nothing", "again"))]
        for name, times in found.items()
        if name != "machine"
    ]
    head = ["network", "compiling it, s", "loading it, s (bar: 0.5)"]
    return f"{measured_on(found['machine'])}\n\n{table(head, rows)}"


def evaluation() -> str:
    """Return the table of evaluations, and memory by width."""
    part = stored("cpu").get("evaluation and memory")
    if not part:
        return not_measured("make bench BENCH='--part evaluation'")
    rows = [
        [name, f"{share:.1%}"] for name, share in part["evaluation and probes / training"].items()
    ]
    memory = ", ".join(
        f"{float(mib):,.0f} for {width}" for width, mib in part["memory in MiB, by width"].items()
    )
    more = statistics.median(part["MiB for each further member"])
    return "\n\n".join(
        [
            measured_on(part["machine"]),
            table(["", "evaluations and probes / training (bar: 15 %)"], rows),
            f"Memory of a process by members side by side, MiB: {memory}; {more:.1f} for each "
            "further member (median).",
        ]
    )


def serial_cost() -> str:
    """Return the table of the cost of a serial step."""
    found = dict(stored("serial_cost"))
    if not found:
        return not_measured("python bench/training/serial_cost.py")
    machine = found.pop("machine")
    rows = [
        [
            name,
            f"{cost['serial, seconds a step']:.3f} s",
            f"{cost['plain loop, seconds a step']:.3f} s",
            f"{cost['ratio']:.2f} ({cost['lowest ratio']:.2f} to {cost['highest ratio']:.2f})",
        ]
        for name, cost in found.items()
    ]
    head = ["network", "`serial`", "plain loop", "ratio (bar: 1.05)"]
    return f"{measured_on(machine)}\n\n{table(head, rows)}"


def null_check() -> str:
    """Return the table of engines held against another in distribution."""
    found = stored("null_check")
    if not found:
        return not_measured("python bench/training/null_check.py")
    head = ["engine", "mean ± SD", "difference, points (95 %)", "Cohen's d", "p, Welch"]
    head.append("p, Kolmogorov-Smirnov")
    rows = [
        [
            name,
            f"{row['mean']:.3f} ± {row['SD']:.3f}",
            f"{row['difference, points']:+.3f} ({row['lower']:.3f} to {row['upper']:.3f})",
            f"{row[COHEN]:.3f}",
            f"{row['Welch p']:.2f}",
            f"{row['Kolmogorov-Smirnov p']:.2f}",
        ]
        for name, row in found["engines"].items()
    ]
    other = next(iter(found["engines"].values()))
    return "\n\n".join(
        [
            f"{measured_on(found['machine'], threads='two')} {found['seeds']:,} seeds of each, "
            f"against {found['seeds']:,} others of {found['against']} (mean "
            f"{other['mean of the others']:.3f} ± {other['SD of the others']:.3f}).",
            table(head, rows),
        ]
    )


COHEN = "Cohen's d"


def growth() -> str:
    """Return the tables of growth."""
    found = stored("growth")
    if not found:
        return not_measured("python bench/training/growth.py")
    return "\n\n".join(_grown(found))


def _grown(found: Found) -> Iterator[str]:
    for axis, part in found.items():
        if axis == "runs":
            continue
        engines = ("plain loop", "serial", "eager", "compiled")
        head = [axis, *engines, "recommended", "times the plain loop", "times `serial`"]
        head.append("share of the matrix-product rate")
        rows = []
        for size, point in part["found"].items():
            median, best = point["median"], point["recommended"]
            share = median[best] * point["FLOP for an image"] / median["matrix product"]
            rows.append(
                [
                    size,
                    *(f"{median[name]:,.0f}" if name in median else "refused" for name in engines),
                    f"`{best}`",
                    f"{point['recommended, to the plain loop']:.2f}",
                    f"{point['recommended, to the engine serial']:.2f}",
                    f"{share:.0%}",
                ]
            )
        yield f"{measured_on(part['machine'])} Images × members per second."
        yield table(head, rows)
    if "runs" in found:
        yield _by_runs(found["runs"])


def _by_runs(part: Found) -> str:
    seconds = part["found"]["seconds for each run"]
    counts = list(dict.fromkeys(count for runs in seconds.values() for count in runs))
    rows = [
        [f"`{engine}`", *(f"{runs[count]:.3f}" if count in runs else "" for count in counts)]
        for engine, runs in seconds.items()
    ]
    head = [f"seconds for each run of {part['found']['epochs']} epochs; runs in a shard", *counts]
    return f"{measured_on(part['machine'])}\n\n{table(head, rows)}"


def recommendation() -> str:
    """Return what docs/training.md recommends: by size, from the table of growth."""
    found = stored("growth")
    points = [
        (axis, size, point)
        for axis, part in found.items()
        if axis != "runs"
        for size, point in part["found"].items()
    ]
    if not points:
        return not_measured("python bench/training/growth.py")
    by_engine: dict[str, list[str]] = {}
    for axis, size, point in points:
        by_engine.setdefault(point["recommended"], []).append(f"{axis} {size}")
    lines = [f"- `{engine}`: {'; '.join(places)}." for engine, places in sorted(by_engine.items())]
    lowest = min(point["recommended, to the engine serial"] for _, _, point in points)
    machine = next(iter(found.values()))["machine"]
    return "\n".join(
        [
            "![Cost of training by size, under each engine and beside a plain loop](growth.svg)",
            "",
            f"Measured {measured_on(machine)[:-1]}; networks are those of the figure's panels.",
            "Recommended there:",
            "",
            *lines,
            "",
            f"The recommended engine is never slower than {lowest:.2f} times `serial`.",
        ]
    )


def gpu() -> str:
    """Return the tables of what was measured on a GPU."""
    path = GPU / "gpu.json"
    if not path.exists():
        return "Not measured: no GPU was at hand. The bars for it are open."
    return gpu_table(json.loads(path.read_text(encoding="utf-8")))


BLOCKS: Mapping[str, Callable[[], str]] = {
    "steady": steady,
    "end_to_end": end_to_end,
    "loading": loading,
    "evaluation": evaluation,
    "serial_cost": serial_cost,
    "null_check": null_check,
    "gpu": gpu,
    "growth": growth,
    "recommendation": recommendation,
}


if __name__ == "__main__":
    sys.exit(main())
