"""One part of the measurements on a GPU, in a process of its own: ``measure.py`` starts it."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from gpu_agreement import agreement
from gpu_contract import contract
from gpu_speed import job, jobs, speed, waited
from gpu_study import study
from notes import Notes

SIDE = {"cuda": 8192, "cpu": 1024}  # of the matrices
COPIED = {"cuda": 1 << 30, "cpu": 1 << 26}  # bytes
PRECISIONS = {  # type, and how PyTorch is to multiply float32
    "float32": (torch.float32, "highest"),
    "TF32": (torch.float32, "high"),
    "bfloat16": (torch.bfloat16, "highest"),
}


def limits(notes: Notes, device: str) -> None:
    """Note the rates of matrix products, in FLOP per second, and of a copy, in bytes."""
    seconds = 1.0 if device == "cuda" else 0.2
    for name, (kind, multiplying) in PRECISIONS.items():
        if device == "cpu" and name == "TF32":
            continue
        torch.set_float32_matmul_precision(multiplying)
        left, right = (
            torch.randn(SIDE[device], SIDE[device], device=device).to(kind) for _ in range(2)
        )
        place = torch.empty_like(left)
        rate = calls_per_second(
            lambda a=left, b=right, c=place: torch.mm(a, b, out=c), device, seconds
        )
        notes.note(f"matrix product, {name}", 2 * SIDE[device] ** 3 * rate)
    source = torch.zeros(COPIED[device], dtype=torch.uint8, device=device)
    place = torch.zeros_like(source)
    rate = calls_per_second(lambda: place.copy_(source), device, seconds)
    notes.note("copy, bytes read and written", 2 * COPIED[device] * rate)


def calls_per_second(function: Callable[[], object], device: str, seconds: float) -> float:
    """Return how often a second a function can be done, waiting for the device at the end."""
    for _ in range(3):
        function()
    waited(device)
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for _ in range(3):
            function()
        waited(device)
        done += 3
    return done / (time.perf_counter() - began)


PARTS: dict[str, Callable[[Notes, str], None]] = {
    "limits": limits,
    "contract": contract,
    "agreement": agreement,
    "speed": speed,
    "jobs": jobs,
    "job": job,
    "study": study,
}


def main() -> None:
    """Run the part that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--device", choices=("cuda", "cpu"), required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    PARTS[options.part](Notes(options.output, seconds=options.seconds), options.device)


if __name__ == "__main__":
    main()
