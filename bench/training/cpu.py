"""The benchmark of training on a CPU: ``make bench``.

Prints medians and ratios, and writes them to a JSON file. Nothing else should be running.
"""

import argparse
import json
from pathlib import Path

from end_to_end import end_to_end, evaluation_and_memory
from machine import HERE, machine
from steady import one_core, two_cores


def main() -> None:
    """Run all parts, print them as they are done, and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measured slice")
    parser.add_argument("--output", type=Path, default=HERE / "cpu.json")
    parser.add_argument("--part", default="", help="only parts whose name contains this")
    options = parser.parse_args()
    timing = {"count": options.rounds, "seconds": options.seconds}
    results: dict[str, object] = {}
    if options.part and options.output.exists():
        results = json.loads(options.output.read_text(encoding="utf-8"))
    results["machine"] = machine()
    parts = {
        "steady state, one core, batch 32": lambda: one_core(32, **timing),
        "steady state, one core, batch 64": lambda: one_core(64, **timing),
        "steady state, two cores, batch 32": lambda: two_cores(32, **timing),
        "end to end": lambda: end_to_end(repeats=2),
        "evaluation and memory": evaluation_and_memory,
    }
    show("machine", results["machine"])
    for name, part in parts.items():
        if options.part not in name:
            continue
        results[name] = part()
        show(name, results[name])
        options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


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
