"""Modules that cannot be trained as asked: one sentence each, before anything is trained."""

import pytest
import torch
from modules_of_users import Functional, Listed, WithOwnNorm
from torch import nn

from biasinit.commands.inspect import main
from biasinit.errors import BiasinitError, ConfigurationError
from biasinit.networks.inspection import Asked, inspect_module
from biasinit.networks.own_module import Factory


def inspected(make, *, normalizations=("none",), engine="serial", classes=10, side=8):
    asked = Asked(
        image_shape=(side, side, 3), classes=classes, normalizations=normalizations, engine=engine
    )
    return inspect_module(Factory(name="mine", make=make), asked)


class Changed(Functional):
    """A functional network with something wrong in its forward."""

    def __init__(self, wrong):
        super().__init__()
        self.wrong = wrong

    def forward(self, images):
        return self.wrong(self, super().forward(images), images)


def in_place_on_a_leaf(module, logits, images):
    module.output.bias += 1
    return logits


def skips_the_norm(module, logits, images):
    seen = module.second(nn.functional.max_pool2d(nn.functional.relu(module.first(images)), 2))
    return logits + seen.mean((1, 2, 3))[:, None]


class Raw(nn.Module):
    """Weights that stand in no layer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(192, 10))

    def forward(self, images):
        return images.flatten(1) @ self.weight


class OwnGenerator(Functional):
    """Starts from a generator that no seed reaches."""

    generator = torch.Generator()

    def __init__(self):
        super().__init__()
        nn.init.normal_(self.first.weight, generator=self.generator)


class Replacing(Functional):
    """Forgets the running mean that it keeps wherever the buffer is handed over."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, images):
        self.seen = 0.9 * self.seen + 0.1 * images.mean()
        return super().forward(images)


class Counting(Functional):
    """Counts batches in a number, which no checkpoint holds."""

    batches = 0

    def forward(self, images):
        self.batches += 1
        return super().forward(images)


class Caching(Functional):
    """Keeps a mask of the size that it saw, and its last features: nothing that is trained on."""

    mask = None

    def forward(self, images):
        if self.mask is None:
            self.mask, self.size = torch.ones_like(images), images.shape[-1]
        self.last = images.detach()
        return super().forward(images * self.mask.to(images.dtype))


class Bypassed(Functional):
    """Uses a layer's weight without its bias, and runs the layer for nothing."""

    def forward(self, images):
        self.first(images)
        seen = nn.functional.conv2d(images, self.first.weight, None, padding=1)
        seen = nn.functional.max_pool2d(nn.functional.relu(seen), 2)
        seen = nn.functional.relu(self.norm(self.second(seen)))
        seen = nn.functional.adaptive_avg_pool2d(seen, 4).flatten(1)
        return self.output(nn.functional.relu(self.dense(seen)))


WRONG = {
    "no module": (lambda: "resnet", {}, "must be a torch.nn.Module, got str"),
    "other classes": (Functional, {"classes": 7}, r"must return logits of shape \(4, 7\)"),
    "several outputs": (
        lambda: Changed(lambda m, logits, x: (logits, logits)), {}, "returns a tuple",
    ),
    "other images": (lambda: Functional(channels=1), {}, "cannot be run on a batch of shape"),
    "in place on a leaf": (
        lambda: Changed(in_place_on_a_leaf), {}, "a step fails .*in-place|cannot be run .*in-place",
    ),
    "not finite": (lambda: Changed(lambda m, y, x: y / 0), {}, "not finite before a step"),
    "no bias": (Raw, {}, "has no bias that a scheme could start"),
    "no batch norm": (Listed, {"normalizations": ["batchnorm_shift"]}, "Its levels are none, norm"),
    "unseeded": (OwnGenerator, {}, "does not start from its seed: first.weight"),
    "other logits in evaluation": (
        lambda: Changed(lambda m, y, x: y if m.training else y[:, :3]), {},
        r"logits of shape \(8, 10\) in evaluation as in training, and returns \(8, 3\)",
    ),
    "a buffer that is replaced": (Replacing, {}, "in the place of its buffer seen at each batch"),
    "a counter": (Counting, {}, "keeps numbers of its own from batch to batch: batches"),
    "bypassed": (Bypassed, {}, "does not use first.bias: no gradient reaches it"),
    "past the norm": (
        lambda: Changed(skips_the_norm), {"normalizations": ["batchnorm"]},
        "no batch norm that follows a layer",
    ),
    "dropout side by side": (WithOwnNorm, {"engine": "eager"}, "training.engine to 'serial'"),
    "decides by data": (
        lambda: Changed(lambda m, y, x: y if y.sum() > 0 else -y), {"engine": "eager"},
        "cannot be trained side by side",
    ),
    "lazy": (
        lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(10)), {}, "without a size until they run",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_trained_is_one_sentence(case):
    make, options, words = WRONG[case]
    with pytest.raises(BiasinitError, match=words) as caught:
        inspected(make, **options)
    assert "Traceback" not in str(caught.value)


def test_what_is_wrong_at_every_level_is_said_once_and_all_problems_at_once():
    with pytest.raises(ConfigurationError) as caught:
        inspected(
            lambda: Changed(skips_the_norm),
            normalizations=["none", "batchnorm_shift", "norm_shift", "batchnorm"],
        )
    said = [problem.key for problem in caught.value.problems]
    assert said == ["norm_shift", "batchnorm"]


@pytest.mark.parametrize("engine", ["serial", "eager"])
@pytest.mark.parametrize("level", ["none", "batchnorm_shift", "batchnorm"])
def test_a_network_as_people_write_it_passes(engine, level):
    sites = inspected(Functional, normalizations=[level], engine=engine)
    assert [site.name for site in sites if site.is_output] == ["output"]


def test_what_is_made_once_or_kept_to_be_looked_at_is_no_state():
    inspected(Caching)


def test_decisions_by_data_are_no_problem_for_the_serial_engine():
    inspected(lambda: Changed(lambda m, y, x: y if y.sum() > 0 else -y))


def test_the_command_lists_every_site(capsys, tmp_path):
    file = tmp_path / "net.py"
    file.write_text(
        "from torch import nn\n"
        "def net(units):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(192, units), nn.BatchNorm1d(units),\n"
        "                         nn.ReLU(), nn.Linear(units, 10))\n"
    )
    options = ["--images", "3x8x8", "--parameters", '{"units": 5}']
    assert main([f"{file}:net", *options]) == 0
    said = capsys.readouterr().out
    assert "2 (batch norm)" in said
    assert "Levels of 'normalizations': none, batchnorm_shift, batchnorm." in said
    assert main([f"{file}:nothing", *options]) == 1
    assert "has no 'nothing'; it has" in capsys.readouterr().err
