"""One contestant of the benchmark: says when it is ready, and measures a slice when asked.

``python worker.py NETWORK CONTESTANT BATCH SECONDS``: prints ``ready`` after warming up, or
``refused`` with the reason; for every line on standard input it works for about SECONDS and prints
what it did per second: images × members, or for limits floating-point operations, or bytes. The
parent pins it to its cores.

The environment of JAX has neither PyTorch nor this package, so each contestant imports its own.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shards import Measured
    from torch import nn

    from biasinit.data.prepared import PreparedDataset
    from biasinit.training.description import ShardDescription

Step = Callable[[], int]
"""Works a while and returns how many units it did."""

RATE, MOMENTUM = 0.005, 0.9
MATRIX = 1024  # side of the matrices whose product is the limit
COPIED = 1 << 26  # numbers of four bytes, more than any cache holds
IMAGES = 1100  # of the digits, for JAX
STEPS = 4  # of ours between two looks at the clock


def measured(step: Step, seconds: float) -> float:
    """Return units per second."""
    started, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < seconds:
        done += step()
    return done / elapsed


def matrix_product(network: str, batch: int, *, precision: str) -> Step:
    """Return the limit of arithmetic: products of 1024 × 1024 × 1024."""
    import torch

    torch.set_num_threads(1)
    kind = getattr(torch, precision)
    left, right = (torch.randn(MATRIX, MATRIX).to(kind) for _ in range(2))
    result = torch.empty(MATRIX, MATRIX, dtype=kind)

    def step() -> int:
        torch.mm(left, right, out=result)
        return 2 * MATRIX**3

    return step


def copy(network: str, batch: int) -> Step:
    """Return the limit of memory: bytes that are read and written."""
    import torch

    torch.set_num_threads(1)
    source, place = torch.zeros(COPIED), torch.zeros(COPIED)

    def step() -> int:
        place.copy_(source)
        return 2 * 4 * COPIED

    return step


def plain(network: str, batch: int, **options: bool) -> Step:
    """Return the plain loop over one of the measured networks, as ``plain_loop`` makes it."""
    import dataclasses

    from peers import PLAIN
    from shards import NETWORKS

    sizes = dataclasses.replace(NETWORKS[network], batch=batch)
    return plain_loop(PLAIN[network](), sizes, **options)


def plain_loop(
    module: "nn.Module",
    sizes: "Measured",
    *,
    compiled: bool = False,
    channels_last: bool = True,
    rounded: bool = False,
    device: str = "cpu",
) -> Step:
    """One model, data resident, no DataLoader, fused SGD: the loop of a careful user.

    Args:
        module: is trained.
        sizes: of images and batches.
        compiled: by PyTorch's own compiler.
        channels_last: how images and weights lie in memory.
        rounded: to bfloat16, by autocast.
        device: where all of it lies; a step does not wait for a GPU.

    """
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    count, batch = sizes.sizes["train"], sizes.batch
    layout = torch.channels_last if channels_last else torch.contiguous_format
    module = module.to(device, memory_format=layout)
    images = torch.randn(count, sizes.colours, sizes.side, sizes.side)
    images = images.to(device, memory_format=layout)
    labels = torch.randint(0, 10, (count,), device=device)
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE, momentum=MOMENTUM, fused=True)

    def loss_of(images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=rounded):
            return torch.nn.functional.cross_entropy(module(images), labels)

    loss = torch.compile(loss_of) if compiled else loss_of

    def step() -> int:
        order = torch.randperm(count, device=device)
        batches = order[: count // batch * batch].view(-1, batch)
        for chosen in batches:
            optimizer.zero_grad()
            loss(images[chosen], labels[chosen]).backward()
            optimizer.step()
        return batches.numel()

    return step


def ours(network: str, batch: int, *, engine: str, precision: str) -> Step:
    """Return steps of one of our engines on one of the measured networks."""
    import dataclasses

    from shards import NETWORKS, described, images_of

    sizes = dataclasses.replace(NETWORKS[network], batch=batch)
    # so many epochs that batch orders seldom repeat
    description = described(sizes, epochs=20, engine=engine, precision=precision)
    return members_loop(description, images_of(sizes))


def members_loop(
    description: "ShardDescription", data: "PreparedDataset", *, device: str = "cpu"
) -> Step:
    """Return steps of the first block of a shard; it counts images × members.

    Raises:
        SystemExit: by the steps, where a run has diverged: the dead are left out of the work.

    """
    import torch

    from biasinit.training.shard import Block, Shard

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    shard = Shard(description, data, device=device)
    block = Block(shard, description.seeds[: shard.width])
    number = 0

    def step() -> int:
        nonlocal number
        for _ in range(STEPS):
            number = number % shard.steps + 1
            block.step(number)
        if (block.diverged_at >= 0).any():
            raise SystemExit("Runs diverged, so their speed says nothing.")
        return STEPS * description.training.batch_size * len(block.seeds)

    return step


def jax(network: str, batch: int, *, members: int) -> Callable[[], int]:
    """Return the best loop known in JAX: an epoch of steps in one ``lax.scan``, jitted."""
    if network != "small_cnn on digits":
        raise SystemExit("The loop in JAX is written for the digits alone.")
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
    images = normal(IMAGES, 8, 8, 1)
    labels = jax.random.randint(next(keys), (IMAGES,), 0, 10)

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
        order = jax.random.permutation(key, IMAGES)
        batches = order[: IMAGES // batch * batch].reshape(-1, batch)
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
        return IMAGES // batch * batch * members

    return step


ENGINES, PRECISIONS = ("serial", "eager", "compiled"), ("float32", "bfloat16")
CONTESTANTS: dict[str, Callable[[str, int], Step]] = {
    "matrix product, float32": partial(matrix_product, precision="float32"),
    "matrix product, bfloat16": partial(matrix_product, precision="bfloat16"),
    "copy": copy,
    "plain, channels-first": partial(plain, channels_last=False),
    "plain, channels-last": plain,
    "plain, compiled": partial(plain, compiled=True),
    "plain, channels-last, bfloat16": partial(plain, rounded=True),
    "jax jit": partial(jax, members=1),
    "jax vmap 8": partial(jax, members=8),
    "jax vmap 32": partial(jax, members=32),
    **{
        f"ours {engine}, {precision}": partial(ours, engine=engine, precision=precision)
        for engine in ENGINES
        for precision in PRECISIONS
    },
}


def main() -> None:
    network, name, batch, seconds = (
        sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    )  # fmt: skip
    try:
        step = CONTESTANTS[name](network, batch)
    except Exception as error:
        # by its name: the environment of JAX does not have the class
        if type(error).__name__ != "ConfigurationError":
            raise
        print("refused", str(error).split("  - ")[1].strip(), flush=True)
        return
    for _ in range(2):
        step()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(measured(step, seconds), flush=True)


if __name__ == "__main__":
    main()
