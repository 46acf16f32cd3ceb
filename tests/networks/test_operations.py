"""Three forms of convolution and pooling, each against PyTorch's own layers."""

import os
import shutil
import subprocess
import sys

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.func import grad, vmap
from torch.nn import functional

from biasinit.errors import CompilerError
from biasinit.networks import native_library
from biasinit.networks.native import NATIVE
from biasinit.networks.operations import GATHERED, STRIDED, Normalisation
from biasinit.specs.networks.layout import strided

has_compiler = any(shutil.which(name) for name in native_library.COMPILERS)
needs_compiler = pytest.mark.skipif(not has_compiler, reason="no C++ compiler")
FORMS = [
    pytest.param(STRIDED, id="strided"),
    pytest.param(GATHERED, id="gathered"),
    pytest.param(NATIVE, id="native", marks=needs_compiler),
]
EPSILON = 1e-5
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-11}

sizes = st.integers(1, 9)
channels = st.sampled_from([1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48])


def stock_convolution(images, weight, bias, kernel, stride=1):
    inputs = images.shape[-1]
    # dense: PyTorch's own gradient refuses some views of one output channel
    stock = (
        weight.reshape(kernel, kernel, inputs, -1)
        .permute(3, 2, 0, 1)
        .clone(memory_format=torch.contiguous_format)
    )
    result = functional.conv2d(images.permute(0, 3, 1, 2), stock, bias, stride, kernel // 2)
    return result.permute(0, 2, 3, 1)


def stock_pool(images):
    return functional.relu(functional.max_pool2d(images.permute(0, 3, 1, 2), 2)).permute(0, 2, 3, 1)


def assert_close(found, expected, precision, *, rounded=None):
    """Demand that found is expected, to the rounding of the precision.

    Where PyTorch's own result in that precision is given, as ``rounded``, we may be out by a few
    times as much as it is: batch norm of nearly equal values cancels digits whoever does it.
    """
    scale = max(1.0, float(expected.abs().max()))
    allowed = TOLERANCE[precision] * scale
    if rounded is not None:
        allowed = max(allowed, 4 * float((rounded - expected).abs().max()))
    assert float((found - expected).abs().max()) <= allowed


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None)
@given(
    members=st.integers(1, 3), batch=st.integers(1, 20), height=sizes, width=sizes,
    inputs=channels, outputs=channels, kernel=st.sampled_from([1, 3, 5]), has_bias=st.booleans(),
    stride=st.integers(1, 3), precision=st.sampled_from(list(TOLERANCE)), seed=st.integers(0, 999),
)  # fmt: skip
def test_convolution_and_its_gradients_are_those_of_pytorch(
    form, members, batch, height, width, inputs, outputs, kernel, has_bias, stride, precision, seed
):
    rng = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=rng, dtype=precision)

    images = draw(members, batch, height, width, inputs)
    weight = draw(members, kernel * kernel * inputs, outputs)
    bias = draw(members, outputs) if has_bias else None
    direction = draw(members, batch, strided(height, stride), strided(width, stride), outputs)
    wanted = (0, 1, 2) if has_bias else (0, 1)
    axes = (0, 0, 0 if has_bias else None, 0)

    def loss(images, weight, bias, direction):
        return (form.convolution(images, weight, bias, kernel, stride) * direction).sum()

    def value(images, weight, bias):
        return form.convolution(images, weight, bias, kernel, stride)

    result = vmap(value, in_dims=axes[:3])(images, weight, bias)
    gradients = vmap(grad(loss, argnums=wanted), in_dims=axes)(images, weight, bias, direction)
    for member in range(members):
        parts = [images[member], weight[member], *([bias[member]] if has_bias else [])]
        parts = [part.clone().requires_grad_() for part in parts]
        expected = stock_convolution(
            parts[0], parts[1], parts[2] if has_bias else None, kernel, stride
        )
        assert_close(result[member], expected.detach(), precision)
        theirs = torch.autograd.grad((expected * direction[member]).sum(), parts)
        for ours, their in zip(gradients, theirs, strict=True):
            assert_close(ours[member], their, precision)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None)
