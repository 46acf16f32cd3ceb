"""What networks that name classes minimise."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from biasinit.networks.loss import CROSS_ENTROPY, ClassLoss


@given(
    classes=st.integers(2, 12),
    images=st.integers(1, 9),
    smoothing=st.sampled_from([0.0, 0.1, 0.5]),
    seed=st.integers(0, 99),
)
def test_a_squared_error_is_the_mean_square_of_the_distance_to_the_labels(
    classes, images, smoothing, seed
):
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(images, classes))
    labels = rng.integers(classes, size=images)
    wanted = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
    loss = ClassLoss(kind="squared_error", label_smoothing=smoothing)
    found = loss.mean(torch.from_numpy(outputs), torch.from_numpy(labels))
    assert float(found) == pytest.approx(((outputs - wanted) ** 2).mean(), rel=1e-12)


def test_cross_entropy_is_pytorchs():
    outputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 1, 2, 0, 1])
    assert torch.equal(
        CROSS_ENTROPY.mean(outputs, labels), functional.cross_entropy(outputs, labels)
    )
