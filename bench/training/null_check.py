"""A thousand seeds of each fused engine against a thousand others of the engine ``serial``.

The seeds of the two are disjoint, so that the samples are independent: Welch's t,
Kolmogorov-Smirnov, and the difference of means with its interval. Writes JSON.
"""

import argparse
import dataclasses
import json
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from agreement import compared
from machine import HERE, REPOSITORY, machine

from biasinit.data.prepared import PreparedDataset
from biasinit.data.preparing import prepare
from biasinit.study.reading import load_study
from biasinit.training.description import ShardDescription
from biasinit.training.loop import train_shard

SEEDS_PER_TASK = 50
AGAINST = "serial"
ENGINES = {  # what is compared, as keys of the study's training
    "eager": {"engine": "eager"},
    "compiled": {"engine": "compiled"},
    "compiled, bfloat16": {"engine": "compiled", "precision": "bfloat16"},
}


def prepared() -> tuple[ShardDescription, PreparedDataset]:
    """Return a shard of the default study, and its data."""
    study = load_study(REPOSITORY / "config.yaml")
    data = prepare(study.datasets[0])
    mapping = study.shard_description(
        cell=study.cells[0], normalization="none", scheme="zeros", shard=0
    )
    return ShardDescription.from_mapping(mapping, folder=REPOSITORY), data


def accuracies(keys: Mapping[str, str], first: int, count: int) -> list[float]:
    """Return final accuracies of some seeds under some keys of the training."""
    torch.set_num_threads(1)
    shard, data = prepared()
    shard = dataclasses.replace(
        shard,
        seeds=tuple(range(first, first + count)),
        training=dataclasses.replace(shard.training, width=min(count, 25), **keys),
    )
    return [float(value) for value in train_shard(shard, data).runs["final_accuracy"]]


def main() -> None:
    """Train all seeds on two cores, compare and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--output", type=Path, default=HERE / "null_check.json")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    options = parser.parse_args()
    with ProcessPoolExecutor(max_workers=2) as pool:

        def trained(keys: Mapping[str, str], start: int) -> list[float]:
            firsts = range(start, start + options.seeds, SEEDS_PER_TASK)
            counts = [min(SEEDS_PER_TASK, start + options.seeds - first) for first in firsts]
            parts = pool.map(accuracies, [keys] * len(firsts), firsts, counts)
            return [value for part in parts for value in part]

        alone = trained({"engine": AGAINST}, 0)
        images = len(prepared()[1].split["test"])
        found = {
            name: compared(trained(ENGINES[name], options.seeds), alone, images=images)
            for name in options.engines
        }
    written = {
        "machine": machine(), "seeds": options.seeds, "against": f"`{AGAINST}`", "engines": found
    }  # fmt: skip
    print(json.dumps(written, indent=1))
    options.output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
