"""Steady state: ours, careful serial loops and JAX, side by side, in interleaved rounds."""

import statistics
import subprocess
from collections.abc import Sequence

from machine import HERE, python_of, started
from networks_of_peers import training_flop

CONTESTANTS = (
    "gemm",
    "serial",
    "serial channels-last",
    "serial compiled",
    "jax jit",
    "jax vmap 8",
    "jax vmap 32",
    "ours eager",
    "ours compiled",
)


class Contestant:
    """A warm process that measures a slice when asked; several cores: one process for each."""

    def __init__(self, name: str, *, batch: int, seconds: float, cores: Sequence[set[int]]) -> None:
        command = [python_of(name), str(HERE / "worker.py"), name, str(batch), str(seconds)]
        self._processes = [started(command, cores=chosen) for chosen in cores]
        for process in self._processes:
            if self._line(process) != "ready":
                raise SystemExit(f"{name} did not start: {' '.join(command)}")

    def measure(self) -> float:
        """Return the rate of all its processes together."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return sum(float(self._line(process)) for process in self._processes)

    def stop(self) -> None:
        """End its processes."""
        for process in self._processes:
            process.kill()
            process.wait()

    @staticmethod
    def _line(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()


def rounds(contestants: dict[str, Contestant], count: int) -> dict[str, list[float]]:
    """Return the rates of each contestant, one for each round, in turn."""
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(count):
        for name, contestant in contestants.items():
            rates[name].append(contestant.measure())
    return rates


def one_core(batch: int, *, count: int, seconds: float) -> dict[str, object]:
    """Return rates and ratios on one core."""
    contestants = {
        name: Contestant(name, batch=batch, seconds=seconds, cores=[{0}]) for name in CONTESTANTS
    }
    rates = rounds(contestants, count)
    for contestant in contestants.values():
        contestant.stop()
    median = {name: statistics.median(values) for name, values in rates.items()}
    serial = max(rate for name, rate in median.items() if name.startswith("serial"))
    jax = max(rate for name, rate in median.items() if name.startswith("jax"))
    return {
        "batch": batch,
        "rates": rates,
        "median": median,
        "ratios": {
            engine: {
                "to the best serial loop": median[engine] / serial,
                "to the best of JAX": median[engine] / jax,
                "share of the GEMM rate": median[engine] * training_flop() / median["gemm"],
            }
            for engine in ("ours eager", "ours compiled")
        },
    }


def two_cores(batch: int, *, count: int, seconds: float) -> dict[str, object]:
    """Return rates on two cores: JAX with two threads against two processes of ours."""
    cores: dict[str, list[set[int]]] = {
        "jax jit": [{0, 1}],
        "jax vmap 8": [{0, 1}],
        "jax vmap 32": [{0, 1}],
        "ours compiled": [{0}, {1}],
    }
    contestants = {
        name: Contestant(name, batch=batch, seconds=seconds, cores=chosen)
        for name, chosen in cores.items()
    }
    rates = rounds(contestants, count)
    for contestant in contestants.values():
        contestant.stop()
    median = {name: statistics.median(values) for name, values in rates.items()}
    jax = max(rate for name, rate in median.items() if name.startswith("jax"))
    return {"batch": batch, "median": median, "ratio": median["ours compiled"] / jax}
