"""What is promised of the runs of any module: bits, pairing, and the identity check."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from shards import after_steps, assert_same_bits, description, member, only_block

from biasinit.training.loop import CheckpointPlace, train_shard
from biasinit.training.shard import Block, Shard
from specifications import prepared
from torchvision_models import models

RANDOM = {"name": "normal", "kind": "normal", "std": 0.3}
TABLES = ("runs", "curves", "layers", "correct")
STEPS = 6
ADAMW = {"kind": "adamw", "weight_decay": 0.05}
SGD = {"kind": "sgd", "weight_decay": 0.01}
RESNET = {
    "kind": "python",
    "object": "residual_module:ResNet",
    "parameters": {"channels": 1, "classes": 10, "blocks": 1, "width": 4},
}
NORMED = {"kind": "python", "object": "own_modules:Normed"}
DROPPING = NORMED | {"parameters": {"dropout": 0.3}}
MIXED = {
    "kind": "python",
    "object": "own_modules:Mixed",
    "parameters": {"channels": 1, "classes": 10},
}


def shard_of(architecture=DROPPING, **keys):
    given = {
        "scheme": RANDOM, "normalization": "batchnorm_shift", "weight_init": "as_built",
        "learning_rate": 0.02, "engine": "serial",
    }  # fmt: skip
    return description(architecture=architecture, **(given | keys))


def assert_same_tables(one, other):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


# ---- the identity check


@pytest.fixture(scope="module")
def images():
    return prepared(kind="python", object="own_modules:coloured", train=64, validation=16, test=16)


IDENTITY_CASES = {
    "resnet18": {
        "kind": "python", "object": "torchvision.models:resnet18",
        "parameters": {"num_classes": 4},
    },
    "vgg11_bn": {"kind": "python", "object": "own_modules:small_vgg11_bn"},
}  # fmt: skip


def hidden_biases(network):
    """Return the names of the biases of hidden layers that a scheme starts."""
    return {
        name for layer, name in network.scheme_biases().items() if layer in network.hidden_names
    }


def identity_differences(architecture, images, steps=20):
    """Return how far weights, and test logits by their largest, are under 1.0 and under zeros."""
    models()  # declares what the import of torchvision needs, or skips
    blocks = [
        after_steps(
            shard_of(
                architecture, scheme={"name": "c", "kind": "constant", "value": value},
                normalization="batchnorm", learning_rate=0.01, precision="float64", seeds=(3,),
                epochs=3, batch_size=8,
            ),
            images,
            steps,
        )[0]
        for value in (0.0, 1.0)
    ]  # fmt: skip
    cancelled = hidden_biases(blocks[0].shard.network)
    zeros, ones = (block.state.parameters for block in blocks)
    assert cancelled
    assert all((ones[name] - zeros[name]).abs().min() > 0.5 for name in cancelled)
    kept = zeros.keys() - cancelled
    weights = max(float((zeros[name] - ones[name]).abs().max()) for name in kept)
    logits = [block.logits("test") for block in blocks]
    return weights, float((logits[0] - logits[1]).abs().max() / logits[0].abs().max())


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("resnet18", 0),
        pytest.param("resnet18", 20, marks=pytest.mark.slow),
        ("vgg11_bn", 0),
        ("vgg11_bn", 20),
    ],
)
def test_a_bias_before_batch_norm_changes_nothing(name, steps, images):
    weights, logits = identity_differences(IDENTITY_CASES[name], images, steps)
    assert weights <= 1e-9
    assert logits <= 1e-9


# ---- the same bits, whatever stands beside a run


@pytest.mark.parametrize("optimizer", [SGD, ADAMW], ids=["sgd", "adamw"])
@pytest.mark.parametrize(
    "architecture", [DROPPING, RESNET, MIXED], ids=["dropout", "resnet", "own"]
)
def test_the_shard_and_the_order_of_seeds_change_no_bit(architecture, optimizer, small_digits):
    level = "norm_shift" if architecture is MIXED else "batchnorm_shift"
    shard = shard_of(architecture, normalization=level, optimizer=optimizer, epochs=1)
    together = train_shard(shard, small_digits)
    backwards = train_shard(dataclasses.replace(shard, seeds=(2, 1, 0)), small_digits)
    assert_same_tables(together, backwards)
    alone = [
        train_shard(dataclasses.replace(shard, seeds=(seed,)), small_digits) for seed in range(3)
    ]
    for name in TABLES:
        parts = pd.concat([getattr(each, name) for each in alone], ignore_index=True)
        pd.testing.assert_frame_equal(getattr(together, name), parts, check_exact=True)
    assert together.runs["final_loss"].nunique() == 3


class InterruptedHereError(Exception):
    pass


def interrupted_and_resumed(shard, dataset, folder, *, at):
    """Return the tables of a shard that was interrupted when a share of it was done."""
    place = CheckpointPlace(path=folder / "state", code="1", interval_seconds=0)

    def interrupt(share):
        if share == at:
            raise InterruptedHereError

    with pytest.raises(InterruptedHereError):
        train_shard(shard, dataset, progress=interrupt, checkpoint=place)
    assert place.path.exists()
    shares = []
    torch.manual_seed(99)  # another process stands elsewhere
    resumed = train_shard(shard, dataset, progress=shares.append, checkpoint=place)
    assert shares[0] == at
    return resumed


@pytest.mark.parametrize("optimizer", [SGD, ADAMW], ids=["sgd", "adamw"])
@pytest.mark.parametrize("at", [0.25, 0.75], ids=["first block", "second block"])
def test_an_interrupted_run_goes_on_to_the_same_bits(optimizer, at, small_digits, tmp_path):
    shard = shard_of(optimizer=optimizer, epochs=2, seeds=(0, 1))
    whole = train_shard(shard, small_digits)
    resumed = interrupted_and_resumed(shard, small_digits, tmp_path, at=at)
    assert_same_tables(whole, resumed)


def test_layers_that_are_left_out_in_some_steps_resume_with_their_own_counts(
    small_digits, tmp_path
):
    """AdamW counts a layer's updates, and those of a layer without gradients are fewer."""
    shard = shard_of(
        {"kind": "python", "object": "own_modules:Skipping"}, normalization="none",
        optimizer=ADAMW, epochs=2, seeds=(0,),
    )  # fmt: skip
    whole = train_shard(shard, small_digits)
    assert_same_tables(whole, interrupted_and_resumed(shard, small_digits, tmp_path, at=0.5))


