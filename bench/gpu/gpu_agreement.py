"""Final accuracies of the default study's runs on the device against those of the CPU."""

import dataclasses
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch
from notes import Notes, stored
from shards import NETWORKS, images_of

from biasinit.data.prepared import PreparedDataset
from biasinit.training.description import ShardDescription
from biasinit.training.loop import train_shard

DIGITS = "small_cnn on digits"
SEEDS = {"cuda": 100, "cpu": 4}
EPOCHS = {"cuda": 12, "cpu": 1}  # the default study has 12
WAYS = {  # the one that compiles last
    "eager": {"engine": "eager"},
    "eager, bfloat16": {"engine": "eager", "precision": "bfloat16"},
    "compiled": {"engine": "compiled"},
}


def agreement(notes: Notes, device: str) -> None:
    """Note how the device's accuracies compare with the CPU's, and runs per second of each way."""
    from agreement import compared  # needs SciPy, which the other parts do not

    seeds, epochs = SEEDS[device], EPOCHS[device]
    data = images_of(NETWORKS[DIGITS])
    images = len(data.split["test"])
    workers = max(1, min(len(os.sched_getaffinity(0)) - 1, seeds))
    each = -(-seeds // workers)
    # a process that has a GPU must not be forked
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        firsts = range(seeds, 2 * seeds, each)
        parts = [
            pool.submit(on_cpu, first, min(each, 2 * seeds - first), epochs) for first in firsts
        ]
        notes.note("seeds", seeds)
        notes.note("epochs", epochs)
        for name, keys in WAYS.items():
            if name == "compiled" and device == "cpu":
                continue  # the dry run takes minutes
            began = time.perf_counter()
            ours = accuracies(keys, range(seeds), epochs, data, device)
            notes.note(f"runs per second, {name}", seeds / (time.perf_counter() - began))
            alone = [value for part in parts for value in part.result()]
            notes.note(name, compared(ours, alone, images=images))


def on_cpu(first: int, count: int, epochs: int) -> list[float]:
    """Return accuracies of some seeds on the CPU, in a process of its own."""
    torch.set_num_threads(1)
    data = images_of(NETWORKS[DIGITS])
    return accuracies(WAYS["eager"], range(first, first + count), epochs, data, "cpu")


def accuracies(
    keys: dict[str, str], seeds: range, epochs: int, data: PreparedDataset, device: str
) -> list[float]:
    """Return final accuracies of some seeds, in percent."""
    mapping = stored("default study")["description"]
    description = ShardDescription.from_mapping(mapping, folder=Path())
    width = len(seeds) if device == "cuda" else min(len(seeds), 20)
    training = dataclasses.replace(description.training, width=width, epochs=epochs, **keys)
    shard = dataclasses.replace(description, seeds=tuple(seeds), training=training)
    return [
        float(value) for value in train_shard(shard, data, device=device).runs["final_accuracy"]
    ]
