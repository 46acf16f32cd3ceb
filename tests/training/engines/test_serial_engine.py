"""The fused engines against the serial one: PyTorch's own layers and optimisers, one by one."""

import dataclasses
import math

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shards import NETWORKS, after_steps, as_seen_by, description
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR, OneCycleLR, StepLR

from biasinit.specs.optimizer import Schedule
from biasinit.training.engines.learning_rates import learning_rate_factor
from biasinit.training.loop import train_shard
from biasinit.training.shard import Block, Shard
from biasinit.vocabulary import IDENTITY

STEPS = 6
LEVELS = ("none", "batchnorm_shift")  # of networks made of our own layers
SCHEMES = (
    {"name": "zeros", "kind": "zeros"},
    {"name": "constant", "kind": "constant", "value": 0.3, "layers": "all"},
    {"name": "normal", "kind": "normal", "std": 0.3},
    {"name": "xavier", "kind": "xavier_uniform"},
    {"name": "frozen", "kind": "uniform", "bound": 0.5, "trainable": False},
    {"name": "frossard", "kind": "by_layer_type", "convolution": 0, "dense": 1, "layers": "all"},
    {"name": "he+5", "kind": "negative_mixture"},
    {"name": "none", "kind": "none"},
    {"name": "none_hidden", "kind": "none_hidden"},
)
SGD = {"kind": "sgd"}
ADAMW = {"kind": "adamw"}
OPTIMIZERS = (
    SGD,
    SGD | {"momentum": 0.0},
    SGD | {"nesterov": True, "weight_decay": 0.01},
    SGD | {"weight_decay": 0.02, "decay_biases": True, "gradient_clip": 0.5},
    SGD | {"schedule": {"kind": "cosine"}},
    SGD | {"schedule": {"kind": "one_cycle", "rise": 0.4}},
    ADAMW,
    ADAMW | {"beta1": 0.8, "beta2": 0.95, "weight_decay": 0.1, "epsilon": 1e-6},
    ADAMW | {"decay_biases": True, "weight_decay": 0.1, "gradient_clip": 1.0},
    SGD | {"bias_rate": 8.0, "weight_decay": 0.02},
    ADAMW | {"bias_rate": 0.5, "decay_biases": True, "weight_decay": 0.1},
    ADAMW | {"schedule": {"kind": "step", "step_factor": 0.5}},
)
RATES = {"sgd": 0.05, "adamw": 0.003}


def serial(shard):
    """Return the same shard for the serial engine."""
    training = dataclasses.replace(shard.training, engine="serial")
    return dataclasses.replace(shard, training=training)


def difference(shard, dataset):
    """Return the largest relative difference of losses, and of test logits, to the serial engine.

    Both start from the same weights; the hashes say so.
    """
    block, losses = after_steps(shard, dataset, STEPS)
    fused_logits = block.logits("test")
    alone = Shard(serial(shard), dataset)
    worst = 0.0
    for slot, seeds in enumerate(alone.blocks()):
        one = Block(alone, seeds)
        assert one.weights_hashes == [block.weights_hashes[slot]]
        expected = torch.cat([one.step(number) for number in range(1, STEPS + 1)])
        worst = max(worst, float(((losses[:, slot] - expected) / expected).abs().max()))
        logits = one.logits("test")[0]
        scale = logits.abs().max()
        worst = max(worst, float(((fused_logits[slot] - logits) / scale).abs().max()))
    return worst


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    architecture=st.sampled_from(NETWORKS),
    scheme=st.sampled_from(SCHEMES),
    normalization=st.sampled_from((*LEVELS, IDENTITY)),
    optimizer=st.sampled_from(OPTIMIZERS),
    weight_init=st.sampled_from(["he", "glorot", "pytorch", "small_normal", "koch"]),
    loss=st.sampled_from(["cross_entropy", "squared_error"]),
    label_smoothing=st.sampled_from([0.0, 0.1]),
    augmentation=st.sampled_from(["none", "crop", "flip", "crop_flip"]),
)
def test_the_first_steps_agree_with_those_of_pytorchs_layers(
    architecture,
    scheme,
    normalization,
    optimizer,
    weight_init,
    loss,
    label_smoothing,
    augmentation,
    small_digits,
):
    """To 1e-8 in float64: the two sum in other orders, and nothing else differs."""
    several_biases = "biases" in architecture or architecture.get("twins") == "biases_untied"
    assume(normalization != IDENTITY or not several_biases)
    # AdamW divides the rounding of a gradient that cancels by itself, and batch norm of tiny
    # values, or a deep network, makes it large: losses agree, and evaluations see the moved bias
    assume(
        normalization != IDENTITY
        or optimizer["kind"] != "adamw"
        or (weight_init not in {"small_normal", "koch"} and architecture.get("kind") != "vgg16")
    )
    assume(loss == "cross_entropy" or architecture.get("head") != "contrastive")
    # equal maxima share no gradient: where neighbours of a flat border start from equal biases,
    # rounding decides which of them learns
    drawn = scheme["kind"] in {"normal", "xavier_uniform", "uniform"}
    assume(drawn or "biases" not in architecture)
    shard = description(
        scheme=scheme, normalization=normalization, optimizer=optimizer, weight_init=weight_init,
        loss=loss, label_smoothing=label_smoothing, augmentation=augmentation, crop_margin=2,
        precision="float64", seeds=(0, 3), learning_rate=RATES[optimizer["kind"]],
        architecture=architecture,
    )  # fmt: skip
    assert difference(shard, as_seen_by(architecture, small_digits)) < 1e-8