@given(
    members=st.integers(1, 3), batch=st.integers(1, 4), height=st.integers(2, 9),
    width=st.integers(2, 9), count=channels, precision=st.sampled_from(list(TOLERANCE)),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_pooling_and_its_gradient_are_those_of_pytorch_with_ties(
    form, members, batch, height, width, count, precision, seed
):
    """Whole numbers between -2 and 2 have many ties; the gradient goes to the first."""
    rng = torch.Generator().manual_seed(seed)
    shape = (members, batch, height, width, count)
    images = torch.randint(-2, 3, shape, generator=rng).to(precision)
    direction = torch.randn(
        members, batch, height // 2, width // 2, count, generator=rng, dtype=precision
    )

    def of(pool):
        gradient = vmap(grad(lambda images, along: (pool(images) * along).sum()))
        return vmap(pool)(images), gradient(images, direction)

    for found, expected in zip(of(form.rectified_pool), of(stock_pool), strict=True):
        assert torch.equal(found, expected)


def stock_layer(images, weight, bias, scale, shift, beside, *, kernel, stride, pooled):
    """Return what PyTorch's own operations make of a layer, and the batch's mean and variance."""
    sums = stock_convolution(images, weight, bias, kernel, stride)
    values = sums.flatten(0, 2)
    if scale is not None:
        sums = functional.batch_norm(
            sums.permute(0, 3, 1, 2), None, None, scale, shift, training=True, eps=EPSILON
        ).permute(0, 2, 3, 1)
    if beside is not None:
        sums = sums + beside
    result = stock_pool(sums) if pooled else functional.relu(sums)
    return result, values.mean(0), values.var(0, correction=0)


def native_layer(images, weight, bias, scale, shift, beside, *, kernel, stride, pooled):
    norm = Normalisation(scale=scale, shift=shift, epsilon=EPSILON)
    return NATIVE.hidden_layer(
        images, weight, bias, norm, beside, kernel=kernel, stride=stride, pooled=pooled
    )


@needs_compiler
@settings(max_examples=150, deadline=None)
@given(
    members=st.integers(1, 2), batch=st.integers(2, 5), height=sizes, width=sizes,
    inputs=channels, outputs=channels, kernel=st.sampled_from([1, 3, 5]),
    stride=st.integers(1, 3), has=st.tuples(*[st.booleans()] * 4), pooled=st.booleans(),
    precision=st.sampled_from(list(TOLERANCE)), seed=st.integers(0, 999),
)  # fmt: skip
@example(
    members=1, batch=2, height=1, width=5, inputs=1, outputs=9, kernel=1, stride=1,
    has=(True, True, False, False), pooled=False, precision=torch.float32, seed=1,
)  # fmt: skip
def test_a_hidden_layer_in_one_is_what_pytorch_makes_step_by_step(
    members, batch, height, width, inputs, outputs, kernel, stride, has, pooled, precision, seed
):
    has_bias, normalised, has_shift, has_beside = has
    rows, columns = strided(height, stride), strided(width, stride)
    pooled = pooled and not has_beside and min(rows, columns) > 1
    if normalised and batch * rows * columns < 8:
        return  # with few values a batch's statistics magnify rounding
    rng = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=rng, dtype=precision)

    parts = {
        "images": draw(members, batch, height, width, inputs),
        "weight": draw(members, kernel * kernel * inputs, outputs) / (kernel * inputs**0.5),
        "bias": draw(members, outputs) if has_bias else None,
        "scale": draw(members, outputs) if normalised else None,
        "shift": draw(members, outputs) if normalised and has_shift else None,
        "beside": draw(members, batch, rows, columns, outputs) if has_beside else None,
    }
    how = {"kernel": kernel, "stride": stride, "pooled": pooled}
    axes = tuple(None if part is None else 0 for part in parts.values())
    found = vmap(lambda *given: native_layer(*given, **how), in_dims=axes)(*parts.values())
    direction = draw(*found[0].shape)
    wanted = tuple(place for place, axis in enumerate(axes) if axis == 0)

    def loss(*given):
        *given, direction = given
        return (native_layer(*given, **how)[0] * direction).sum()

    gradients = vmap(grad(loss, argnums=wanted), in_dims=(*axes, 0))(*parts.values(), direction)

    def of_pytorch(member, kind):
        leaves = {
            name: None if part is None else part[member].to(kind, copy=True).requires_grad_()
            for name, part in parts.items()
        }
        values = stock_layer(**leaves, **how)
        (values[0] * direction[member]).sum().backward()
        return values, [leaf.grad for leaf in leaves.values() if leaf is not None]

    for member in range(members):
        expected, theirs = of_pytorch(member, torch.float64)
        _, rounded = of_pytorch(member, precision)
        assert_close(found[0][member], expected[0].detach(), precision)
        if normalised:
            assert_close(found[1][member], expected[1].detach(), precision)
            assert_close(found[2][member], expected[2].detach(), precision)
        for ours, their, near in zip(gradients, theirs, rounded, strict=True):
            assert_close(ours[member], their, precision, rounded=near)


