"""Where the biases of any module of PyTorch are: found by running it once.

A *site* is a weighted layer with the normalisation that follows it, or a normalisation that
follows no weighted layer. One batch tells in which order the sites run, which normalisation sees
exactly what a layer puts out, and which layer makes the logits. What is not understood is named
with the reason and stays as the module was built.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.nn.modules.lazy import LazyModuleMixin

from biasinit.errors import NetworkError
from biasinit.networks.seeding import seeded
from biasinit.networks.stock import TRANSPOSED, WEIGHTED, units_of
from biasinit.plugins.resolve import said
from biasinit.specs.schemes.base import LayerShape

BATCH_NORM = "batch norm"
NORMS: Mapping[str, tuple[type[nn.Module], ...]] = {
    BATCH_NORM: (_BatchNorm,),
    "group norm": (nn.GroupNorm,),
    "layer norm": (nn.LayerNorm,),
    "instance norm": (_InstanceNorm,),
}
ALL_NORMS = tuple(kind for kinds in NORMS.values() for kind in kinds)
CANCELLED = 1e-3  # largest share of a unit's gradients that rounding leaves when they cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place for biases.

    Attributes:
        layer: path of the weighted layer in the module; "" for a normalisation by itself.
        layer_kind: "convolution", "transposed convolution" or "linear", with its groups.
        norm: path of the normalisation that sees just what the layer puts out; "" where none does.
        norm_kind: one of ``NORMS``.
        channels: biases of the layer: one for each channel or unit.
        norm_channels: shifts of the normalisation.
        fan_in: weights into a unit; of a normalisation by itself, the one weight of a channel.
        fan_out: weights out of an input.
        has_bias: whether the layer is built with biases.
        has_shift: whether the normalisation is built with shifts.
        calls: how often it runs for one batch.
        is_output: whether it makes the logits.

    """

    layer: str
    layer_kind: str = ""
    norm: str = ""
    norm_kind: str = ""
    channels: int = 0
    norm_channels: int = 0
    fan_in: int = 1
    fan_out: int = 1
    has_bias: bool = False
    has_shift: bool = False
    calls: int = 1
    is_output: bool = False

    @property
    def name(self) -> str:
        """Path of the layer, or of the normalisation where there is no layer."""
        return self.layer or self.norm

    @property
    def is_convolution(self) -> bool:
        """Whether its layer is a convolution."""
        return "convolution" in self.layer_kind

    @property
    def has_batch_norm(self) -> bool:
        """Whether batch norm subtracts a bias of the layer again."""
        return bool(self.layer) and self.norm_kind == BATCH_NORM

    def shape(self, *, index: int, in_norm: bool) -> LayerShape:
        """Return what a scheme is told of the site.

        Args:
            index: place among the sites.
            in_norm: whether the scheme starts the shift of the normalisation.

        """
        return LayerShape(
            name=self.name,
            index=index,
            channels=self.norm_channels if in_norm else self.channels,
            fan_in=self.fan_in,
            fan_out=self.fan_out,
            is_output=self.is_output,
            is_convolution=self.is_convolution,
            kind=self.layer_kind or self.norm_kind,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Untreated:
    """Parameters that no scheme starts and no level changes, and why."""

    name: str
    shape: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The sites of a module in the order in which they run, and what is left as it was built."""

    sites: tuple[Site, ...]
    untreated: tuple[Untreated, ...]

    def __iter__(self) -> Iterator[Site]:
        """Return the sites in order."""
        return iter(self.sites)

    @property
    def norm_kinds(self) -> list[str]:
        """The kinds of normalisation that there are."""
        found = {site.norm_kind for site in self.sites if site.norm}
        return [kind for kind in NORMS if kind in found]


@dataclass(slots=True)
class _Trace:
    """What hooks saw of one batch; tensors are kept, so that none takes the place of another."""

    order: list[str] = field(default_factory=list)
    outputs: list[tuple[Tensor, int, str]] = field(default_factory=list)
    before: dict[str, set[str]] = field(default_factory=dict)
    felt: set[str] = field(default_factory=set)  # layers whose biases change the logits

    def layer_of(self, tensor: object) -> str:
        """Return the layer that put out just this tensor, "" where none did.

        A tensor that was changed in place since is another one.
        """
        return next(
            (
                name
                for kept, version, name in self.outputs
                if kept is tensor and kept._version == version
            ),
            "",
        )


def find_sites(module: nn.Module, example: Tensor, *, classes: int | None = None) -> Sites:
    """Return the sites of a module.

    Args:
        module: any; it is left as it is.
        example: a batch of inputs as the module takes them, such as (2, channels, height, width).
        classes: of the logits, where the module names classes.

    Raises:
        NetworkError: the module cannot be run on the example, or returns no logits.

    """
    _refuse_lazy(module)
    tried = _copied(module)
    trace, result = _Trace(), None
    names = {id(part): name for name, part in tried.named_modules()}
    handles = [
        handle for part in tried.modules() for handle in _hooks(part, names[id(part)], trace)
    ]
    try:
        with seeded(0), torch.enable_grad():
            result = tried.train()(example)
            if isinstance(result, Tensor) and result.requires_grad:
                (result * torch.randn_like(result)).sum().backward()  # type: ignore[no-untyped-call]
    except Exception as error:
        raise NetworkError(
            f"cannot be run on a batch of shape {tuple(example.shape)} ({said(error)}).",
            mend="Let 'forward' take (images, channels, height, width) of this size.",
        ) from error
    finally:
        for handle in handles:
            handle.remove()
        # an output holds its hook, which holds the trace: a circle that Python cannot see
        trace.outputs.clear()
    if classes is not None:
        _check_logits(result, len(example), classes)
    return _sites(tried, trace, classes)


def registered_sites(module: nn.Module) -> Sites:
    """Return the sites of a module that is not run, in the order of registration.

    Nothing tells which normalisation follows which layer: each is by itself. The last weighted
    layer counts as the output.

    Raises:
        NetworkError: it has layers without a size.

    """
    _refuse_lazy(module)
    names = [
        name
        for name, part in module.named_modules()
        if isinstance(part, (*WEIGHTED, *ALL_NORMS)) and not _attention_around(module, name)
    ]
    weighted = [name for name in names if isinstance(module.get_submodule(name), WEIGHTED)]
    output = _output(module, weighted, None)
    found = [
        _site(module, name, "", 1, is_output=name == output)
        if name in weighted
        else _norm_alone(module, name, 1)
        for name in names
    ]
    return Sites(sites=tuple(found), untreated=tuple(_untreated(module, found)))


def _refuse_lazy(module: nn.Module) -> None:
    lazy = [name for name, part in module.named_modules() if isinstance(part, LazyModuleMixin)]
    if lazy:
        raise NetworkError(
            f"has layers without a size until they run: {', '.join(lazy)}.",
            mend="Give their numbers of inputs.",
        )


def _copied(module: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(module)
    except Exception as error:
        raise NetworkError(
            f"cannot be copied ({said(error)}).",
            mend="Keep tensors as parameters or buffers; others cannot be copied with their "
            "gradients.",
        ) from error


def _check_logits(result: object, batch: int, classes: int) -> None:
    wanted = f"logits of shape ({batch}, {classes})"
    if not isinstance(result, Tensor):
        raise NetworkError(
            f"must return {wanted} in training, and returns a {type(result).__name__}.",
            mend="Return the logits alone; turn auxiliary outputs off.",
        )
    if tuple(result.shape) != (batch, classes):
        raise NetworkError(
            f"must return {wanted}, and returns {tuple(result.shape)}.",
            mend=f"Give it {classes} classes, such as parameters: {{num_classes: {classes}}}.",
        )
    if not torch.isfinite(result).all():
        raise NetworkError(
            "returns logits that are not finite before a step is trained.",
            mend="Look at how its weights start, and at its forward.",
        )


def _hooks(part: nn.Module, name: str, trace: _Trace) -> Iterator[Any]:
    if isinstance(part, WEIGHTED):

        def ran(_part: nn.Module, _inputs: object, output: Tensor) -> None:
            trace.order.append(name)
            trace.outputs.append((output, output._version, name))
            if output.requires_grad:
                output.register_hook(  # type: ignore[no-untyped-call]
                    lambda gradient: _feel(trace, name, part, gradient)
                )

        yield part.register_forward_hook(ran)
    elif isinstance(part, ALL_NORMS):

        def runs(_part: nn.Module, inputs: tuple[object, ...]) -> None:
            trace.order.append(name)
            trace.before.setdefault(name, set()).add(trace.layer_of(inputs[0]))

        yield part.register_forward_pre_hook(runs)


def _feel(trace: _Trace, name: str, layer: nn.Module, gradient: Tensor) -> None:
    """Note a layer whose bias has a gradient: nothing after it subtracts the bias again."""
    last = isinstance(layer, nn.Linear)
    by_unit = (gradient if last else gradient.movedim(1, -1)).flatten(0, -2).double()
    if len(by_unit) <= 2:  # all that batch norm of two values leaves is rounding
        return
    if by_unit.sum(0).abs().max() > CANCELLED * by_unit.abs().sum(0).max():
        trace.felt.add(name)


def _sites(module: nn.Module, trace: _Trace, classes: int | None) -> Sites:
    norm_after: dict[str, set[str]] = {}
    for norm, layers in trace.before.items():
        for layer in layers:
            norm_after.setdefault(layer, set()).add(norm)
    # a layer that several normalisations follow, or a normalisation that follows several layers,
    # has no single other one
    pairs = {
        layer: next(iter(norms))
        for layer, norms in norm_after.items()
        if layer and len(norms) == 1 and trace.before[next(iter(norms))] == {layer}
    }
    # what a layer puts out may go past batch norm too, as where a skip begins: not cancelled
    pairs = {
        layer: norm
        for layer, norm in pairs.items()
        if layer not in trace.felt or not isinstance(module.get_submodule(norm), NORMS[BATCH_NORM])
    }
    ran = list(dict.fromkeys(trace.order))
    weighted = [name for name in ran if name not in trace.before]
    output = _output(module, weighted, classes)
    found = []
    for name in ran:
        if name in trace.before:
            if name not in pairs.values():
                found.append(_norm_alone(module, name, trace.order.count(name)))
        else:
            calls = trace.order.count(name)
            found.append(_site(module, name, pairs.get(name, ""), calls, is_output=name == output))
    return Sites(sites=tuple(found), untreated=tuple(_untreated(module, found)))


def _output(module: nn.Module, weighted: list[str], classes: int | None) -> str:
    """Return the layer that makes the logits: the last one, if it has a unit for each class."""
    if not weighted:
        return ""
    last = weighted[-1]
    right = classes is None or units_of(module.get_submodule(last)) == classes
    return last if right else ""


def _site(module: nn.Module, name: str, norm: str, calls: int, *, is_output: bool) -> Site:
    layer = module.get_submodule(name)
    weight = layer.weight
    assert isinstance(weight, Tensor)
    units, groups = units_of(layer), int(getattr(layer, "groups", 1))
    inputs = weight.shape[0] if isinstance(layer, TRANSPOSED) else weight.shape[1] * groups
    kernel = weight[0, 0].numel()
    alone = _norm_alone(module, norm, 1) if norm else Site(layer="")
    return Site(
        layer=name,
        layer_kind=_kind_of_layer(layer, groups),
        norm=norm,
        norm_kind=alone.norm_kind,
        channels=units,
        norm_channels=alone.norm_channels,
        fan_in=inputs // groups * kernel,
        fan_out=units // groups * kernel,
        has_bias=layer.bias is not None,
        has_shift=alone.has_shift,
        calls=calls,
        is_output=is_output,
    )


def _kind_of_layer(layer: nn.Module, groups: int) -> str:
    if isinstance(layer, nn.Linear):
        return "linear"
    kind = "transposed convolution" if isinstance(layer, TRANSPOSED) else "convolution"
    return kind if groups == 1 else f"{kind}, {groups} groups"


def _norm_alone(module: nn.Module, name: str, calls: int) -> Site:
    norm = module.get_submodule(name)
    kind = next(kind for kind, classes in NORMS.items() if isinstance(norm, classes))
    shift = getattr(norm, "bias", None)
    scale = getattr(norm, "weight", None)
    sizes = [value.numel() for value in (shift, scale) if isinstance(value, Tensor)]
    return Site(
        layer="",
        norm=name,
        norm_kind=kind,
        norm_channels=sizes[0] if sizes else 0,
        has_shift=isinstance(shift, Tensor),
        calls=calls,
    )


def _untreated(module: nn.Module, sites: list[Site]) -> Iterator[Untreated]:
    """Yield the parameters that belong to no site."""
    treated = {f"{path}." for site in sites for path in (site.layer, site.norm) if path}
    for name, value in module.named_parameters():
        owner = name.rpartition(".")[0]
        if f"{owner}." in treated and name.rpartition(".")[2] in {"weight", "bias"}:
            continue
        yield Untreated(name=name, shape=tuple(value.shape), reason=_reason(module, owner))


def _reason(module: nn.Module, owner: str) -> str:
    part = module.get_submodule(owner)
    for attention in _attention_around(module, owner):
        return f"is used inside the fused attention of {attention!r}"
    if isinstance(part, (*WEIGHTED, *ALL_NORMS)):
        return f"belongs to {owner!r}, which did not run"
    kind = type(part).__name__
    return f"belongs to a {kind}, which is no layer whose biases are known"


def _attention_around(module: nn.Module, path: str) -> list[str]:
    """Return the attentions of PyTorch that a module is or is in, which use their parts fused."""
    inside = [path]
    while inside[-1]:
        inside.append(inside[-1].rpartition(".")[0])
    return [
        place for place in inside if isinstance(module.get_submodule(place), nn.MultiheadAttention)
    ]
