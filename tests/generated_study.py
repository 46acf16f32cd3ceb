"""A small seeded study that looks like the pilot, with the declared tables of runs."""

import itertools

import numpy as np
import pandas as pd

from biasinit.quantities import PROBED_QUANTITIES
from biasinit.runs.tables import CORRECT, CURVES, LAYERS, RUNS
from biasinit.streams import Purpose, stream
from biasinit.vocabulary import RUN_KEY

SCHEMES = ("zeros", "small", "one", "xavier")
NORMALIZATIONS = ("none", "batchnorm_shift", "batchnorm")
RATES = (0.005, 0.02)
EPOCHS = 15.0
GRID = np.concatenate([[0.0], np.arange(1, 33) / 4, np.arange(9, 16)])
TEST_IMAGES = 597


def _hash(*key: object) -> str:
    return "-".join(map(str, key))


def generated_runs(
    *,
    study_seed: int = 1,
    seeds: int = 20,
    schemes: tuple[str, ...] = (*SCHEMES, "zeros_again"),
    normalizations: tuple[str, ...] = NORMALIZATIONS,
    rates: tuple[float, ...] = RATES,
    failing: bool = True,
) -> pd.DataFrame:
    """Runs with a block effect of 0.25 points and a run SD of 0.4; 'one' loses 0.6 without BN."""
    rows = []
    for normalization, rate, seed in itertools.product(normalizations, rates, range(seeds)):
        block = stream(study_seed, seed, Purpose.ANALYSIS, name=f"{normalization}{rate}")
        shared, identity = block.normal(0, 0.25), block.normal(0, 0.3)
        shared_time = block.normal(0, 0.1)
        for scheme in schemes:
            if normalization == "batchnorm" and scheme.endswith("_again"):
                continue
            rng = stream(study_seed, seed, Purpose.BIAS, name=f"{normalization}{rate}{scheme}")
            loss = 0.6 if scheme == "one" and normalization == "none" else 0.0
            accuracy = 98.3 + (0.3 if rate == 0.02 else 0) - loss + shared
            accuracy += identity if normalization == "batchnorm" else rng.normal(0, 0.4)
            failed = (
                failing
                and scheme == "one"
                and normalization == "none"
                and rate == 0.02
                and seed % 7 == 3
            )
            epochs = 3.5 + 6 * (0.02 - rate) / 0.02 * 0.2 + (1.2 if loss else 0) + shared_time
            epochs -= 1.0 if normalization != "none" else 0.0
            epochs = float(np.ceil(4 * (epochs * np.exp(rng.normal(0, 0.12)))) / 4)
            if failed:
                accuracy, epochs = 10.0, np.inf
            reached = epochs <= EPOCHS
            rows.append(
                {
                    "study": "generated",
                    "dataset": "digits",
                    "architecture": "small_cnn",
                    "normalization": normalization,
                    "weight_init": "he",
                    "input_scaling": "standardized",
                    "optimizer": "sgd",
                    "learning_rate": rate,
                    "scheme": scheme,
                    "seed": seed,
                    "shard": seed // 10,
                    "final_accuracy": round(accuracy * TEST_IMAGES / 100) / TEST_IMAGES * 100,
                    "final_loss": np.nan if failed else 0.01,
                    "validation_accuracy": accuracy,
                    "epochs_to_threshold": epochs if reached else np.nan,
                    "reached": bool(reached),
                    "restricted_epochs": epochs if reached else EPOCHS,
                    "curve_area": accuracy - epochs if reached else 10.0,
                    "initial_loss": 2.3,
                    "commonest_first_guess": 30.0,
                    "failed": failed,
                    "failure_kind": "diverged"
                    if failed and seed % 2
                    else "never learned"
                    if failed
                    else "none",
                    "diverged_at": 12.0 if failed and seed % 2 else np.nan,
                    "weights_hash": _hash(seed, rate, normalization),
                    "order_hash": _hash(seed, rate, "again" if scheme.endswith("_again") else ""),
                }
            )
    frame = pd.DataFrame(rows).sort_values(
        ["normalization", "learning_rate", "scheme", "seed"], ignore_index=True
    )
    return RUNS.checked(frame)


def generated_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Learning curves that cross 95 % where the runs reach the threshold."""
    frames = []
    for _, run in runs.iterrows():
        pace = run["epochs_to_threshold"]
        accuracy = (
            np.full(len(GRID), 10.0)
            if np.isnan(pace)
            else 98.5 - 88.5 * np.exp(-GRID / pace * np.log(88.5 / 3.5))
        )
        frame = pd.DataFrame({"step": (GRID * 37).astype(int), "epoch": GRID})
        for key in RUN_KEY:
            frame[key] = run[key]
        frame["train_loss"] = np.nan if run["failed"] else np.exp(-GRID)
        frame["validation_accuracy"] = accuracy
        frame["test_accuracy"] = np.where(GRID >= 13, run["final_accuracy"], np.nan)
        frames.append(frame)
    return CURVES.checked(pd.concat(frames, ignore_index=True))


def generated_layers(runs: pd.DataFrame) -> pd.DataFrame:
    """Layer probes at three times in three layers."""
    frames = []
    rng = np.random.default_rng(5)
    for when, layer in itertools.product(("start", "epoch 1", "end"), ("conv1", "conv2", "fc1")):
        frame = runs[list(RUN_KEY)].copy()
        frame["when"], frame["layer"] = when, layer
        for quantity in PROBED_QUANTITIES:
            frame[quantity] = rng.uniform(0, 1, len(frame))
        frames.append(frame)
    return LAYERS.checked(pd.concat(frames, ignore_index=True))


def generated_correct(runs: pd.DataFrame) -> pd.DataFrame:
    """Correctness bits that agree with final_accuracy; the easiest images are right first."""
    frame = runs[list(RUN_KEY)].copy()
    bits = []
    for accuracy in runs["final_accuracy"]:
        right = round(accuracy * TEST_IMAGES / 100)
        bits.append(np.packbits(np.arange(TEST_IMAGES) < right).tobytes())
    frame["correct"] = bits
    return CORRECT.checked(frame)
