import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from shards import after_steps, description, only_block

from biasinit.training.engines.augmentation import Augmentation, gathered

KINDS = ("none", "crop", "flip", "crop_flip")


def picture():
    """One image whose values name their place: 10 · row + column, from 100 on."""
    rows, columns = torch.meshgrid(torch.arange(3), torch.arange(3), indexing="ij")
    return (100 + 10 * rows + columns).to(torch.uint8)[None, :, :, None]


def changed(kind, down, across, flip):
    augmentation = Augmentation(kind=kind, margin=1)
    images = augmentation.bordered(picture())
    draws = torch.tensor([[[down, across, flip]]])
    numbers = torch.zeros(1, 1, 1, dtype=torch.int64)
    return gathered(images, numbers, draws, border=augmentation.border)[0, 0, :, :, 0].tolist()


def test_the_middle_crop_is_the_image_itself():
    assert changed("crop", 1, 1, 0) == picture()[0, :, :, 0].tolist()


def test_a_crop_shifts_over_a_black_border():
    assert changed("crop", 0, 2, 0) == [[0, 0, 0], [101, 102, 0], [111, 112, 0]]


def test_a_flip_mirrors_left_to_right():
    assert changed("flip", 0, 0, 1) == [[102, 101, 100], [112, 111, 110], [122, 121, 120]]


def test_a_flipped_crop_is_the_mirrored_crop():
    straight = changed("crop_flip", 0, 2, 0)
    assert changed("crop_flip", 0, 2, 1) == [row[::-1] for row in straight]


@given(kind=st.sampled_from(KINDS), margin=st.integers(1, 5), seed=st.integers(0, 99))
def test_draws_are_within_bounds_and_a_pure_function_of_seed_and_epoch(kind, margin, seed):
    augmentation = Augmentation(kind=kind, margin=margin)
    given_ = {"study_seed": 1, "epoch": 2, "shape": (4, 50)}
    draws = augmentation.draws(seeds=(seed, seed + 1), **given_)
    assert draws.shape == (2, 4, 50, 3)
    assert (draws >= 0).all()
    assert draws[..., :2].max() == (2 * margin if "crop" in kind else 0)
    assert set(np.unique(draws[..., 2])) == ({0, 1} if "flip" in kind else {0})
    again = augmentation.draws(seeds=(seed + 1,), **given_)
    assert (again[0] == draws[1]).all()
    other = augmentation.draws(seeds=(seed,), **(given_ | {"epoch": 3}))
    assert kind == "none" or not (other[0] == draws[0]).all()


def test_both_images_of_a_pair_are_changed_alike():
    images = torch.cat([picture(), picture() + 100])
    numbers = torch.tensor([[[0, 1]]])
    draws = torch.tensor([[[0, 0, 1]]])
    left, right = gathered(images, numbers, draws, border=0)[0, 0].unbind(-1)
    assert left.tolist() == changed("flip", 0, 0, 1)
    assert torch.equal(right, left + 100)


def test_the_border_is_what_a_blank_pixel_of_the_seed_is_after_scaling(small_digits):
    block = only_block(description(augmentation="crop", crop_margin=2), small_digits)
    examples = block.examples["train"]
    numbers = torch.zeros(3, 1, dtype=torch.int64)
    cropped = examples.scaled(numbers, torch.zeros(3, 1, 3, dtype=torch.int64))
    assert torch.equal(cropped[:, 0, 0, 0, 0], examples.levels[:, 0])


def test_augmentation_changes_training_and_neither_order_nor_weights(small_digits):
    plain, losses = after_steps(description(), small_digits, 3)
    augmented, other = after_steps(
        description(augmentation="crop_flip", crop_margin=2), small_digits, 3
    )
    assert plain.order_hashes == augmented.order_hashes
    assert plain.weights_hashes == augmented.weights_hashes
    assert not torch.equal(losses, other)


def test_all_schemes_of_a_seed_see_the_same_crops_and_flips(small_digits):
    blocks = [
        only_block(description(scheme=scheme, augmentation="crop_flip"), small_digits)
        for scheme in ({"name": "a", "kind": "zeros"}, {"name": "b", "kind": "normal", "std": 1.0})
    ]
    for number in (1, 9, 16):
        first, second = (block.inputs(number).draws for block in blocks)
        assert torch.equal(first, second)
