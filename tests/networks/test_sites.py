"""Where biases are in modules as people write them: checked by hand, site by site."""

import gc
import weakref

import pytest
import torch
from modules_of_users import Functional, Listed, WithOwnNorm
from torch import nn

from biasinit.errors import NetworkError
from biasinit.networks.levels import (
    check_level,
    levels_of,
    scheme_place,
    set_level,
    what_happens,
)
from biasinit.networks.site_table import site_table
from biasinit.networks.sites import find_sites
from residual_module import ResNet

IMAGES = torch.zeros(2, 3, 8, 8)


def found(module):
    return find_sites(module, IMAGES, classes=10)


def by_name(module):
    return {site.name: site for site in found(module)}


def test_a_functional_network_has_its_layers_in_order_with_the_norm_that_follows():
    sites = found(Functional())
    assert [(s.name, s.norm, s.layer_kind, s.channels, s.fan_in, s.fan_out) for s in sites] == [
        ("first", "", "convolution", 6, 27, 54),
        ("second", "norm", "convolution, 2 groups", 8, 27, 36),
        ("dense", "", "linear", 12, 128, 12),
        ("output", "", "linear", 10, 12, 10),
    ]
    assert [site.name for site in sites if site.is_output] == ["output"]
    assert sites.untreated == ()


def test_a_list_of_layers_with_strides_dilation_and_a_layer_that_is_used_twice():
    sites = by_name(Listed())
    assert list(sites) == ["first", "layers.0", "shared", "layers.1", "up", "output"]
    assert [sites[name].norm for name in ("layers.0", "layers.1")] == ["norms.0", "norms.1"]
    assert sites["layers.0"].norm_kind == "group norm"
    assert sites["shared"].calls == 2
    # 8 inputs, 4 units, a kernel of 2×2: into a unit go 8·4 weights, out of an input 4·4
    up = sites["up"]
    assert (up.layer_kind, up.fan_in, up.fan_out, up.has_bias) == (
        "transposed convolution", 32, 16, False,
    )  # fmt: skip


def test_what_is_not_understood_is_named_with_the_reason():
    sites = found(WithOwnNorm())
    assert [site.name for site in sites] == ["first", "before", "output"]
    reasons = {left.name: left.reason for left in sites.untreated}
    assert "OwnNorm" in reasons["norm.shift"]
    assert "fused attention of 'attention'" in reasons["attention.in_proj_bias"]
    assert "fused attention of 'attention'" in reasons["attention.out_proj.bias"]
    assert "did not run" in reasons["unused.bias"]
    rows = site_table(sites)
    assert [row["role"] for row in rows[:3]] == ["hidden", "hidden", "output"]
    assert {row["name"]: row["note"] for row in rows[3:]} == reasons


def test_every_parameter_is_a_sites_or_named():
    for module in (Functional(), Listed(), WithOwnNorm()):
        sites = found(module)
        of_sites = {f"{path}." for site in sites for path in (site.layer, site.norm) if path}
        for name, _ in module.named_parameters():
            treated = any(name.startswith(path) for path in of_sites)
            assert treated != (name in [left.name for left in sites.untreated]), name


def test_the_module_is_left_as_it_was():
    module = Functional()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    state, training = torch.get_rng_state(), module.eval().training
    found(module)
    assert module.training is training
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert not any(part._forward_hooks for part in module.modules())


@pytest.mark.parametrize(
    ("make", "levels"),
    [
        (Functional, ["none", "batchnorm_shift", "batchnorm"]),
        (Listed, ["none", "norm_shift"]),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 5), nn.Linear(5, 10)), ["none"]),
    ],
)
def test_levels_are_those_that_can_be_made(make, levels):
    sites = found(make())
    assert levels_of(sites) == levels
    for level in {"none", "batchnorm_shift", "norm_shift", "batchnorm"} - set(levels):
        with pytest.raises(NetworkError, match="Its levels are none"):
            check_level(sites, level)


def biases_at(module, level, *, hidden=True, output=True):
    sites = found(module)
    set_level(module, sites, level=level, hidden_bias=hidden, output_bias=output)
    names = [name for name, _ in module.named_parameters() if name.endswith("bias")]
    started = [scheme_place(site, level, sites) for site in sites]
    return names, [place for place in started if place in names]


def test_with_batch_norm_its_shift_stands_in_place_of_the_bias_before_it():
    names, started = biases_at(Functional(), "batchnorm_shift")
    assert sorted(names) == ["dense.bias", "first.bias", "norm.bias", "output.bias"]
    assert started == ["first.bias", "norm.bias", "dense.bias", "output.bias"]


def test_without_norm_every_layer_gets_a_bias():
    names, started = biases_at(ResNet(channels=3, classes=10, blocks=1, width=4), "none")
    assert len(names) == len(started) == 8
    assert not any("norm" in name for name in names)


def test_the_identity_check_starts_only_what_batch_norm_cancels():
    names, started = biases_at(Functional(), "batchnorm")
    assert "norm.bias" in names
    assert started == ["second.bias", "output.bias"]
    sites = found(Functional())
    assert what_happens(sites.sites[0], "batchnorm", sites).startswith("stays at zero")


@pytest.mark.parametrize("level", ["none", "batchnorm_shift", "batchnorm"])
def test_a_scheme_without_biases_leaves_none(level):
    names, started = biases_at(Functional(), level, hidden=False, output=False)
    assert names == started == []
    names, started = biases_at(Functional(), level, hidden=False)
    assert names == started == ["output.bias"]


def test_without_its_norm_the_module_is_the_one_that_a_user_would_write():
    module = Functional()
    sites = found(module)
    set_level(module, sites, level="none", hidden_bias=True, output_bias=True)
    images = torch.randn(4, 3, 8, 8)
    by_hand = nn.functional.max_pool2d(nn.functional.relu(module.first(images)), 2)
    by_hand = nn.functional.relu(module.second(by_hand))
    by_hand = nn.functional.adaptive_avg_pool2d(by_hand, 4).flatten(1)
    by_hand = module.output(nn.functional.relu(module.dense(by_hand)))
    assert torch.equal(module(images), by_hand)


def test_layers_without_a_size_are_refused():
    with pytest.raises(NetworkError, match="without a size until they run: 1"):
        found(nn.Sequential(nn.Flatten(), nn.LazyLinear(10)))


def test_what_a_module_was_tried_with_is_let_go():
    """A copy of the weights stayed with each look, which was gigabytes for large networks."""
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    gone = []

    class Seen(nn.Conv2d):
        def forward(self, images):
            gone.append(weakref.ref(self.weight))
            return super().forward(images)

    module[0] = Seen(3, 4, 3)
    find_sites(module, IMAGES)
    gc.collect()
    assert gone
    assert gone[0]() is None
