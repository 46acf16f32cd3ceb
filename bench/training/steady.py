"""Steady state: ours, careful plain loops and JAX, side by side, in interleaved rounds."""

import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence

from machine import HERE, PYTHON_OF_JAX, python_of, started
from peers import PLAIN, training_flop
from shards import NETWORKS
from worker import CONTESTANTS

CORE = 0
LIMITS = {  # of each precision
    "float32": "matrix product, float32",
    "bfloat16": "matrix product, bfloat16",
}
BEST_OF = {  # what ours are held against: the fastest whose name begins so
    "to the best plain loop in float32": "plain",
    "to the best of JAX": "jax",
}

Rates = dict[str, list[float]]


class RefusedError(Exception):
    """Raised by a contestant that a study would refuse; holds the study's sentence."""


class Contestant:
    """A warm process that measures a slice when asked; several cores: one process for each."""

    def __init__(
        self, name: str, *, network: str, batch: int, seconds: float, cores: Sequence[set[int]]
    ) -> None:
        command = [python_of(name), str(HERE / "worker.py"), network, name, str(batch)]
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._processes = [
            started([*command, str(seconds)], cores=chosen, complaints=self._complaints)
            for chosen in cores
        ]
        for process in self._processes:
            said = self._line(process)
            if said.startswith("refused"):
                self.stop()
                raise RefusedError(said.removeprefix("refused "))
            if said != "ready":
                self.stop()
                raise SystemExit(f"{name} did not start on {network}: {self._last_complaint()}")

    def measure(self) -> float:
        """Return the rate of all its processes together."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        found = [self._line(process) for process in self._processes]
        if not all(found):
            raise SystemExit(f"A contestant ended within a round: {self._last_complaint()}")
        return sum(map(float, found))

    def stop(self) -> None:
        """End its processes."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _last_complaint(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().strip().splitlines()
        return lines[-1] if lines else "it said nothing."

    @staticmethod
    def _line(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()


def contestants_of(network: str, only: Sequence[str]) -> list[str]:
    """Return the names of who competes on a network: those that contain one of ``only``, or all."""
    chosen = [name for name in CONTESTANTS if any(part in name for part in only or [""])]
    with_jax = NETWORKS[network].digits and PYTHON_OF_JAX.exists()
    return [name for name in chosen if with_jax or not name.startswith("jax")]


def measured_rates(contestants: Mapping[str, Contestant], *, rounds: int) -> Rates:
    """Return the rates of each contestant, one for each round, in turn."""
    rates: Rates = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            rates[name].append(contestant.measure())
    return rates


def one_core(
    network: str, *, batch: int, rounds: int, seconds: float, only: Sequence[str]
) -> dict[str, object]:
    """Return rates on one core, and ratios with the lowest and highest of the rounds."""
    contestants, refused = {}, {}
    for name in contestants_of(network, only):
        try:
            contestants[name] = Contestant(
                name, network=network, batch=batch, seconds=seconds, cores=[{CORE}]
            )
        except RefusedError as error:
            refused[name] = str(error)
    rates = measured_rates(contestants, rounds=rounds)
    for contestant in contestants.values():
        contestant.stop()
    sizes = NETWORKS[network]
    flop = training_flop(PLAIN[network](), side=sizes.side, colours=sizes.colours)
    return {
        "network": network,
        "batch": batch,
        "members": sizes.width,
        "FLOP for an image": flop,
        "rates": rates,
        "median": {name: statistics.median(found) for name, found in rates.items()},
        "refused": refused,
        "ratios": {
            name: ratios(name, rates, flop)
            for name in rates
            if not name.startswith(("matrix", "copy"))
        },
    }


def ratios(name: str, rates: Rates, flop: float) -> dict[str, list[float]]:
    """Return what a contestant reaches of each limit and of the best of others, by round.

    Each is the median, the lowest and the highest of the rounds.
    """
    found = {}
    limit = LIMITS["bfloat16" if name.endswith("bfloat16") else "float32"]
    if limit in rates:
        done = [rate * flop for rate in rates[name]]
        found["share of the matrix-product rate"] = spread(done, rates[limit])
    for label, beginning in BEST_OF.items():
        others = [
            other
            for other in rates
            if other.startswith(beginning) and not other.endswith("bfloat16")
        ]
        if others:
            best = max(others, key=lambda other: statistics.median(rates[other]))
            found[label] = spread(rates[name], rates[best])
    return found


def spread(these: Sequence[float], those: Sequence[float]) -> list[float]:
    """Return the median, the lowest and the highest ratio of two rates of the same rounds."""
    found = [one / other for one, other in zip(these, those, strict=True)]
    return [statistics.median(found), min(found), max(found)]


def two_cores(batch: int, *, rounds: int, seconds: float) -> dict[str, object]:
    """Return rates on two cores: JAX with two threads against two processes of ours."""
    network = "small_cnn on digits"
    cores: dict[str, list[set[int]]] = {"ours compiled, float32": [{0}, {1}]}
    if PYTHON_OF_JAX.exists():
        cores |= {name: [{0, 1}] for name in CONTESTANTS if name.startswith("jax")}
    contestants = {
        name: Contestant(name, network=network, batch=batch, seconds=seconds, cores=chosen)
        for name, chosen in cores.items()
    }
    rates = measured_rates(contestants, rounds=rounds)
    for contestant in contestants.values():
        contestant.stop()
    return {
        "network": network,
        "batch": batch,
        "rates": rates,
        "median": {name: statistics.median(found) for name, found in rates.items()},
        "ratios": {name: ratios(name, rates, flop=0.0) for name in rates if name[:4] == "ours"},
    }
