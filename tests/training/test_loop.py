import logging
import math

import numpy as np
import pandas as pd
import pytest
import torch
from shards import description
from torch.func import functional_call

from biasinit.data.pairs import in_pairs
from biasinit.networks.initialisation import initial_state
from biasinit.specs.training import Training
from biasinit.training.loop import CheckpointPlace, train_shard
from biasinit.training.records.measurement import measurement_points
from biasinit.training.shard import Block, Shard

TABLES = ("runs", "curves", "layers", "correct")


class InterruptedHereError(Exception):
    pass


def assert_same_tables(one, other):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_training_learns_the_digits(small_digits):
    result = train_shard(description(epochs=15, seeds=(0, 1), learning_rate=0.02), small_digits)
    assert (result.runs["final_accuracy"] > 75).all()
    assert (result.runs["final_loss"] < result.runs["initial_loss"] / 4).all()
    assert result.runs["initial_loss"].between(1.5, 20).all()


def test_final_accuracy_is_that_of_the_last_epoch_and_of_the_stored_bits(small_digits):
    result = train_shard(description(epochs=5, test_epochs=3), small_digits)
    tested = result.curves[result.curves["test_accuracy"].notna()]
    assert sorted(tested["epoch"].unique()) == [3, 4, 5]
    last = tested[tested["epoch"] == 5]
    assert result.runs["final_accuracy"].tolist() == last["test_accuracy"].tolist()
    bits = [
        np.unpackbits(np.frombuffer(row, dtype=np.uint8))[:64] for row in result.correct["correct"]
    ]
    shares = [100 * row.mean() for row in bits]
    assert shares == pytest.approx(result.runs["final_accuracy"].tolist())


def test_the_grid_is_fine_early_and_coarse_later():
    training = Training(epochs=4, batch_size=1, points_per_epoch=4, dense_epochs=2)
    points = measurement_points(training, steps_per_epoch=30)
    assert [point.step for point in points] == [0, 8, 15, 23, 30, 38, 45, 53, 60, 90, 120]
    assert [point.epoch for point in points][-3:] == [2, 3, 4]
    assert [point.test for point in points][-3:] == [True, True, True]


def test_more_points_than_steps_give_one_point_per_step():
    training = Training(epochs=1, batch_size=1, points_per_epoch=10)
    assert [point.step for point in measurement_points(training, steps_per_epoch=3)] == [0, 1, 2, 3]


def test_a_diverged_run_is_kept_scores_chance_and_leaves_the_others_alone(small_digits):
    shard = description(learning_rate=300.0, seeds=(0, 1, 2), epochs=2)
    result = train_shard(shard, small_digits)
    diverged = result.runs["diverged_at"].notna()
    assert diverged.any()
    assert (result.runs.loc[diverged, "final_accuracy"] == 10).all()
    assert len(result.runs) == 3
    assert result.runs.loc[diverged, "diverged_at"].between(1, 16).all()


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_an_interrupted_shard_goes_on_to_the_same_bits(normalization, small_digits, tmp_path):
    shard = description(epochs=4, normalization=normalization)
    whole = train_shard(shard, small_digits)
    place = CheckpointPlace(path=tmp_path / "state", code="1", interval_seconds=0)

    def interrupt(share):
        if share == 0.5:
            raise InterruptedHereError

    with pytest.raises(InterruptedHereError):
        train_shard(shard, small_digits, progress=interrupt, checkpoint=place)
    assert place.path.exists()
    shares = []
    resumed = train_shard(shard, small_digits, progress=shares.append, checkpoint=place)
    assert shares[0] == 0.5  # one epoch was kept, the one under way is trained again
    assert_same_tables(whole, resumed)


@pytest.mark.parametrize("damage", ["a flipped bit", "truncated", "other code", "no checkpoint"])
def test_a_checkpoint_that_does_not_fit_is_discarded_with_a_word(
    damage, small_digits, tmp_path, caplog
):
    shard = description(epochs=3)
    place = CheckpointPlace(path=tmp_path / "state", code="1", interval_seconds=0)
    whole = train_shard(shard, small_digits, checkpoint=place)
    content = bytearray(place.path.read_bytes())
    if damage == "a flipped bit":
        content[-100] ^= 1
    elif damage == "truncated":
        del content[-100:]
    elif damage == "no checkpoint":
        content = bytearray(b"something else")
    place.path.write_bytes(content)
    code = "2" if damage == "other code" else "1"
    with caplog.at_level(logging.WARNING):
        again = train_shard(
            shard, small_digits, checkpoint=CheckpointPlace(path=place.path, code=code)
        )
    assert "It is discarded; the shard starts again." in caplog.text
    assert_same_tables(whole, again)


def test_probes_are_what_their_names_say(small_digits):
    """With weights and data known, the first layer's probe follows from the pre-activations."""
    result = train_shard(
        description(
            scheme={"name": "1.0", "kind": "constant", "value": 1.0}, epochs=1, probe_images=128
        ),
        small_digits,
    )
    start = result.layers[result.layers["when"] == "start"]
    first = start[start["layer"] == "conv1"]
    assert first["bias_norm"].tolist() == pytest.approx([4.0] * 3)  # sqrt(16 channels of 1)
    assert (first["bias_shift"] == 0).all()
    # the mean of a symmetric pre-activation is the bias, up to the share of the blank margin
    assert first["preactivation_mean"].mean() == pytest.approx(1.0, abs=0.35)
    assert first["active_fraction"].between(0.6, 1).all()
    end = result.layers[result.layers["when"] == "end"]
    assert (end["bias_shift"] > 0).all()
    assert set(result.layers["when"]) == {"start", "epoch 1", "end"}
    fractions = result.layers[["active_fraction", "dead_fraction", "always_on_fraction"]]
    assert fractions.min().min() >= 0
    assert fractions.max().max() <= 1
    assert ((result.layers["dead_fraction"] + result.layers["always_on_fraction"]) <= 1).all()