@needs_compiler
def test_given_statistics_take_the_place_of_the_batch_s_own(rng):
    images = torch.from_numpy(rng.normal(size=(3, 6, 5, 2)))
    weight = torch.from_numpy(rng.normal(size=(18, 20)))
    mean, variance, scale, shift = torch.from_numpy(rng.uniform(1, 2, size=(4, 20)))
    norm = Normalisation(scale=scale, shift=shift, mean=mean, variance=variance, epsilon=EPSILON)
    found = NATIVE.hidden_layer(images, weight, None, norm, None, kernel=3, stride=1, pooled=True)
    sums = stock_convolution(images, weight, None, 3)
    normalised = (sums - mean) / (variance + EPSILON).sqrt() * scale + shift
    assert_close(found[0], stock_pool(normalised), torch.float64)


@needs_compiler
@settings(max_examples=60, deadline=None)
@given(
    batch=st.integers(1, 4), height=sizes, width=sizes, inputs=channels, outputs=channels,
    kernel=st.sampled_from([1, 3, 5]), stride=st.integers(1, 3), seed=st.integers(0, 999),
)  # fmt: skip
def test_products_of_bfloat16_have_sums_of_float32(
    batch, height, width, inputs, outputs, kernel, stride, seed
):
    """Against float64 of the same rounded numbers: what is left is the rounding of results."""
    rng = torch.Generator().manual_seed(seed)
    images = torch.randn(batch, height, width, inputs, generator=rng).bfloat16()
    weight = torch.randn(kernel * kernel * inputs, outputs, generator=rng).bfloat16().float()
    direction = torch.randn(
        batch, strided(height, stride), strided(width, stride), outputs, generator=rng
    ).bfloat16()
    ours = [images.clone().requires_grad_(), weight.clone().requires_grad_()]
    result = NATIVE.convolution(*ours, None, kernel, stride)
    result.backward(direction)
    theirs = [part.detach().double().requires_grad_() for part in ours]
    expected = stock_convolution(*theirs, None, kernel, stride)
    expected.backward(direction.double())
    for found, right, relative in (
        (result, expected, 2**-8), (ours[0].grad, theirs[0].grad, 2**-8),
        (ours[1].grad, theirs[1].grad, 2**-18),
    ):  # fmt: skip
        found, right = found.detach(), right.detach()
        scale = max(1.0, float(right.abs().max()))
        assert float((found - right).abs().max()) <= relative * scale
    assert (result.dtype, ours[1].grad.dtype) == (torch.bfloat16, torch.float32)


@pytest.mark.parametrize("form", FORMS)
def test_not_a_number_spreads_through_pooling(form):
    images = torch.zeros(1, 2, 2, 17)
    images[0, 1, 0] = torch.nan
    assert form.rectified_pool(images).isnan().all()


@needs_compiler
def test_images_that_all_members_share_give_what_each_member_gives_alone(rng):
    images = torch.from_numpy(rng.normal(size=(5, 6, 6, 3)))
    weight = torch.from_numpy(rng.normal(size=(4, 27, 20)))
    bias = torch.from_numpy(rng.normal(size=(4, 20)))

    def shared(weight, bias):
        return NATIVE.convolution(images, weight, bias, 3)

    found = vmap(shared)(weight, bias)
    for member in range(4):
        alone = NATIVE.convolution(images, weight[member], bias[member], 3)
        assert torch.equal(found[member], alone)


@pytest.fixture
def fresh_library(monkeypatch):
    native_library.library.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    native_library.library.cache_clear()


def test_a_missing_compiler_is_named_with_the_mend(fresh_library):
    fresh_library.setenv("CXX", "no-such-compiler")
    with pytest.raises(CompilerError, match=r"no-such-compiler cannot be found\. Install one"):
        native_library.library()


@needs_compiler
def test_missing_headers_of_python_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(native_library.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(CompilerError, match=r"Python\.h is missing\. Install them"):
        native_library.check_compiler()


def test_a_failing_compiler_shows_what_it_says(fresh_library, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'no room for vectors' >&2\nexit 3\n")
    broken.chmod(0o755)
    fresh_library.setenv("CXX", str(broken))
    fresh_library.setattr(native_library, "cache_folder", lambda: tmp_path / "cache")
    with pytest.raises(CompilerError, match=r"failed: no room for vectors\n Name another"):
        native_library.library()
    assert not list((tmp_path / "cache").glob("*"))


@pytest.mark.slow
@needs_compiler
def test_two_processes_that_compile_at_once_both_get_the_kernels(tmp_path):
    code = (
        "import torch; from biasinit.networks.native import NATIVE; "
        "print(float(NATIVE.rectified_pool(torch.ones(1, 2, 2, 1))))"
    )
    environment = os.environ | {
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in running] == [b"1.0\n"] * 2
    assert len(list(tmp_path.glob("biasinit_kernels_*.so"))) == 1
