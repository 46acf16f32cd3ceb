"""A thousand seeds of each fused engine against a thousand of the serial one.

The seeds of the two are disjoint, so that the samples are independent: Welch's t,
Kolmogorov-Smirnov, and the difference of means with its interval. What is compared is the
number of correct test images: accuracies of the same number that were rounded differently would
look like two distributions to Kolmogorov-Smirnov. Writes JSON.
"""

import argparse
import dataclasses
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from machine import HERE, REPOSITORY, machine
from scipy import stats

from biasinit.data.prepared import PreparedDataset
from biasinit.data.preparing import prepare
from biasinit.study.reading import load_study
from biasinit.training.description import ShardDescription
from biasinit.training.loop import train_shard

SEEDS_PER_TASK = 50


def prepared() -> tuple[ShardDescription, PreparedDataset]:
    """Return a shard of the default study, and its data."""
    study = load_study(REPOSITORY / "config.yaml")
    data = prepare(study.datasets[0])
    mapping = study.shard_description(
        cell=study.cells[0], normalization="none", scheme="zeros", shard=0
    )
    return ShardDescription.from_mapping(mapping, folder=REPOSITORY), data


def accuracies(engine: str, first: int) -> list[float]:
    """Return final accuracies of some seeds under one engine."""
    torch.set_num_threads(1)
    shard, data = prepared()
    shard = dataclasses.replace(
        shard,
        seeds=tuple(range(first, first + SEEDS_PER_TASK)),
        training=dataclasses.replace(shard.training, engine=engine, width=25),
    )
    return [float(value) for value in train_shard(shard, data).runs["final_accuracy"]]


def compared(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """Return means, their difference with a 95 % interval, and the p-values of two tests.

    Both lists hold accuracies in percent.
    """
    images = load_study(REPOSITORY / "config.yaml").datasets[0].test
    counts = [np.rint(np.array(values) * images / 100) for values in (ours, theirs)]
    test = stats.ttest_ind(ours, theirs, equal_var=False)
    lower, upper = test.confidence_interval()
    spread = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / 2)
    return {
        "mean, fused": float(np.mean(ours)),
        "mean, serial": float(np.mean(theirs)),
        "SD, fused": float(np.std(ours, ddof=1)),
        "SD, serial": float(np.std(theirs, ddof=1)),
        "difference, points": float(np.mean(ours) - np.mean(theirs)),
        "lower": float(lower),
        "upper": float(upper),
        "Cohen's d": float((np.mean(ours) - np.mean(theirs)) / spread),
        "Welch p": float(test.pvalue),
        "Kolmogorov-Smirnov p": float(stats.ks_2samp(*counts).pvalue),
    }


def main() -> None:
    """Train all seeds on two cores, compare and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--output", type=Path, default=HERE / "null_check.json")
    options = parser.parse_args()
    with ProcessPoolExecutor(max_workers=2) as pool:

        def trained(engine: str, start: int) -> list[float]:
            firsts = range(start, start + options.seeds, SEEDS_PER_TASK)
            parts = pool.map(accuracies, [engine] * len(firsts), firsts)
            return [value for part in parts for value in part]

        alone = trained("serial", 0)
        found: dict[str, object] = {"machine": machine(), "seeds": options.seeds}
        for engine in ("eager", "compiled"):
            found[engine] = compared(trained(engine, options.seeds), alone)
    print(json.dumps(found, indent=1))
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
