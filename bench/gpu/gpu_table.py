"""The table of what was measured on a GPU, in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Found = Mapping[str, Any]

LIMIT = "matrix product, {}"
RUN = "images of a run of digits"


def gpu_table(found: Found) -> str:
    """Return the tables of all parts.

    Args:
        found: what ``measure.py`` wrote.

    """
    return "\n\n".join(_paragraphs(found))


def _paragraphs(found: Found) -> Iterator[str]:
    machine, parts = found["machine"], found["parts"]
    where = machine["device"] if machine["device"] != "cpu" else "a CPU, as a dry run"
    yield (
        f"{machine['date']}; {where}, beside {machine['cores']} cores of an "
        f"{machine['processor']}; Python {machine['python']}, PyTorch {machine['torch']}"
        f"{', CUDA ' + machine['CUDA'] if machine.get('CUDA') else ''}; "
        f"{found.get('seconds', 0):.0f} s in all."
    )
    limits = parts.get("limits", {})
    if limits:
        said = [
            f"{name} {rate / 1e12:,.2f} {'TB/s' if name.startswith('copy') else 'TFLOP/s'}"
            for name, rate in limits.items()
            if isinstance(rate, float) and name != "seconds"
        ]
        yield f"Limits: {'; '.join(said)}."
    yield from _contract(parts.get("contract", {}))
    yield from _agreement(parts.get("agreement", {}))
    yield from _speed(parts.get("speed", {}), limits)
    yield from _jobs(parts.get("jobs", {}))
    yield from _study(parts.get("study", {}))
    for name, part in parts.items():
        if "left out" in part:
            yield f"{name.capitalize()} left out: {part['left out']}."
        if part.get("cut"):
            yield f"{name.capitalize()}, cut for want of time: {'; '.join(part['cut'])}."
        if part.get("failed"):
            yield f"**{name.capitalize()} failed:** {part['failed'].splitlines()[-1]}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _contract(part: Found) -> Iterator[str]:
    checks = {name: one for name, one in part.items() if isinstance(one, dict) and "held" in one}
    if not checks:
        return
    rows = []
    for name, one in checks.items():
        network, engine, check = name.split("; ")
        said = "yes" if one["held"] else f"**no** {one.get('failed', '')}".strip()
        size = one.get("largest relative difference")
        rows.append([network, engine, check, said + (f" ({size:.1e})" if size is not None else "")])
    yield _table(["network", "engine", "promise", "held"], rows)


def _agreement(part: Found) -> Iterator[str]:
    ways = {name: one for name, one in part.items() if isinstance(one, dict)}
    if not ways:
        return
    rows = [
        [
            name,
            f"{one['mean']:.3f} ± {one['SD']:.3f}",
            f"{one['mean of the others']:.3f} ± {one['SD of the others']:.3f}",
            f"{one['difference, points']:+.3f} ({one['lower']:.3f} to {one['upper']:.3f})",
            f"{one['Welch p']:.2f}",
            f"{one['Kolmogorov-Smirnov p']:.2f}",
            f"{part[f'runs per second, {name}']:.1f}",
        ]
        for name, one in ways.items()
    ]
    yield (
        f"Final test accuracy of the default study ({part['epochs']} epochs), {part['seeds']} "
        "seeds on the device against as many others on the CPU; runs per second with all "
        "evaluations and the recording:"
    )
    head = ["engine", "device", "CPU", "difference (95 %)", "p, Welch", "p, Kolmogorov-Smirnov"]
    yield _table([*head, "runs per second"], rows)


def _speed(part: Found, limits: Found) -> Iterator[str]:
    cells = part.get("cells", [])
    if not cells:
        return
    plain = {
        (cell["network"], cell["precision"]): cell["images per second"]
        for cell in cells
        if cell["way"] == "plain loop" and "images per second" in cell
    }
    rows = []
    for cell in cells:
        shown = [cell["network"], cell["way"], cell["precision"], str(cell["width"])]
        if "images per second" not in cell:
            said = "refused" if "refused" in cell else cell["failed"].splitlines()[0][:80]
            rows.append([*shown, said, "", "", "", ""])
            continue
        rate = cell["images per second"]
        base = plain.get((cell["network"], "float32"))
        limit = limits.get(LIMIT.format(cell["precision"]))
        done = rate * part[f"FLOP for an image, {cell['network']}"]
        memory = cell["memory, MiB"]
        rows.append(
            [
                *shown,
                f"{rate:,.0f}",
                f"{rate / part[RUN]:,.1f}" if "digits" in cell["network"] else "",
                f"{rate / base:.2f}" if base else "",
                f"{done / limit:.2%}" if limit else "",
                f"{memory:,.0f}" if memory is not None else "",
            ]
        )
    head = ["network", "way", "precision", "width", "images × members per second"]
    head += ["runs per second, training alone", "times the plain loop in float32"]
    head += ["share of the matrix-product rate", "memory, MiB"]
    yield _table(head, rows)


def _jobs(part: Found) -> Iterator[str]:
    rows = [
        [
            *name.split("; "),
            f"{one['images per second']:,.0f}" if "failed" not in one else one["failed"],
        ]
        for name, one in part.items()
        if isinstance(one, dict)
    ]
    if rows:
        yield _table(
            ["jobs on one device", "network", "width", "images × members per second"], rows
        )


def _study(part: Found) -> Iterator[str]:
    if "runs" in part:
        yield (
            f"A study through Snakemake, two jobs to a device: {part['runs']} runs "
            f"({part['runs that failed']} failed) and the report in "
            f"{part['seconds from nothing to the report']:.0f} s, on {', '.join(part['devices'])}."
        )