COMPILED_CASES = [
    pytest.param(SGD, "none", id="sgd"),
    pytest.param(ADAMW, "batchnorm_shift", id="adamw, batch norm"),
    pytest.param(SGD, "batchnorm_shift", id="sgd, batch norm"),
    pytest.param(ADAMW, "none", id="adamw"),
    pytest.param(OPTIMIZERS[3], "batchnorm", id="clipped"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "normalization"), COMPILED_CASES)
def test_the_compiled_engine_agrees_with_pytorchs_layers(
    optimizer, normalization, small_digits, compiled_code
):
    scheme = {"name": "normal", "kind": "normal", "std": 0.3}
    shard = description(
        scheme=scheme, normalization=normalization, optimizer=optimizer, precision="float64",
        engine="compiled", learning_rate=RATES[optimizer["kind"]],
    )  # fmt: skip
    assert difference(shard, small_digits) < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize("architecture", NETWORKS[1:], ids=repr)
@pytest.mark.parametrize("normalization", LEVELS)
def test_every_network_can_be_compiled(architecture, normalization, small_digits, compiled_code):
    shard = description(
        scheme={"name": "normal", "kind": "normal", "std": 0.3}, normalization=normalization,
        architecture=architecture, precision="float64", engine="compiled", learning_rate=0.02,
    )  # fmt: skip
    assert difference(shard, as_seen_by(architecture, small_digits)) < 1e-8


@pytest.mark.parametrize("engine", ["eager", pytest.param("compiled", marks=pytest.mark.slow)])
def test_in_float32_the_first_steps_agree_to_its_rounding(engine, small_digits, compiled_code):
    shard = description(normalization="none", engine=engine, learning_rate=0.02)
    assert difference(shard, small_digits) < 1e-4


def test_the_comparison_notices_a_changed_step(small_digits):
    """The comparison can fail: one percent more learning rate is seen."""
    shard = description(precision="float64", seeds=(0,))
    faster = dataclasses.replace(shard.cell, learning_rate=0.0505)
    other = dataclasses.replace(shard, cell=faster)
    _, losses = after_steps(shard, small_digits, STEPS)
    _, faster_losses = after_steps(serial(other), small_digits, STEPS)
    assert losses[:, 0].tolist() != pytest.approx(faster_losses[:, 0].tolist(), rel=1e-6)


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (Schedule(kind="cosine"), lambda o: CosineAnnealingLR(o, 60)),
        (
            Schedule(kind="step", step_epochs=2, step_factor=0.3),
            lambda o: StepLR(o, 20, 0.3),
        ),
        (
            Schedule(kind="multi_step", milestones=(2, 3, 5), step_factor=0.3),
            lambda o: MultiStepLR(o, [20, 30, 50], 0.3),
        ),
        *(
            (
                Schedule(kind="one_cycle", rise=rise),
                lambda o, rise=rise: OneCycleLR(
                    o, max_lr=0.4, total_steps=60, pct_start=rise, cycle_momentum=False
                ),
            )
            for rise in (0.01, 0.3, 0.9)
        ),
    ],
    ids=["cosine", "step", "multi step", "one cycle 1 %", "one cycle 30 %", "one cycle 90 %"],
)
@pytest.mark.filterwarnings("ignore:Detected call of")
def test_schedules_are_those_of_pytorch(schedule, make):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.4)
    theirs = make(optimizer)
    for step in range(60):
        factor = learning_rate_factor(schedule, step=step, steps=60, steps_per_epoch=10)
        assert 0.4 * factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9, abs=1e-12)
        if step < 59:
            optimizer.step()
            theirs.step()


def test_a_constant_schedule_changes_nothing_and_a_typo_is_named():
    constant = Schedule()
    assert learning_rate_factor(constant, step=7, steps=9, steps_per_epoch=3) == 1.0
    with pytest.raises(ValueError, match="'multi_step' or 'one_cycle', got 'cosin'"):
        learning_rate_factor(Schedule(kind="cosin"), step=0, steps=1, steps_per_epoch=1)


@pytest.mark.slow
def test_final_accuracies_agree_in_distribution(small_digits):
    """Welch's t and Kolmogorov-Smirnov on 120 disjoint seeds each, so no pair is shared."""
    from scipy import stats

    shard = description(epochs=6, seeds=tuple(range(120)), learning_rate=0.02)
    others = dataclasses.replace(serial(shard), seeds=tuple(range(1000, 1120)))
    fused, alone = (
        train_shard(each, small_digits).runs["final_accuracy"].to_numpy()
        for each in (shard, others)
    )
    assert stats.ttest_ind(fused, alone, equal_var=False).pvalue > 1e-3
    assert stats.ks_2samp(fused, alone).pvalue > 1e-3
    assert math.isclose(fused.std(), alone.std(), rel_tol=0.4)
