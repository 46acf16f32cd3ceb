"""The numerical contract: a member trains as if it were alone."""

import pandas as pd
import pytest
import torch
from shards import (
    NETWORKS,
    after_steps,
    as_seen_by,
    assert_same_bits,
    description,
    member,
    only_block,
)

from biasinit.training.loop import train_shard
from specifications import prepared

NORMALIZATIONS = ("none", "batchnorm_shift", "batchnorm")
RANDOM = {"name": "normal", "kind": "normal", "std": 0.3}
STEPS = 12


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize(
    "seeds",
    [(7,), (7, 1, 2), (1, 2, 7), tuple(range(8)), tuple(range(32))],
    ids=["alone", "first slot", "last slot", "width 8", "width 32"],
)
def test_slot_and_width_change_no_bit(normalization, seeds, small_digits):
    alone, _ = after_steps(
        description(scheme=RANDOM, normalization=normalization, seeds=(7,)), small_digits, STEPS
    )
    beside, _ = after_steps(
        description(scheme=RANDOM, normalization=normalization, seeds=seeds), small_digits, STEPS
    )
    assert_same_bits(member(alone, 7), member(beside, 7))


@pytest.mark.slow
@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
@pytest.mark.parametrize("architecture", NETWORKS[1:], ids=repr)
def test_neighbours_change_no_bit_of_any_network(architecture, normalization, small_digits):
    def trained(seeds):
        shard = description(
            scheme=RANDOM, normalization=normalization, seeds=seeds, architecture=architecture
        )
        return after_steps(shard, as_seen_by(architecture, small_digits), 4)[0]

    assert_same_bits(member(trained((7,)), 7), member(trained((1, 2, 3, 4, 7)), 7))


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_member_full_of_nan_changes_nothing_for_the_others(normalization, small_digits):
    shard = description(normalization=normalization, seeds=(3, 4))
    alone, _ = after_steps(description(normalization=normalization, seeds=(3,)), small_digits, 6)
    beside = only_block(shard, small_digits)
    for value in beside.state.trained.values():
        value[1] = torch.nan
    for number in range(1, 7):
        beside.step(number)
    assert_same_bits(member(alone, 3), member(beside, 3))
    assert beside.state.diverged_at.tolist() == [-1, 1]


def test_members_differ_from_each_other(small_digits):
    training, losses = after_steps(description(), small_digits, 3)
    assert len(set(losses[0].tolist())) == 3
    weights = training.state.trained["output.weight"]
    assert not torch.equal(weights[0], weights[1])


def test_the_order_of_seeds_permutes_the_results_and_nothing_else(small_digits):
    forwards, _ = after_steps(description(seeds=(0, 1, 2)), small_digits, STEPS)
    backwards, _ = after_steps(description(seeds=(2, 1, 0)), small_digits, STEPS)
    for seed in range(3):
        assert_same_bits(member(forwards, seed), member(backwards, seed))


def test_two_threads_give_the_same_bits_as_one(small_digits):
    one, _ = after_steps(description(), small_digits, STEPS)
    torch.set_num_threads(2)
    two, _ = after_steps(description(), small_digits, STEPS)
    assert_same_bits(member(one, 1), member(two, 1))


def test_frozen_biases_never_move_and_others_do(small_digits):
    frozen = {"name": "frozen", "kind": "constant", "value": 0.5, "trainable": False}
    training, _ = after_steps(description(scheme=frozen), small_digits, STEPS)
    state = training.state.parameters
    for layer in ("conv1", "conv2", "dense1"):
        assert (state[f"hidden.{layer}.layer.bias"] == 0.5).all()
    assert (state["output.bias"] != 0).any()


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
@pytest.mark.parametrize(
    ("without", "frozen"),
    [
        ({"kind": "none"}, {"layers": "all"}),
        ({"kind": "none_hidden"}, {"layers": "hidden"}),
    ],
    ids=["none", "none_hidden"],
)
def test_no_biases_equal_frozen_zeros_bit_for_bit(normalization, without, frozen, small_digits):
    absent, _ = after_steps(
        description(scheme={"name": "a", **without}, normalization=normalization),
        small_digits, STEPS,
    )  # fmt: skip
    zeros = {"name": "b", "kind": "zeros", "trainable": False, **frozen}
    present, _ = after_steps(
        description(scheme=zeros, normalization=normalization), small_digits, STEPS
    )
    names = absent.state.parameters.keys()
    assert len(names) < len(present.state.parameters)
    for name in names:
        assert torch.equal(absent.state.parameters[name], present.state.parameters[name]), name


