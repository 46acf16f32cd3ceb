"""Images and runs per second by width, and memory; and several jobs on one device."""

import dataclasses
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from notes import Notes, stored
from peers import PLAIN, training_flop
from shards import DIGITS, NETWORKS, random_images, with_width
from worker import plain_loop

from biasinit.training.description import ShardDescription
from biasinit.training.shard import Block, Shard

WIDTHS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "cuda": {
        "small_cnn on digits": (1, 4, 16, 64, 256, 1024),
        "conv 16-32-64": (1, 4, 16, 64, 256),
        "conv 16-32-64, batch norm": (16, 64, 256),
        "resnet-8": (1, 4, 16, 64),
    },
    "cpu": {"small_cnn on digits": (1, 2), "conv 16-32-64": (2,), "resnet-8": (1,)},
}
PRECISIONS = ("float32", "TF32", "bfloat16")
SECONDS = {"cuda": 0.5, "cpu": 0.05}  # of a measured slice
JOBS = (1, 2, 4)
JOB_WIDTH = {"cuda": {"small_cnn on digits": 64, "conv 16-32-64": 16}, "cpu": {"conv 16-32-64": 1}}
ROUNDS = 3
LONG = 20.0  # seconds that a first cell takes to compile, about
PLAIN_LOOP, SERIAL, UNRECORDED, RECORDED, COMPILED = (
    *("plain loop", "serial", "eager, no graph"),
    *("eager, CUDA graph", "compiled, CUDA graph"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One thing to measure."""

    network: str
    way: str
    precision: str
    width: int

    @property
    def name(self) -> str:
        """The cell in words."""
        return f"{self.network}; {self.way}; {self.precision}; width {self.width}"


def cells(device: str) -> Iterator[Cell]:
    """Yield what is measured, the most wanted first."""
    widths = WIDTHS[device]
    on_gpu = device == "cuda"
    precisions = PRECISIONS if on_gpu else ("float32", "bfloat16")
    for precision, network in itertools.product(precisions, widths):
        yield Cell(network=network, way=PLAIN_LOOP, precision=precision, width=1)
    # a recorded step, and a compiled one, are there on a GPU alone; compiling takes long
    recorded = PRECISIONS if on_gpu else ()
    for precision, (network, chosen) in itertools.product(recorded, widths.items()):
        for width in chosen:
            yield Cell(network=network, way=RECORDED, precision=precision, width=width)
    for network, chosen in widths.items():
        yield Cell(network=network, way=SERIAL, precision="float32", width=1)
        for width in (chosen[0], chosen[-2:][0]):
            yield Cell(network=network, way=UNRECORDED, precision="float32", width=width)
    compiled = ("float32", "bfloat16") if on_gpu else ()
    for precision, (network, chosen) in itertools.product(compiled, widths.items()):
        yield Cell(network=network, way=COMPILED, precision=precision, width=chosen[-2:][0])


def speed(notes: Notes, device: str) -> None:
    """Note images × members per second and memory of every cell, while there is time."""
    full: set[tuple[str, str, str]] = set()
    slowest: dict[str, float] = {}
    for network in WIDTHS[device]:
        sizes = NETWORKS[network]
        flop = training_flop(PLAIN[network](), side=sizes.side, colours=sizes.colours)
        notes.note(f"FLOP for an image, {network}", flop)
    run = stored("default study")["description"]["training"]
    batch, epochs = run["batch_size"], run["epochs"]
    notes.note("images of a run of digits", DIGITS["train"] // batch * batch * epochs)
    for cell in dict.fromkeys(cells(device)):
        key = (cell.network, cell.way, cell.precision)
        if key in full:
            continue
        if notes.left < 1.5 * slowest.get(cell.way, LONG if cell.way == COMPILED else 2.0):
            notes.cut(cell.name)
            continue
        began = time.monotonic()
        found = one_cell(cell, device)
        slowest[cell.way] = max(slowest.get(cell.way, 0.0), time.monotonic() - began)
        if "out of memory" in found.get("failed", ""):
            full.add(key)  # larger ones would be as well
        notes.note("cells", [*notes.found.get("cells", []), dataclasses.asdict(cell) | found])


def one_cell(cell: Cell, device: str) -> dict[str, Any]:
    """Return the rate and the memory of a cell, why a study refuses it, or how it failed."""
    engine = "compiled" if cell.way == COMPILED else cell.way.partition(",")[0]
    precision = "bfloat16" if cell.precision == "bfloat16" else "float32"
    refused = stored(cell.network)["refused"].get(f"{engine}, {precision}")
    if refused and cell.way != PLAIN_LOOP:
        return {"refused": refused}
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        step = step_of(cell, device)
        rate = images_per_second(step, device, SECONDS[device])
    except Exception as error:  # one cell that fails costs no other its figure
        return {"failed": f"{type(error).__name__}: {error}"[:500]}
    memory = torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else None
    return {"images per second": rate, "memory, MiB": memory}


def step_of(cell: Cell, device: str) -> Callable[[], int]:
    """Return a step, which returns how many images it trained on and does not wait for a GPU."""
    sizes = NETWORKS[cell.network]
    mapping = stored(cell.network)["description"]
    if cell.way == PLAIN_LOOP:
        multiply(tf32=cell.precision == "TF32")
        # as a careful user has it; ours have the opposite
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = False, True
        plain = dataclasses.replace(sizes, batch=mapping["training"]["batch_size"])
        rounded = cell.precision == "bfloat16"
        return plain_loop(PLAIN[cell.network](), plain, rounded=rounded, device=device)
    description = ShardDescription.from_mapping(mapping, folder=Path())
    keys = {
        "engine": "compiled" if cell.way == COMPILED else cell.way.partition(",")[0],
        "precision": "bfloat16" if cell.precision == "bfloat16" else "float32",
        "epochs": 4,
    }
    training = dataclasses.replace(description.training, **keys)
    description = with_width(dataclasses.replace(description, training=training), cell.width)
    data = random_images(side=sizes.side, colours=sizes.colours)
    shard = Shard(description, data, device=device)
    if cell.way == UNRECORDED:
        shard.engine = getattr(shard.engine, "unrecorded", shard.engine)
    multiply(tf32=cell.precision == "TF32")  # an engine says float32 is float32
    block = Block(shard, description.seeds[: shard.width])
    number = 0

    def step() -> int:
        nonlocal number
        number = number % shard.steps + 1
        block.step(number)
        return training.batch_size * len(block.seeds)

    return step


def multiply(*, tf32: bool) -> None:
    """Let a GPU round what goes into products of float32 to TF32, or not."""
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32


def images_per_second(step: Callable[[], int], device: str, seconds: float) -> float:
    """Return the rate of a step; the device is waited for at the end of a slice alone."""
    step()
    waited(device)
    began = time.perf_counter()
    step()
    waited(device)
    once = time.perf_counter() - began
    count = max(1, round(seconds / max(once, 1e-5)))
    rates = []
    for _ in range(ROUNDS):
        began, done = time.perf_counter(), 0
        for _ in range(count):
            done += step()
        waited(device)
        rates.append(done / (time.perf_counter() - began))
        count = max(1, round(seconds * rates[-1] / (done / count) / ROUNDS))
    return statistics.median(rates)


def waited(device: str) -> None:
    """Wait until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def jobs(notes: Notes, device: str) -> None:
    """Note the rate of one, two and four processes on one device together."""
    for count, (network, width) in itertools.product(JOBS, JOB_WIDTH[device].items()):
        name = f"{count} jobs; {network}; width {width} each"
        if notes.left < (25.0 if device == "cuda" else 15.0):
            notes.cut(name)
            continue
        notes.note(name, rate_of_jobs(count, network, device))


def rate_of_jobs(count: int, network: str, device: str) -> dict[str, Any]:
    """Return images × members per second of so many processes at the same time."""
    command = [sys.executable, str(Path(__file__).with_name("parts.py")), "job"]
    command += ["--device", device, "--seconds", "60", "--output", network]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for process in processes:
            if _line(process) != "ready":
                return {"failed": "a job did not start"}
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [_line(process) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    if not all(said):
        return {"failed": "a job ended within its slice"}
    return {"images per second": sum(map(float, said))}


def job(notes: Notes, device: str) -> None:
    """Say ready, wait for a line, and say the rate of one job's recorded steps.

    The name of the network comes in the place of an output.
    """
    network = notes.path.name
    way = RECORDED if device == "cuda" else UNRECORDED
    width = JOB_WIDTH[device][network]
    step = step_of(Cell(network=network, way=way, precision="float32", width=width), device)
    images_per_second(step, device, SECONDS[device])
    print("ready", flush=True)
    sys.stdin.readline()
    print(images_per_second(step, device, 4 * SECONDS[device]), flush=True)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
