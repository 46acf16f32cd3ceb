"""Time and memory of the whole analysis of 10,000 runs: 5 schemes, 2 normalisations, 10 cells.

Run in the repository: PYTHONPATH=workflow/scripts python bench/statistics/ten_thousand_runs.py
"""

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from biasinit.statistics.accuracy.analysis import analyse_accuracy
from biasinit.statistics.failure.analysis import analyse_failure
from biasinit.statistics.judging.schemes import judge_schemes
from biasinit.statistics.paired.tuned_rates import tuned_contrasts
from biasinit.statistics.speed.analysis import analyse_speed
from biasinit.statistics.trust.sensitivity import sensitivity

SCHEMES = ("zeros", "small", "one", "xavier", "kaiming")
NORMALIZATIONS, CELLS, SEEDS = 2, 10, 100
PLAN = {
    **{"reference": "zeros", "schemes": SCHEMES},
    **{"alpha": 0.05, "resamples": 20_000, "analysis_seed": 1},
}
MARGINS = {"digits": 0.5, "mnist": 0.2}
COLLAPSE = {"margins": MARGINS, "collapse_points": 15.0}
POINTS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 13.0, 14.0, 15.0)  # epochs of the curves


def made_up_runs(rng: np.random.Generator, *, seeds: int = SEEDS) -> pd.DataFrame:
    """Return runs with block effects, scheme-specific scatter and one failure in 500."""
    shape = (NORMALIZATIONS, CELLS, seeds, len(SCHEMES))
    index = np.indices(shape).reshape(4, -1)
    scatter = np.array([0.4, 0.4, 0.8, 1.2, 0.4])
    accuracy = 97 + rng.normal(0, 0.3, shape[:3])[..., None] + scatter * rng.normal(size=shape)
    noise = rng.normal(size=shape)  # of the validation images
    failed = rng.uniform(size=shape) < 0.002
    pace = np.ceil(4 * np.maximum(5 + scatter * rng.normal(size=shape), 0.5)) / 4
    return pd.DataFrame(
        {
            "dataset": np.array(["digits", "mnist"])[index[1] % 2],
            "learning_rate": 0.01 * (1 + index[1] // 2),
            "normalization": np.array(["none", "batchnorm_shift"])[index[0]],
            "seed": index[2],
            "scheme": np.array(SCHEMES)[index[3]],
            "final_accuracy": np.where(failed, 10.0, accuracy).ravel(),
            "validation_accuracy": np.where(failed, 10.0, accuracy + noise).ravel(),
            "epochs_to_threshold": np.where(failed, np.nan, pace).ravel(),
            "reached": ~failed.ravel(),
            "failed": failed.ravel(),
        }
    )


def made_up_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Return learning curves that cross 95 % where the runs reach the threshold."""
    keys = ["dataset", "learning_rate", "normalization", "scheme", "seed"]
    curves = runs.loc[runs.index.repeat(len(POINTS)), keys].reset_index(drop=True)
    epoch = np.tile(POINTS, len(runs))
    pace = np.repeat(runs["epochs_to_threshold"].to_numpy(), len(POINTS))
    curves["epoch"] = epoch
    curves["validation_accuracy"] = np.where(np.isnan(pace), 10, 95 + 2 * np.tanh(epoch - pace))
    final = np.repeat(runs["final_accuracy"].to_numpy(), len(POINTS))
    curves["test_accuracy"] = np.where(epoch >= 13, final, np.nan)
    return curves


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Print how long the block takes, on the clock and of the processor."""
    began, processor = time.perf_counter(), time.process_time()
    yield
    clock, own = time.perf_counter() - began, time.process_time() - processor
    print(f"{name}: {clock:.1f} s, of the processor {own:.1f} s", flush=True)


def main() -> None:
    """Analyse the table and print seconds by step, their sum and the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    runs = made_up_runs(np.random.default_rng(1), seeds=parser.parse_args().seeds)
    curves = made_up_curves(runs)
    began, processor = time.perf_counter(), time.process_time()
    with timed("accuracy"):
        accuracy = analyse_accuracy(runs, **COLLAPSE, **PLAN)
    with timed("speed"):
        speed = analyse_speed(runs, curves, speed_margin=(0.8, 1.25), epochs=15.0, **PLAN)
    with timed("failure"):
        failure = analyse_failure(runs, epochs=15.0, **COLLAPSE, **PLAN)
    with timed("each at its own rate"):
        tuned = tuned_contrasts(runs, **COLLAPSE, **PLAN)
    with timed("specifications"):
        thresholds = {"digits": 95.0, "mnist": 95.0}
        table = sensitivity(runs, curves, thresholds=thresholds, epochs=15.0, **PLAN)
    with timed("verdicts"):
        verdicts = judge_schemes(
            runs,
            accuracy_contrasts=accuracy.contrasts,
            speed_contrasts=speed.contrasts,
            failure_contrasts=failure.contrasts,
            tuned_contrasts=tuned,
            epochs=15.0,
            **COLLAPSE,
            **{name: value for name, value in PLAN.items() if name != "resamples"},
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(runs)} runs, {len(verdicts)} verdicts, {len(table)} specified contrasts")
    clock, own = time.perf_counter() - began, time.process_time() - processor
    print(f"together: {clock:.1f} s, of the processor {own:.1f} s, peak of memory {peak:.2f} GiB")


if __name__ == "__main__":
    main()
