"""What a job takes to have its compiled code, beyond importing PyTorch: from nothing, and again.

Every measurement is a process of its own, on one core. It trains one step, evaluates and probes
once, by which all programs of a shard are made or found. Loading is the whole of building the shard
(with the native kernels) and of finding, checking and loading its programs. Writes JSON; exits with
1 where loading takes longer than the bar.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import HERE, machine, started

BAR = 0.5  # seconds
BATCH, WIDTH, IMAGES = 32, 20, 512
NETWORKS: dict[str, dict[str, Any]] = {
    "small_cnn": {"architecture": {}, "normalization": "none"},
    "plain-8": {
        "architecture": {"kind": "plain_cnn", "depth": 8, "channels": 16},
        "normalization": "batchnorm_shift",
    },
    "plain-32": {
        "architecture": {"kind": "plain_cnn", "depth": 32, "channels": 16},
        "normalization": "batchnorm_shift",
    },
}


def measured(network: str) -> dict[str, float]:
    """Return seconds of this process, with the compiled code that its environment names."""
    import torch

    torch.set_num_threads(1)
    imported = time.perf_counter()
    import numpy as np

    from biasinit.data.exchange import no_exchange
    from biasinit.data.prepared import PreparedDataset
    from biasinit.training.description import ShardDescription
    from biasinit.training.shard import Block, Shard

    imported_ours = time.perf_counter()
    numbers = np.arange(IMAGES + 200)
    dataset = PreparedDataset(
        images=np.random.default_rng(0).integers(0, 256, (len(numbers), 8, 8, 1), dtype=np.uint8),
        labels=numbers % 10,
        maximum=255,
        split={"train": numbers[:IMAGES], "validation": numbers[IMAGES:-100],
               "test": numbers[-100:]},
        shown=numbers[:, None],
        exchange=no_exchange(len(numbers)),
    )  # fmt: skip
    mapping = {
        "study": "loading", "study_seed": 1, "seeds": [0, WIDTH],
        "cell": {
            "dataset": "random", "architecture": network, "weight_init": "he",
            "input_scaling": "standardized", "optimizer": "sgd", "learning_rate": 0.001,
        },
        "scheme": {"name": "zeros", "kind": "zeros"}, "label": "zeros", "order_stream": "",
        "optimizer": {},
        "training": {
            "epochs": 1, "batch_size": BATCH, "width": WIDTH, "probe_images": 100,
            "engine": "compiled",
        },
    }  # fmt: skip
    description = ShardDescription.from_mapping(mapping | NETWORKS[network], folder=HERE)
    before = time.perf_counter()
    shard = Shard(description, dataset)
    built = time.perf_counter()
    block = Block(shard, description.seeds)
    block.warm()
    block.step(1)
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "imports of ours": imported_ours - imported,
        "building": built - before,
        "programs": shard.engine.compiling_seconds,
        "loading": built - before + shard.engine.compiling_seconds,
        "processor time of all": sum(usage.ru_utime + usage.ru_stime for usage in used),
        "imported a compiler": float("torch._inductor" in sys.modules),
    }


def in_a_process(network: str, folder: Path) -> dict[str, float]:
    """Return what a fresh process measures with a folder for compiled code."""
    process = started(
        [sys.executable, __file__, "--measure", network],
        cores={min(os.sched_getaffinity(0))},
        environment={"TORCHINDUCTOR_CACHE_DIR": str(folder)},
    )
    said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"The measurement of {network} failed. Run it by itself: --measure {network}")
    found: dict[str, float] = json.loads(said)
    return found


def main() -> int:
    """Measure every network from nothing and again, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE / "loading.json")
    parser.add_argument("--measure", choices=list(NETWORKS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(options.measure)))
        return 0
    found = {}
    for network in options.networks:
        with tempfile.TemporaryDirectory() as folder:
            first = in_a_process(network, Path(folder))
            again = [in_a_process(network, Path(folder)) for _ in range(options.repeats)]
        medians = {name: statistics.median(one[name] for one in again) for name in first}
        found[network] = {"from nothing": first, "again": medians}
        print(network, "from nothing", first, "again", medians, sep="\n  ", flush=True)
    options.output.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n")
    slow = [name for name, one in found.items() if one["again"]["loading"] > BAR]
    print(f"loading takes longer than {BAR} s: {', '.join(slow) or 'nowhere'}")
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