SCHEMES = {
    "zeros": {"name": "zeros", "kind": "zeros"},
    "0.01": {"name": "0.01", "kind": "constant", "value": 0.01},
    "1.0": {"name": "1.0", "kind": "constant", "value": 1.0},
}


def test_a_bias_before_batch_normalisation_has_no_effect(small_digits):
    """Weights agree after 20 steps to 1e-9 in float64, evaluations from the first step on."""
    for steps in (0, 1, 20):
        trained = {
            name: after_steps(
                description(
                    scheme=scheme, normalization="batchnorm", precision="float64", epochs=3
                ),
                small_digits,
                steps,
            )[0]
            for name, scheme in SCHEMES.items()
        }
        reference = trained["zeros"]
        expected = reference.logits("test")
        for name in ("0.01", "1.0"):
            state = trained[name].state
            for parameter, value in state.parameters.items():
                if not parameter.endswith("layer.bias"):
                    difference = (value - reference.state.parameters[parameter]).abs().max()
                    assert difference <= 1e-9, (steps, name, parameter)
            logits = trained[name].logits("test")
            assert (logits - expected).abs().max() <= 1e-7, (steps, name)
            assert torch.equal(logits.argmax(-1), expected.argmax(-1))


def test_the_shift_after_batch_normalisation_does_have_an_effect(small_digits):
    losses = {
        name: after_steps(
            description(scheme=scheme, normalization="batchnorm_shift"), small_digits, 5
        )[1]
        for name, scheme in SCHEMES.items()
    }
    assert not torch.allclose(losses["zeros"], losses["1.0"], rtol=0.01)


def test_all_schemes_and_normalisations_of_a_seed_share_weights_and_batches(small_digits):
    tables = [
        train_shard(
            description(scheme=scheme, normalization=normalization, epochs=1), small_digits
        ).runs
        for scheme in SCHEMES.values()
        for normalization in NORMALIZATIONS
    ]
    for column in ("weights_hash", "order_hash"):
        assert len({tuple(table[column]) for table in tables}) == 1
        assert tables[0][column].nunique() == 3


def test_the_replicate_shares_weights_but_not_batches(small_digits):
    first = train_shard(description(epochs=1), small_digits).runs
    again = train_shard(description(epochs=1, order_stream="replicate"), small_digits).runs
    assert (first["weights_hash"] == again["weights_hash"]).all()
    assert (first["order_hash"] != again["order_hash"]).all()


def test_a_seed_trained_alone_has_the_split_and_results_that_it_has_beside_others(small_digits):
    """All tables, whichever seeds stand beside it and however many are computed side by side."""
    shard = description(scheme=RANDOM, seeds=(4, 5, 6, 7))
    beside = train_shard(shard, small_digits)
    narrow = train_shard(description(scheme=RANDOM, seeds=(4, 5, 6, 7), width=3), small_digits)
    alone = train_shard(description(scheme=RANDOM, seeds=(7,)), small_digits)
    for name in ("runs", "curves", "layers", "correct"):
        expected = getattr(alone, name)
        for together in (beside, narrow):
            found = getattr(together, name)
            found = found[found["seed"] == 7].reset_index(drop=True)
            pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert beside.runs["test_hash"].nunique() == 4


def test_no_scheme_normalisation_or_rate_shifts_the_split_of_a_seed(small_digits):
    one, *others = (
        train_shard(description(epochs=1, **keys), small_digits).runs
        for keys in (
            {},
            {"scheme": RANDOM},
            {"normalization": "batchnorm_shift"},
            {"learning_rate": 0.001, "weight_init": "glorot"},
        )
    )
    for other in others:
        assert one["test_hash"].tolist() == other["test_hash"].tolist()
        assert one["order_hash"].tolist() == other["order_hash"].tolist()


def test_with_one_split_all_seeds_are_tested_on_the_same_images():
    once = prepared(kind="digits", train=128, validation=64, test=64, split="once")
    runs = train_shard(description(epochs=1), once).runs
    assert runs["test_hash"].nunique() == 1
    assert runs["order_hash"].nunique() == len(runs)


def test_each_member_is_scaled_by_its_own_training_images(small_digits):
    block = only_block(description(precision="float64"), small_digits)
    for name, examples in block.examples.items():
        images = examples.between(0, len(examples)).flatten(1)
        is_standard = name == "train"
        assert torch.allclose(images.mean(1), torch.zeros(3).double(), atol=1e-12) == is_standard
        assert torch.allclose(images.std(1, correction=0), torch.ones(3).double()) == is_standard