@pytest.mark.parametrize("name", ["DROPPING", "Noisy"])
def test_generators_outside_do_not_matter_and_are_set_by_the_seed(name, small_digits):
    """Neither what was drawn before, nor between steps; evaluations draw alike."""
    architecture = DROPPING if name == "DROPPING" else NOISY
    level = "batchnorm_shift" if name == "DROPPING" else "none"
    shard = shard_of(architecture, seeds=(0,), normalization=level)

    def run(outside):
        torch.manual_seed(outside)
        np.random.seed(outside)  # noqa: NPY002  # as users' code does
        block = only_block(shard, small_digits)
        for number in range(1, STEPS + 1):
            torch.rand(outside)
            block.step(number)
        torch.rand(outside)
        return block, block.logits("test"), block.probe()

    one, logits, probe = run(1)
    other, other_logits, other_probe = run(2)
    assert_same_bits(member(one, 0), member(other, 0))
    assert torch.equal(logits, other_logits)
    assert torch.equal(probe.losses, other_probe.losses)


NOISY = {"kind": "python", "object": "own_modules:Noisy"}


def test_dropout_differs_from_step_to_step_and_from_seed_to_seed(small_digits):
    shard = shard_of(seeds=(0, 1))
    whole = Shard(shard, small_digits)
    starts = [
        int(Block(whole, (seed,)).inputs(number).random[0]) for seed in (0, 1) for number in (1, 2)
    ]
    assert len(set(starts)) == 4
    without = shard_of(NORMED, seeds=(0,))
    _, dropped = after_steps(dataclasses.replace(shard, seeds=(0,)), small_digits, 1)
    _, kept = after_steps(without, small_digits, 1)
    assert not torch.equal(dropped, kept)


# ---- pairing


@pytest.mark.parametrize("weight_init", ["as_built", "he", "glorot", "pytorch"])
@pytest.mark.parametrize("architecture", [NORMED, RESNET], ids=["own", "resnet"])
def test_all_schemes_and_levels_of_a_seed_start_from_the_same_weights(
    weight_init, architecture, small_digits
):
    schemes = ({"name": "zeros", "kind": "zeros"}, RANDOM, {"name": "none", "kind": "none"})
    found: list[list[str]] = []
    first: list[torch.Tensor] = []
    for scheme in schemes:
        for level in ("none", "batchnorm_shift", "batchnorm"):
            shard = shard_of(
                architecture, scheme=scheme, weight_init=weight_init, normalization=level
            )
            whole = Shard(shard, small_digits)
            starts = [Block(whole, seeds) for seeds in whole.blocks()]
            found.append([block.weights_hashes[0] for block in starts])
            weights = [
                block.state.trained[name]
                for block in starts
                for name in whole.network.drawn_weights().values()
            ]
            first = first or weights
            for one, other in zip(first, weights, strict=True):
                assert torch.equal(one, other)
    assert all(hashes == found[0] for hashes in found)
    assert len(set(found[0])) == 3


def test_what_no_level_changes_starts_alike_too(small_digits):
    """Parameters that no site holds come from the module of the seed, whatever draws weights."""
    scales = [
        only_block(
            shard_of(MIXED | {"object": "own_modules:Prompted"}, seeds=(0,), weight_init=kind,
                     normalization=level),
            small_digits,
        ).state.trained["module.prompt"]
        for kind in ("as_built", "he")
        for level in ("none", "norm_shift")
    ]  # fmt: skip
    assert all(torch.equal(scales[0], other) for other in scales)


