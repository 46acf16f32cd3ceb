"""One contestant of the benchmark: says when it is ready, and measures a slice when asked.

``python worker.py CONTESTANT BATCH SECONDS``: prints ``ready`` after warming up; for every line
on standard input it trains for about SECONDS and prints images × members per second (or, for
``gemm``, floating-point operations per second). The parent pins it to its cores.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TRAIN_IMAGES = 1100
RATE, MOMENTUM = 0.02, 0.9


def measured(step: Callable[[], int], seconds: float) -> float:
    """Return units per second of a function that returns how many units it did."""
    started, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < seconds:
        done += step()
    return done / elapsed


def gemm(batch: int) -> Callable[[], int]:
    """Return the limit: float32 matrix products of 1024 × 1024 × 1024."""
    import torch

    torch.set_num_threads(1)
    size = 1024
    left, right = torch.randn(size, size), torch.randn(size, size)
    result = torch.empty(size, size)

    def step() -> int:
        torch.mm(left, right, out=result)
        return 2 * size**3

    return step


def serial(batch: int, *, compiled: bool, channels_last: bool) -> Callable[[], int]:
    """One model, data resident, no DataLoader, fused SGD: the loop of a careful user."""
    import torch
    from networks_of_peers import SIDE, plain_network

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = plain_network().to(memory_format=layout)
    images = torch.randn(TRAIN_IMAGES, 1, SIDE, SIDE).to(memory_format=layout)
    labels = torch.randint(0, 10, (TRAIN_IMAGES,))
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM, fused=True)

    def loss_of(images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(network(images), labels)

    loss = torch.compile(loss_of) if compiled else loss_of

    def step() -> int:
        order = torch.randperm(TRAIN_IMAGES)
        batches = order[: TRAIN_IMAGES // batch * batch].view(-1, batch)
        for chosen in batches:
            optimizer.zero_grad()
            loss(images[chosen], labels[chosen]).backward()
            optimizer.step()
        return batches.numel()

    return step


def fused(batch: int, *, engine: str) -> Callable[[], int]:
    """Ours: 20 seeds side by side on the real digits."""
    sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))
    import torch

    from biasinit.data.preparing import prepare
    from biasinit.specs.datasets.digits import Digits
    from biasinit.training.description import ShardDescription
    from biasinit.training.shard import Block, Shard

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    data = prepare(Digits(name="digits", train=TRAIN_IMAGES, validation=100, test=597))
    width = int(os.environ.get("WIDTH", "20"))
    description = ShardDescription.from_mapping(
        {
            "study": "bench", "study_seed": 1, "seeds": [0, width], "label": "zeros",
            "cell": {
                "dataset": "digits", "architecture": "small_cnn", "weight_init": "he",
                "input_scaling": "standardized", "optimizer": "sgd", "learning_rate": RATE,
            },
            "normalization": os.environ.get("NORMALIZATION", "none"),
            "scheme": {"name": "zeros", "kind": "zeros"}, "order_stream": "",
            "architecture": {}, "optimizer": {"momentum": MOMENTUM},
            "training": {"epochs": 200, "batch_size": batch, "engine": engine, "width": width},
        },
        folder=REPOSITORY,
    )  # fmt: skip
    shard = Shard(description, data)
    block = Block(shard, description.seeds)
    number = 0

    def step() -> int:
        nonlocal number
        for _ in range(10):
            number = number % shard.steps + 1
            block.step(number)
        return 10 * batch * width

    return step


def jax(batch: int, *, members: int) -> Callable[[], int]:
    """Return the best loop known in JAX: an epoch of steps in one ``lax.scan``, jitted."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    keys = iter(jax.random.split(jax.random.PRNGKey(0), 100))

    def normal(*shape: int) -> jax.Array:
        return 0.1 * jax.random.normal(next(keys), shape)

    parameters = {
        "conv1": (normal(3, 3, 1, 16), jnp.zeros(16)),
        "conv2": (normal(3, 3, 16, 32), jnp.zeros(32)),
        "dense1": (normal(128, 64), jnp.zeros(64)),
        "output": (normal(64, 10), jnp.zeros(10)),
    }
    images = normal(TRAIN_IMAGES, 8, 8, 1)
    labels = jax.random.randint(next(keys), (TRAIN_IMAGES,), 0, 10)

    def convolved(x: jax.Array, layer: tuple[jax.Array, jax.Array]) -> jax.Array:
        weight, bias = layer
        y = lax.conv_general_dilated(
            x, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        pooled = lax.reduce_window(y + bias, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return jax.nn.relu(pooled)

    def loss(parameters: dict, x: jax.Array, y: jax.Array) -> jax.Array:
        x = convolved(convolved(x, parameters["conv1"]), parameters["conv2"])
        x = x.reshape(len(x), -1)
        x = jax.nn.relu(x @ parameters["dense1"][0] + parameters["dense1"][1])
        logits = x @ parameters["output"][0] + parameters["output"][1]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    def step_of(carry: tuple, chosen: jax.Array) -> tuple:
        parameters, momentum = carry
        value, gradient = jax.value_and_grad(loss)(parameters, images[chosen], labels[chosen])
        momentum = jax.tree.map(lambda m, g: MOMENTUM * m + g, momentum, gradient)
        parameters = jax.tree.map(lambda p, m: p - RATE * m, parameters, momentum)
        return (parameters, momentum), value

    def epoch(parameters: dict, momentum: dict, key: jax.Array) -> tuple:
        order = jax.random.permutation(key, TRAIN_IMAGES)
        batches = order[: TRAIN_IMAGES // batch * batch].reshape(-1, batch)
        return lax.scan(step_of, (parameters, momentum), batches)

    if members > 1:
        parameters = jax.tree.map(lambda p: jnp.stack([p] * members), parameters)
        run = jax.jit(jax.vmap(epoch))
    else:
        run = jax.jit(epoch)
    state = [parameters, jax.tree.map(jnp.zeros_like, parameters)]
    key = jax.random.PRNGKey(1)

    def step() -> int:
        nonlocal key
        key, now = jax.random.split(key)
        now = jax.random.split(now, members) if members > 1 else now
        (state[0], state[1]), losses = run(state[0], state[1], now)
        losses.block_until_ready()
        return TRAIN_IMAGES // batch * batch * members

    return step


CONTESTANTS: dict[str, Callable[[int], Callable[[], int]]] = {
    "gemm": gemm,
    "serial": lambda batch: serial(batch, compiled=False, channels_last=False),
    "serial channels-last": lambda batch: serial(batch, compiled=False, channels_last=True),
    "serial compiled": lambda batch: serial(batch, compiled=True, channels_last=True),
    "jax jit": lambda batch: jax(batch, members=1),
    "jax vmap 8": lambda batch: jax(batch, members=8),
    "jax vmap 32": lambda batch: jax(batch, members=32),
    "ours eager": lambda batch: fused(batch, engine="eager"),
    "ours compiled": lambda batch: fused(batch, engine="compiled"),
}


def main() -> None:
    name, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    step = CONTESTANTS[name](batch)
    for _ in range(3):
        step()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(measured(step, seconds), flush=True)


if __name__ == "__main__":
    main()
