"""The biases of a model in hand: what starts, at what, and that nothing else moves."""

import copy
import random
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from modules_of_users import Functional, Listed, WithOwnNorm
from torch import nn

import biasinit
from biasinit.errors import BiasinitError
from biasinit.networks import site_table
from biasinit.plugins.registry import SCHEMES
from biasinit.specs.schemes.base import LayerShape
from biasinit.specs.schemes.constant import Constant
from biasinit.specs.schemes.normal import Normal
from repository import REPOSITORY
from residual_module import ResNet

IMAGES = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(1))
COLUMNS = [
    *("name", "kind", "biases", "fan_in", "fan_out", "norm", "done"),
    *("mean", "sd", "min", "max", "found_by"),
]


class Transformer(nn.Module):
    """Patches, a block of attention and a head."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.before = nn.LayerNorm(8)
        self.block = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.1, batch_first=True)
        self.head = nn.Linear(8, 10)

    def forward(self, images):
        tokens = self.before(self.patches(images).flatten(2).transpose(1, 2))
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.head(self.block(tokens).mean(1))


def residual():
    return ResNet(channels=3, classes=10, blocks=1, width=4)


def plain():
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32, 12), nn.ReLU(), nn.Linear(12, 10)),
    )


MODELS = {
    "residual": residual,
    "group norm": Listed,
    "plain": plain,
    "functional": Functional,
    "own norm": WithOwnNorm,
    "transformer": Transformer,
}
KEYS = {
    "zeros": {},
    "constant": {"value": 0.01},
    "normal": {"std": 0.1},
    "truncated_normal": {"std": 0.1},
    "uniform": {"bound": 0.1},
    "fan_in_uniform": {},
    "xavier_uniform": {},
    "xavier_normal": {},
    "per_layer": {"values": [0.1 * number for number in range(1, 30)]},
    "alexnet": {},
    "by_layer_type": {"convolution": 0.1, "dense": 0.2},
    "negative_mixture": {},
    "none": {},
    "none_hidden": {},
    "python": {"object": "math_of_ours:ramp"},
}
WITHOUT = {"none", "none_hidden"}


@pytest.fixture(scope="module")
def models():
    """Models with biases that are nowhere zero, to see what is set and what is left."""
    torch.manual_seed(5)
    found = {name: make() for name, make in MODELS.items()}
    for model in found.values():
        for name, value in model.named_parameters():
            if re.search("bias|shift", name):
                nn.init.uniform_(value, 1.0, 2.0)
    return found


@pytest.fixture
def ramp(tmp_path, monkeypatch):
    (tmp_path / "math_of_ours.py").write_text(
        "def ramp(layer, rng): return [i / 10 for i in range(layer.channels)]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def state(model):
    """Return all that could move: parameters and buffers, modes, gradients asked for, hooks."""
    return {
        "tensors": {name: value.clone() for name, value in model.state_dict().items()},
        "modes": [part.training for part in model.modules()],
        "trained": {name: value.requires_grad for name, value in model.named_parameters()},
        "hooks": [len(part._forward_hooks) for part in model.modules()],
    }


@pytest.mark.parametrize(
    ("kind", "with_example"),
    [
        *((kind, True) for kind in SCHEMES),
        *((kind, False) for kind in SCHEMES if kind != "negative_mixture"),
    ],
)
@pytest.mark.parametrize("which", MODELS)
def test_every_scheme_starts_what_the_table_says_and_moves_nothing_else(
    which, kind, with_example, models, ramp
):
    model = copy.deepcopy(models[which]).eval()
    before = state(model)
    of_torch, of_numpy, of_python = (
        torch.get_rng_state(),
        np.random.get_state()[1].copy(),  # noqa: NPY002
        random.getstate(),
    )
    example = IMAGES if with_example else None
    done = biasinit.initialise(
        model, kind, example=example, generator=torch.Generator().manual_seed(3), **KEYS[kind]
    )
    assert torch.equal(torch.get_rng_state(), of_torch)
    assert np.array_equal(np.random.get_state()[1], of_numpy)  # noqa: NPY002
    assert random.getstate() == of_python
    assert list(done.columns) == COLUMNS
    assert not done["name"].duplicated().any()
    after = state(model)
    assert after["modes"] == before["modes"]
    assert after["hooks"] == before["hooks"]
    rows = done.set_index("name")
    taken = set(before["tensors"]) - set(after["tensors"])
    assert taken == {name for name, row in rows.iterrows() if row["done"] == "taken out"}
    assert bool(taken) == (kind in WITHOUT)
    moved = {n for n, v in after["tensors"].items() if not torch.equal(v, before["tensors"][n])}
    set_or_started = rows["done"].str.startswith(("set to zero", "started by"))
    assert moved == set(rows.index[set_or_started])
    for name in moved:
        values, row = after["tensors"][name].double().numpy(), rows.loc[name]
        assert row["biases"] == values.size
        found = [row["mean"], row["sd"], row["min"], row["max"]]
        assert found == [values.mean(), values.std(), values.min(), values.max()]
        if row["done"].startswith("set to zero"):
            assert (values == 0).all()
    left = rows[~set_or_started]["done"].str.match(r"left: |taken out|built without a bias$")
    assert left.all()


def test_every_kind_has_keys_here():
    assert set(KEYS) == set(SCHEMES)


def names(done, beginning):
    return list(done.loc[done["done"].str.startswith(beginning), "name"])


def test_norms_have_the_scheme_in_their_shift_and_zero_in_the_bias_before_them():
    model = Functional()
    done = biasinit.initialise(model, "constant", value=0.25, example=IMAGES)
    assert names(done, "started") == ["first.bias", "norm.bias", "dense.bias"]
    assert names(done, "set to zero: batch norm follows, which subtracts it") == ["second.bias"]
    assert names(done, "set to zero: the output layer") == ["output.bias"]
    assert (model.norm.bias == 0.25).all()
    assert set(done["found_by"]) == {"running the example"}
    assert list(done["norm"]) == ["", "norm (batch norm)", "", "", ""]


def test_without_an_example_layers_are_in_the_order_of_registration_and_norms_by_themselves():
    model = Functional()
    done = biasinit.initialise(model, "constant", value=0.25)
    started = ["first.bias", "second.bias", "norm.bias", "dense.bias"]
    assert names(done, "started") == started
    assert set(done["found_by"]) == {"order of registration"}
    assert (done["norm"] == "").all()
    assert (model.second.bias == 0.25).all()


def test_attention_is_left_with_the_reason_whether_or_not_there_is_an_example():
    for example in (IMAGES, None):
        done = biasinit.initialise(Transformer(), "constant", value=1, example=example)
        left = names(done, "left: is used inside the fused attention of ")
        assert left == [
            *("attention.in_proj_bias", "attention.out_proj.bias"),
            *("block.self_attn.in_proj_bias", "block.self_attn.out_proj.bias"),
        ]
        assert names(done, "started")[:2] == ["patches.bias", "before.bias"]


def test_biases_that_are_not_there_are_not_made():
    model = residual()
    done = biasinit.initialise(model, "constant", value=0.25, example=IMAGES)
    assert "conv.bias" in names(done, "built without a bias")
    assert model.conv.bias is None
    assert done["mean"].isna().sum() == len(names(done, "built without"))


def test_a_model_without_biases_still_runs_and_trains():
    for kind, kept in [("none", []), ("none_hidden", ["output.bias"])]:
        model = residual()
        biasinit.initialise(model, kind, example=IMAGES)
        assert [name for name, _ in model.named_parameters() if "bias" in name] == kept
        model(IMAGES).sum().backward()


def test_all_layers_and_layers_that_are_not_trained():
    model = plain()
    done = biasinit.initialise(
        model, "constant", value=0.5, layers="all", trainable=False, example=IMAGES
    )
    assert names(done, "started by 'constant', not trained") == list(done["name"])
    assert all((value == 0.5).all() for name, value in model.named_parameters() if "bias" in name)
    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    assert trained == {name for name, _ in model.named_parameters() if "weight" in name}
    hidden = plain()
    biasinit.initialise(hidden, "constant", value=0.5, trainable=False)
    assert hidden[9].bias.requires_grad
    assert not hidden[7].bias.requires_grad


def test_a_scheme_that_is_one_already_and_a_function_in_hand():
    model = plain()
    biasinit.initialise(model, Constant(name="mine", value=0.125, layers="all"))
    assert (model[9].bias == 0.125).all()

    given = []

    def places(layer, rng, *, step):
        given.append(layer)
        return step * np.arange(layer.channels)

    done = biasinit.initialise(model, places, parameters={"step": 0.5}, example=IMAGES)
    assert model[3].bias.tolist() == [0.5 * number for number in range(8)]
    assert names(done, "started by 'places'") == ["0.bias", "3.bias", "7.bias"]
    dense = LayerShape(name="7", index=2, channels=12, fan_in=32, fan_out=12, kind="linear")
    assert given[2] == dense


def minus_mean(layer, rng, *, preactivations):
    assert preactivations.shape[1] == layer.channels
    return -preactivations.mean(0)


def centres(model, done):
    """Return how far from zero the mean is of what a unit sees, by started layer."""
    seen = {}
    for name in names(done, "started"):
        path = name.removesuffix(".bias")
        model.get_submodule(path).register_forward_hook(
            lambda part, _, output, path=path: seen.setdefault(path, []).append(
                output if isinstance(part, nn.Linear) else output.movedim(1, -1).flatten(0, -2)
            )
        )
    with torch.no_grad():
        model.train()(IMAGES)
    return {path: torch.cat(values).mean(0).abs().max().item() for path, values in seen.items()}


@pytest.mark.parametrize(
    ("which", "layers"),
    [
        ("plain", ["0", "3", "7"]),
        ("functional", ["first", "norm", "dense"]),
        # another layer is used twice: later ones start between its calls
        ("group norm", ["first", "norms.0", "norms.1"]),
    ],
)
def test_a_function_is_given_what_units_see_of_the_example_in_order(which, layers, models):
    model = copy.deepcopy(models[which])
    done = biasinit.initialise(model, minus_mean, preactivations=True, example=IMAGES)
    found = centres(model, done)
    found.pop("shared", None)
    assert list(found) == layers
    assert max(found.values()) < 1e-5


def test_dropout_is_the_same_for_a_start_whatever_was_drawn_before():
    starts = []
    for seed in (1, 2):
        torch.manual_seed(0)
        model = Transformer()
        torch.manual_seed(seed)
        biasinit.initialise(model, minus_mean, preactivations=True, example=IMAGES)
        starts.append(model.block.linear1.bias)
    assert torch.equal(*starts)
    assert starts[0].std() > 0


def started_values(seed, generator=None, scheme="normal", make=plain, **keys):
    torch.manual_seed(0)
    model = make()
    torch.manual_seed(seed)
    biasinit.initialise(model, scheme, generator=generator, **keys)
    return model, torch.rand(1)


def test_the_global_generator_repeats_a_start_and_goes_on_alike_for_all_schemes():
    one, after = started_values(3, std=1.0)
    again, _ = started_values(3, std=1.0)
    other, _ = started_values(4, std=1.0)
    _, after_constant = started_values(3, scheme="constant", value=1.0)
    assert torch.equal(one[3].bias, again[3].bias)
    assert not torch.equal(one[3].bias, other[3].bias)
    assert torch.equal(after, after_constant)
    torch.manual_seed(3)
    assert after != torch.rand(1), "one number was drawn"


@pytest.mark.parametrize(
    "make", [lambda: torch.Generator().manual_seed(9), lambda: np.random.default_rng(9)]
)
def test_a_generator_repeats_a_start_and_is_the_only_one_that_moves(make):
    one, after = started_values(3, make(), std=1.0)
    other, _ = started_values(4, make(), std=1.0)
    assert torch.equal(one[3].bias, other[3].bias)
    torch.manual_seed(3)
    assert after == torch.rand(1)


@given(
    value=st.floats(-1e3, 1e3, allow_subnormal=False),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
)
def test_a_constant_is_exact_in_every_precision(value, dtype):
    model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 5), nn.Linear(5, 2))
    model.to(dtype)
    example = torch.randn(3, 4, dtype=dtype)
    biasinit.initialise(model, "constant", value=value, example=example)
    expected = torch.tensor(value, dtype=torch.float64).to(dtype)
    assert all(p.dtype == dtype for p in model.parameters())
    assert (model[1].bias == expected).all()
    assert (model[2].bias == expected).all()


@given(std=st.floats(1e-3, 1e3), seed=st.integers(0, 2**32))
def test_draws_have_the_law_of_the_scheme(std, seed):
    model = nn.Sequential(nn.Linear(2, 4000), nn.Linear(4000, 2))
    generator = np.random.default_rng(seed)
    done = biasinit.initialise(model, Normal(name="s", std=std), generator=generator)
    row = done.iloc[0]
    assert row["mean"] == pytest.approx(0, abs=6 * std / np.sqrt(4000))
    assert row["sd"] == pytest.approx(std, rel=6 / np.sqrt(2 * 4000))


def test_a_layer_by_itself_and_a_bias_that_two_layers_share():
    layer = nn.Linear(3, 4)
    done = biasinit.initialise(layer, "constant", value=2.0, layers="all")
    assert (layer.bias == 2).all()
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))
    model[1].bias = model[0].bias
    done = biasinit.initialise(model, "normal", std=1.0)
    assert names(done, "is 0.bias too") == ["1.bias"]
    assert len(names(done, "started")) == 1


def test_layers_draw_for_themselves_and_no_other_layer_moves_them():
    def drawn(*layers):
        model = nn.Sequential(*layers, nn.Linear(4, 2))
        biasinit.initialise(model, "normal", std=1.0, generator=np.random.default_rng(1))
        return [layer.bias for layer in model]

    first, second, _ = drawn(nn.Linear(4, 4), nn.Linear(4, 4))
    wider, after, *_ = drawn(nn.Linear(4, 8), nn.Linear(8, 4), nn.Linear(4, 4))
    assert not torch.equal(first, second)
    assert torch.equal(second, after)
    assert len(wider) == 8


def test_optimisers_keep_the_parameters_that_they_have():
    model = plain()
    bias = model[0].bias
    biasinit.initialise(model, "constant", value=0.5)
    assert model[0].bias is bias
    assert bias.is_leaf


def test_sites_are_a_row_for_each_place_with_what_levels_do():
    found = biasinit.sites(Functional(), IMAGES, classes=10).set_index("name")
    assert list(found["role"]) == ["hidden", "hidden", "hidden", "output"]
    assert found.loc["second", "norm"] == "norm (batch norm)"
    assert found.loc["second", "batchnorm"] == "bias before batch norm, which subtracts it"
    assert (found["norm_shift"] == "").all()
    nothing = biasinit.sites(nn.Sequential(nn.Flatten()), IMAGES)
    assert list(nothing.columns) == list(site_table.COLUMNS)
    assert len(nothing) == 0


def nothing_made(layer, rng):
    return [0]


# arguments, and what is said
WRONG = {
    "no module": (("resnet", "zeros"), {}, "'model' must be a torch.nn.Module, got str."),
    "an unknown scheme": ((plain(), "ones"), {}, "'scheme' must be one of zeros, constant, "),
    "a number for a scheme": ((plain(), 0.5), {}, "a scheme or a function, got float."),
    "a parameter of another scheme": (
        (plain(), "constant"),
        {"std": 1.0},
        "takes name, trainable, layers, output, value, got 'std'.",
    ),
    "a missing parameter": ((plain(), "constant"), {}, "The scheme 'constant' needs value."),
    "an impossible value": ((plain(), "normal"), {"std": -1.0}, "std: must be greater than 0"),
    "keys beside a scheme": (
        (plain(), Constant(name="s", value=1.0)),
        {"layers": "all"},
        "The scheme 's' has its keys already, got layers too.",
    ),
    "shares of classes": (
        (plain(), "zeros"),
        {"output": "class_shares"},
        "'output' must be 'zeros' for a model in hand",
    ),
    "no example": (
        (plain(), "negative_mixture"),
        {},
        "starts biases by images: give an 'example'.",
    ),
    "a list for an example": (
        (plain(), "zeros"),
        {"example": [1]},
        "'example' must be a tensor that the model takes, got list.",
    ),
    "an example of another size": (
        (plain(), "zeros"),
        {"example": torch.zeros(2, 3, 4, 9)},
        "cannot be run on a batch of shape (2, 3, 4, 9)",
    ),
    "a number for a generator": (
        (plain(), "zeros"),
        {"generator": 3},
        "or a numpy.random.Generator, got int.",
    ),
    "no values": (
        (plain().to("meta"), "zeros"),
        {},
        "is on the device 'meta', where parameters have",
    ),
    "layers without a size": (
        (nn.Sequential(nn.LazyLinear(3)), "zeros"),
        {},
        "has layers without a size until they run: 0.",
    ),
    "a function of other biases": (
        (plain(), nothing_made),
        {},
        "The scheme 'nothing_made' (nothing_made) must return 6 finite numbers",
    ),
    "a function without this parameter": (
        (plain(), nothing_made),
        {"parameters": {"a": 1}},
        "nothing_made must be a function of a layer",
    ),
    "too few values": (
        (plain(), "per_layer"),
        {"values": [0.5]},
        "'values' must name every hidden layer",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence_and_the_model_is_as_it_was(case):
    (model, scheme), keys, said = WRONG[case]
    is_whole = isinstance(model, nn.Module) and case not in {"no values", "layers without a size"}
    before = state(model)["tensors"] if is_whole else {}
    with pytest.raises((TypeError, ValueError, BiasinitError)) as caught:
        biasinit.initialise(model, scheme, **keys)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    for name, value in before.items():
        assert torch.equal(model.state_dict()[name], value), name


def run_alone(code):
    environment = {"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts"), "PATH": ""}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_the_package_imports_nothing_before_it_is_asked():
    heavy = "{'torch', 'numpy', 'pandas', 'biasinit.networks'}"
    code = f"import sys, biasinit; dir(biasinit); print({heavy} & set(sys.modules))"
    assert run_alone(code).strip() == "set()"
    assert (
        run_alone("from biasinit import initialise; print(initialise.__name__)") == "initialise\n"
    )
    with pytest.raises(AttributeError, match="has no attribute 'initialize'"):
        biasinit.initialize  # noqa: B018
    assert {"initialise", "sites", "__version__"} <= set(dir(biasinit))


def test_the_example_of_the_docs_does_what_is_said(capsys):
    text = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n# a model in hand\n(.*?)```", text, flags=re.DOTALL)
    found = {}
    exec(code, found)
    assert "1 (batch norm)" in capsys.readouterr().out
    assert names(found["done"], "started") == ["1.bias", "3.bias"]
    assert isinstance(biasinit.sites(found["model"], found["images"]), pd.DataFrame)
