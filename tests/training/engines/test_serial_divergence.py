"""When a run of the serial engine diverges, it says so at the same step as the fused engines."""

import pytest
import torch
from shards import after_steps, description

from biasinit.training.loop import train_shard
from biasinit.training.shard import Block, Shard


def diverged(engine, dataset, *, rate, steps, normalization):
    shard = description(
        engine=engine, learning_rate=rate, seeds=(0, 3), normalization=normalization,
        precision="float64", epochs=1,
    )  # fmt: skip
    if engine != "serial":
        block, losses = after_steps(shard, dataset, steps)
        return block.diverged_at.tolist(), losses.T
    whole, found, losses = Shard(shard, dataset), [], []
    for seeds in whole.blocks():
        block = Block(whole, seeds)
        losses.append(torch.cat([block.step(number) for number in range(1, steps + 1)]))
        found += block.diverged_at.tolist()
    return found, torch.stack(losses)


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
@pytest.mark.parametrize("rate", [0.05, 1e3, 1e60, 1e200, 1e307])
def test_divergence_is_noted_at_the_step_of_the_fused_engines(normalization, rate, small_digits):
    steps = Shard(description(epochs=1), small_digits).steps
    ours, losses = diverged(
        "serial", small_digits, rate=rate, steps=steps, normalization=normalization
    )
    theirs, _ = diverged("eager", small_digits, rate=rate, steps=steps, normalization=normalization)
    assert ours == theirs
    for row, step in zip(losses, ours, strict=True):
        if step > 0:
            assert not torch.isfinite(row[step:]).any(), "a failed run is frozen"


def test_a_run_is_known_to_have_diverged_whenever_it_is_measured(small_digits):
    """Its accuracy is chance from then on, not what a maximum of not-a-number comes to."""
    shard = description(engine="serial", learning_rate=1e30, epochs=1, points_per_epoch=1000)
    curves = train_shard(shard, small_digits).curves
    other = description(learning_rate=1e30, epochs=1, points_per_epoch=1000)
    expected = train_shard(other, small_digits).curves
    assert (curves["validation_accuracy"] == expected["validation_accuracy"]).all()
    assert curves.groupby("seed")["validation_accuracy"].last().eq(10.0).all()
