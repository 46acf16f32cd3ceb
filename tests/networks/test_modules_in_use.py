"""What users' modules do that a place for biases can be mistaken by: in place, beside, frozen."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from biasinit.errors import NetworkError
from biasinit.networks.initialisation import initial_state
from biasinit.networks.own_module import Factory, OwnModuleNetwork
from biasinit.networks.sites import find_sites
from specifications import scheme
from torchvision_models import models

IMAGES = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def network(make, normalization="none"):
    return OwnModuleNetwork(
        Factory(name="own", make=make), image_shape=(8, 8, 1), classes=3,
        normalization=normalization,
    )  # fmt: skip


def convolution(*after):
    rest = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    return nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), *after, *rest)


@pytest.mark.parametrize("level", ["none", "batchnorm_shift", "batchnorm"])
def test_an_activation_in_place_leaves_what_was_seen_before_it(level):
    seen = []
    for inplace in (True, False):
        torch.manual_seed(0)
        found: dict[str, torch.Tensor] = {}
        net = network(
            lambda inplace=inplace: convolution(nn.BatchNorm2d(6), nn.ReLU(inplace=inplace)), level
        )
        net(IMAGES.permute(0, 2, 3, 1), found)
        seen.append(found["0"])
    assert torch.equal(*seen)
    assert (seen[0] < 0).any()


@pytest.mark.parametrize("norm", [nn.BatchNorm2d(6), nn.GroupNorm(2, 6)], ids=["batch", "group"])
@pytest.mark.parametrize("inplace", [True, False])
def test_a_norm_after_an_activation_is_a_site_of_its_own(inplace, norm):
    module = convolution(nn.ReLU(inplace=inplace), norm)
    assert [(site.layer, site.norm) for site in find_sites(module, IMAGES)] == [
        ("0", ""), ("", "2"), ("5", "")
    ]  # fmt: skip


class Preactivated(nn.Module):
    """A skip begins at what the first convolution puts out, before the norm of its block."""

    def __init__(self, *, skips: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.output = nn.Linear(6, 3)
        self.skips = skips

    def forward(self, images):
        first = self.first(images)
        found = self.second(functional.relu(self.norm(first)))
        return self.output(functional.relu(found + first * self.skips).mean((2, 3)))


def test_a_bias_that_goes_past_batch_norm_too_is_not_said_to_cancel():
    assert [site.norm for site in find_sites(Preactivated(skips=False), IMAGES)] == ["norm", "", ""]
    sites = find_sites(Preactivated(skips=True), IMAGES)
    assert [site.name for site in sites] == ["first", "norm", "second", "output"]
    with pytest.raises(NetworkError, match="no batch norm that follows a layer"):
        network(lambda: Preactivated(skips=True), "batchnorm")


@pytest.mark.parametrize(("name", "pairs"), [("resnet18", 20), ("densenet121", 59)])
def test_every_batch_norm_that_follows_a_convolution_of_torchvision_is_found(name, pairs):
    """As many as their papers say: all of a resnet, and in a densenet those inside its layers."""
    torch.manual_seed(0)
    module = getattr(models(), name)(num_classes=3)
    sites = find_sites(module, torch.randn(4, 3, 32, 32), classes=3)
    assert sum(site.has_batch_norm for site in sites) == pairs


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64)
        self.second.weight = self.first.weight
        self.output = nn.Linear(64, 3)

    def forward(self, images):
        first = functional.relu(self.first(images.flatten(1)))
        return self.output(functional.relu(self.second(first)))


def weight_normed():
    module = convolution(nn.ReLU())
    nn.utils.parametrizations.weight_norm(module[0])
    return module


@pytest.mark.parametrize("weight_init", ["as_built", "he"])
@pytest.mark.parametrize("make", [Tied, weight_normed])
def test_weights_that_are_shared_or_computed_start_and_run(make, weight_init):
    net = network(make)
    state = initial_state(
        net, scheme(name="c", kind="constant", value=0.5), weight_init=weight_init,
        study_seed=1, seed=2, dtype=torch.float64,
    )  # fmt: skip
    assert state.parameters.keys() == dict(net.named_parameters()).keys()
    logits = torch.func.functional_call(
        net, (state.parameters, state.buffers), (IMAGES.permute(0, 2, 3, 1).double(),)
    )
    assert np.isfinite(logits.detach().numpy()).all()