SIAMESE = {"kind": "siamese", "layers": [5, "pool"], "dense": [6]}


def test_asymmetry_is_what_swapping_the_images_of_pairs_changes(small_digits):
    """Against the definition, by plain passes of one network before the first step."""
    pairs = in_pairs(small_digits, seed=3)
    normal = {"name": "normal", "kind": "normal", "std": 0.5}
    shard = description(scheme=normal, architecture=SIAMESE | {"twins": "untied"}, epochs=1)
    curves = train_shard(shard, pairs).curves
    start = curves[curves["step"] == 0].set_index("seed")["asymmetry"]
    whole = Shard(shard, pairs)
    validation = whole.examples(shard.seeds)["validation"]
    whole.network.eval()
    for seed, images in zip(shard.seeds, validation.between(0, len(validation)), strict=True):
        left, right = images.chunk(2, -1)
        state = initial_state(
            whole.network,
            shard.scheme,
            weight_init="he",
            study_seed=shard.study_seed,
            seed=seed,
            dtype=torch.float32,
        )
        tensors = (state.parameters, state.buffers)
        there = functional_call(whole.network, tensors, (images,))[:, 1]
        back = functional_call(whole.network, tensors, (torch.cat([right, left], -1),))[:, 1]
        expected = float((there - back).abs().mean())
        assert expected > 0.1
        assert start[seed] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
def test_twins_that_share_everything_stay_symmetric_and_others_do_not(normalization, small_digits):
    pairs = in_pairs(small_digits, seed=3)
    found = {
        twins: train_shard(
            description(architecture=SIAMESE | {"twins": twins}, normalization=normalization),
            pairs,
        )
        for twins in ("shared", "biases_untied", "untied")
    }
    assert found["shared"].curves["asymmetry"].to_numpy() == pytest.approx(0, abs=1e-5)
    assert found["shared"].layers["twin_bias_distance"].isna().all()
    for twins in ("biases_untied", "untied"):
        curves, layers = found[twins].curves, found[twins].layers
        # equal weights and biases of zeros: alike at the start, and pulled apart by training
        assert curves.loc[curves["step"] == 0, "asymmetry"].to_numpy() == pytest.approx(0, abs=1e-5)
        assert (curves.loc[curves["epoch"] == 2, "asymmetry"] > 1e-3).all()
        first = layers[layers["layer"] == "conv1"].set_index("when")["twin_bias_distance"]
        assert (first["start"] == 0).all()
        assert (first["end"] > 0).all()


def test_networks_that_name_classes_have_no_columns_of_twins(small_digits):
    result = train_shard(description(epochs=1), small_digits)
    assert "asymmetry" not in result.curves
    assert "twin_bias_distance" not in result.layers


@pytest.mark.parametrize(("value", "share"), [(0.0, 0.5), (1.0, 0.84)])
def test_with_batch_normalisation_the_shift_sets_the_active_share_from_the_start(
    value, share, small_digits
):
    """Normalised pre-activations have SD 1, so about Φ(shift) of them are positive."""
    scheme = {"name": "s", "kind": "constant", "value": value}
    shard = description(scheme=scheme, normalization="batchnorm_shift", epochs=1, probe_images=128)
    layers = train_shard(shard, small_digits).layers
    start = layers[layers["when"] == "start"]
    assert start["active_fraction"].mean() == pytest.approx(share, abs=0.05)
    assert start["preactivation_std"].tolist() == pytest.approx([1.0] * len(start), abs=1e-2)
    assert start["preactivation_mean"].tolist() == pytest.approx([value] * len(start), abs=1e-4)


def test_probing_changes_no_running_statistics(small_digits):
    """A network that is probed more often ends with the same bits."""
    few = description(normalization="batchnorm_shift", epochs=2)
    curves = train_shard(few, small_digits).curves
    more = description(normalization="batchnorm_shift", epochs=2, probe_images=64)
    pd.testing.assert_series_equal(
        curves["validation_accuracy"], train_shard(more, small_digits).curves["validation_accuracy"]
    )


def test_layers_without_a_bias_have_no_bias_probe(small_digits):
    shard = description(scheme={"name": "none", "kind": "none"}, epochs=1)
    layers = train_shard(shard, small_digits).layers
    assert layers["bias_norm"].isna().all()
    assert layers["gradient_norm_weight"].notna().all()


def test_first_guesses_are_those_of_pytorchs_own_counting(small_digits):
    """Without normalisation, where an evaluation before the first step gives the same outputs."""
    shard = description(epochs=1, probe_images=64)
    block = Block(Shard(shard, small_digits, device="cpu"), shard.seeds)
    named = block.logits("train").argmax(-1)[:, :64]
    shares = [100 * member.bincount().max().item() / 64 for member in named]
    runs = train_shard(shard, small_digits).runs
    assert runs["commonest_first_guess"].tolist() == pytest.approx(shares)
    assert len(set(shares)) > 1


def test_a_network_that_names_all_classes_alike_names_one(small_digits):
    shard = description(epochs=1, scheme={"name": "off", "kind": "constant", "value": -1e6})
    runs = train_shard(shard, small_digits).runs
    assert runs["commonest_first_guess"].tolist() == [100.0] * 3


def test_raw_losses_of_a_constant_output_are_ln_10(small_digits):
    shard = description(weight_init="small_normal", epochs=1)
    runs = train_shard(shard, small_digits).runs
    assert runs["initial_loss"].tolist() == pytest.approx([math.log(10)] * 3, rel=1e-3)
