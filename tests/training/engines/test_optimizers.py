"""Updates of stacked parameters, member by member."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from shards import description, only_block

from biasinit.specs.optimizer import Optimizer
from biasinit.training.engines.optimizers import Update, clipped, optimizer_state
from biasinit.training.loop import train_shard


def parameters(rng, members=3):
    return {
        "layer.weight": torch.from_numpy(rng.normal(size=(members, 4, 5))),
        "layer.bias": torch.from_numpy(rng.normal(size=(members, 5))),
    }


def updated(optimizer, rates, *, rng, alive=None, steps=3):
    values = parameters(rng)
    state = optimizer_state(optimizer, values)
    for number in range(1, steps + 1):
        update = Update(
            optimizer=optimizer,
            rates=torch.tensor(rates, dtype=torch.float64),
            number=torch.tensor(number),
            alive=alive,
        )
        update.apply(values, state, parameters(rng))
    return values, state


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_each_member_has_a_learning_rate_of_its_own(kind):
    import numpy as np

    optimizer = Optimizer(name="any", kind=kind, weight_decay=0.1)
    together, _ = updated(optimizer, [0.1, 0.2, 0.4], rng=np.random.default_rng(1))
    for member, rate in enumerate([0.1, 0.2, 0.4]):
        alone, _ = updated(optimizer, [rate] * 3, rng=np.random.default_rng(1))
        for name in alone:
            assert torch.equal(together[name][member], alone[name][member])


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_a_dead_member_is_left_as_it_is(kind):
    import numpy as np

    optimizer = Optimizer(name="any", kind=kind)
    alive = torch.tensor([True, False, True])
    start = parameters(np.random.default_rng(1))
    values, state = updated(optimizer, [0.1] * 3, rng=np.random.default_rng(1), alive=alive)
    everyone, _ = updated(optimizer, [0.1] * 3, rng=np.random.default_rng(1))
    for name, value in values.items():
        assert torch.equal(value[1], start[name][1])
        assert torch.equal(value[::2], everyone[name][::2])
        for kept in state.values():
            assert (kept[name][1] == 0).all()


@pytest.mark.parametrize("decay_biases", [False, True])
def test_biases_are_decayed_only_when_asked(decay_biases):
    values = {"a.weight": torch.ones(1, 2), "a.bias": torch.ones(1, 2)}
    optimizer = Optimizer(name="any", weight_decay=0.5, decay_biases=decay_biases)
    update = Update(
        optimizer=optimizer, rates=torch.tensor([0.1]), number=torch.tensor(1), alive=None
    )
    zeros = {name: torch.zeros_like(value) for name, value in values.items()}
    update.apply(values, optimizer_state(optimizer, values), zeros)
    assert values["a.weight"].tolist() == [[pytest.approx(0.95)] * 2]
    assert values["a.bias"].tolist() == [[pytest.approx(0.95 if decay_biases else 1.0)] * 2]


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
@pytest.mark.parametrize("decay_biases", [False, True])
def test_biases_of_another_rate_go_as_at_that_learning_rate(kind, decay_biases):
    import numpy as np

    keys = {"name": "any", "kind": kind, "weight_decay": 0.1, "decay_biases": decay_biases}
    rates = [0.1, 0.05, 0.2]
    found, _ = updated(Optimizer(**keys, bias_rate=4.0), rates, rng=np.random.default_rng(1))
    alike, _ = updated(Optimizer(**keys), rates, rng=np.random.default_rng(1))
    faster, _ = updated(
        Optimizer(**keys), [4 * rate for rate in rates], rng=np.random.default_rng(1)
    )
    assert torch.equal(found["layer.weight"], alike["layer.weight"])
    assert torch.allclose(found["layer.bias"], faster["layer.bias"], rtol=1e-12, atol=0)
    assert not torch.allclose(found["layer.bias"], alike["layer.bias"])


@given(scale=st.floats(0.01, 100), largest=st.floats(0.01, 10), seed=st.integers(0, 99))
def test_clipping_bounds_each_norm_and_keeps_each_direction(scale, largest, seed):
    import numpy as np

    gradients = parameters(np.random.default_rng(seed))
    gradients["layer.weight"][1] *= scale
    result = clipped(gradients, largest)
    for member in range(3):
        before = torch.cat([value[member].flatten() for value in gradients.values()])
        after = torch.cat([value[member].flatten() for value in result.values()])
        assert after.norm() <= largest * (1 + 1e-9)
        if before.norm() <= largest - 1e-5:
            assert torch.equal(before, after)
        assert torch.allclose(after * before.norm(), before * after.norm(), rtol=1e-9, atol=1e-12)


def test_bfloat16_keeps_weights_in_float32_and_learns(small_digits):
    shard = description(precision="bfloat16", epochs=15, seeds=(0, 1), learning_rate=0.02)
    block = only_block(shard, small_digits)
    block.step(1)
    assert {value.dtype for value in block.state.parameters.values()} == {torch.float32}
    rounded = block.state.parameters["output.weight"].bfloat16().float()
    assert not torch.equal(rounded, block.state.parameters["output.weight"])
    result = train_shard(shard, small_digits)
    assert (result.runs["final_accuracy"] > 75).all()
    exact = train_shard(description(epochs=15, seeds=(0, 1), learning_rate=0.02), small_digits)
    # the same start, up to the rounding of activations to 8 bits
    difference = result.runs["initial_loss"] - exact.runs["initial_loss"]
    assert 0 < difference.abs().max() < 0.05
    assert result.layers.notna().all().all()
