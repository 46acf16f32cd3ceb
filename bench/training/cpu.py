"""The benchmark of training on a CPU: ``make bench``.

Prints medians and ratios, and writes them to a JSON file, from which ``bench/tables.py`` writes the
tables of bench/README.md. Nothing else should be running.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from end_to_end import end_to_end, evaluation_and_memory
from machine import HERE, machine
from shards import NETWORKS
from steady import one_core, two_cores


def main() -> None:
    """Run the parts, print them as they are done, and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measured slice")
    parser.add_argument("--output", type=Path, default=HERE / "cpu.json")
    parser.add_argument(
        "--part", default="", help="only parts whose name contains this; the others stay"
    )
    parser.add_argument(
        "--contestants", nargs="+", default=[], help="only those whose name contains one of these"
    )
    parser.add_argument("--seeds", type=int, default=200, help="of the larger shards, end to end")
    parser.add_argument("--epochs", type=int, default=12, help="of a run, end to end")
    parser.add_argument("--repeats", type=int, default=2, help="of all shards, end to end")
    options = parser.parse_args()
    results = _kept(options.output) if options.part else {}
    for name, part in parts(options).items():
        if options.part in name:
            # each with its own machine and date, as parts may be measured on different days
            results[name] = {"machine": machine(), **part()}
            show(name, results[name])
            options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _kept(path: Path) -> dict[str, object]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def parts(options: argparse.Namespace) -> Mapping[str, Callable[[], dict[str, object]]]:
    """Return what is measured, by name."""
    timing = {"rounds": options.rounds, "seconds": options.seconds}
    steady = partial(one_core, only=options.contestants, **timing)
    return {
        "small_cnn on digits, batch 32": partial(steady, "small_cnn on digits", batch=32),
        **{
            f"{name}, batch {sizes.batch}": partial(steady, name, batch=sizes.batch)
            for name, sizes in NETWORKS.items()
        },
        "two cores, small_cnn on digits, batch 32": partial(two_cores, 32, **timing),
        "end to end": partial(
            end_to_end, repeats=options.repeats, large=options.seeds, epochs=options.epochs
        ),
        "evaluation and memory": partial(
            evaluation_and_memory, seeds=options.seeds * 3 // 10, epochs=options.epochs
        ),
    }


def show(name: str, found: object, depth: int = 0) -> None:
    """Print nested results, three significant digits."""
    indent = "  " * depth
    if name == "rates":
        return
    if isinstance(found, dict):
        print(f"{indent}{name}", flush=True)
        for key, value in found.items():
            show(str(key), value, depth + 1)
        return
    if isinstance(found, list):
        found = ", ".join(f"{value:.3g}" for value in found)
    elif isinstance(found, float):
        found = f"{found:,.0f}" if abs(found) >= 1000 else f"{found:.3g}"
    print(f"{indent}{name}: {found}", flush=True)


if __name__ == "__main__":
    main()