@pytest.mark.parametrize("engine", ["serial", "eager"])
def test_what_the_maker_of_a_module_froze_stays_as_it_was(engine, small_digits):
    shard = shard_of(NORMED | {"object": "own_modules:frozen"}, engine=engine, seeds=(0,))
    block, _ = after_steps(shard, small_digits, 2)
    moved = {
        name for name, value in block.state.parameters.items()
        if not torch.equal(value, block.start[name])
    }  # fmt: skip
    assert "module.conv.weight" not in moved
    assert {"module.norm.bias", "module.dense.weight", "module.output.bias"} <= moved


# ---- members side by side


@pytest.mark.parametrize("optimizer", [SGD, ADAMW | {"gradient_clip": 1.0}], ids=["sgd", "adamw"])
@pytest.mark.parametrize(
    ("architecture", "level"),
    [
        (RESNET, "none"), (RESNET, "batchnorm_shift"), (RESNET, "batchnorm"),
        (NORMED, "batchnorm_shift"), (MIXED, "norm_shift"), (MIXED, "none"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.get("object", value["kind"]),
)  # fmt: skip
def test_eager_members_agree_with_serial_ones(architecture, level, optimizer, small_digits):
    assert eager_difference(architecture, level, optimizer, small_digits) < 1e-8


def eager_difference(architecture, level, optimizer, dataset):
    """Return the largest difference in losses, state and test logits after some steps."""
    rate = 0.02 if optimizer["kind"] == "sgd" else 0.003
    keys = {
        "normalization": level, "precision": "float64", "optimizer": optimizer,
        "learning_rate": rate, "seeds": (0, 3),
    }  # fmt: skip
    eager, losses = after_steps(shard_of(architecture, engine="eager", **keys), dataset, STEPS)
    whole = Shard(shard_of(architecture, **keys), dataset)
    worst = 0.0
    for slot, seeds in enumerate(whole.blocks()):
        block = Block(whole, seeds)
        ours = torch.cat([block.step(number) for number in range(1, STEPS + 1)])
        # AdamW moves a bias that cancels by its rounding, which evaluations see
        left = hidden_biases(whole.network) if level == "batchnorm" else set()
        theirs, own = member(eager, seeds[0]), member(block, seeds[0])
        assert theirs.keys() == own.keys()
        pairs = [(own[name], theirs[name]) for name in own if name not in left]
        pairs += [(ours, losses[:, slot]), (block.logits("test")[0], eager.logits("test")[slot])]
        worst = max(worst, *(float((one - other).abs().max()) for one, other in pairs))
    return worst


@pytest.mark.parametrize("architecture", [RESNET, NORMED], ids=["resnet", "own"])
def test_a_neighbour_full_of_nan_changes_no_bit(architecture, small_digits):
    shard = shard_of(architecture, engine="eager", seeds=(1, 2, 7))
    healthy, _ = after_steps(shard, small_digits, STEPS)
    beside = only_block(shard, small_digits)
    for value in beside.state.trained.values():
        value[1] = torch.nan
    for number in range(1, STEPS + 1):
        beside.step(number)
    for seed in (1, 7):
        assert_same_bits(member(healthy, seed), member(beside, seed))
    assert beside.diverged_at.tolist() == [-1, 1, -1]


@pytest.mark.parametrize("architecture", [RESNET, NORMED], ids=["resnet", "own"])
def test_a_last_block_is_filled_up_so_that_neighbours_change_no_bit(architecture, small_digits):
    """Layers of members side by side are one grouped layer, whose bits its groups decide."""
    shard = shard_of(architecture, engine="eager", seeds=tuple(range(5)), width=2, epochs=1)
    whole = Shard(shard, small_digits)
    assert whole.has_fixed_shapes
    assert whole.blocks() == ((0, 1), (2, 3), (4,))
    last = Block(whole, (4,))
    assert len(last.state.diverged_at) == 2
    assert last.step(1).shape == (1,)
    in_order = train_shard(shard, small_digits)
    backwards = train_shard(dataclasses.replace(shard, seeds=(4, 3, 2, 1, 0)), small_digits)
    assert_same_tables(in_order, backwards)


def test_a_diverged_serial_member_stays_as_it_was(small_digits):
    block = only_block(shard_of(seeds=(1,)), small_digits)
    block.step(1)
    block.state.trained["module.output.weight"][0] = torch.inf
    block.step(2)
    frozen = {name: value.clone() for name, value in member(block, 1).items()}
    assert torch.isnan(block.step(3)).all()
    assert block.diverged_at.tolist() == [1]  # what a step breaks, the loss of the next one shows
    for name, value in member(block, 1).items():
        assert torch.equal(value.nan_to_num(), frozen[name].nan_to_num()), name
