"""The biases of a model in hand, without a study: start them by any scheme, and list them.

They start as those of a member of a study do, at its level of normalisation "as built": the scheme
starts the shift of each normalisation and the biases of layers that none follows; the bias of a
layer before a normalisation starts at zero, and so does that of the output, unless the scheme is
for all layers.
"""

import copy
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from biasinit.errors import NetworkError
from biasinit.networks.levels import SHIFTS, scheme_place
from biasinit.networks.own_module import units_last
from biasinit.networks.seeding import LARGEST_SEED, seeded
from biasinit.networks.site_table import COLUMNS, site_table
from biasinit.networks.sites import ALL_NORMS, Site, Sites, find_sites, registered_sites
from biasinit.networks.stock import WEIGHTED
from biasinit.plugins.registry import SCHEMES
from biasinit.plugins.scheme_in_hand import SchemeInHand
from biasinit.plugins.specifications import kind_of, scheme_of
from biasinit.specs.keys import Keys
from biasinit.specs.schemes.base import BiasScheme, Layers, LayerShape
from biasinit.streams import Purpose, stream

Generator = torch.Generator | np.random.Generator
Function = Callable[..., Any]
Values = Mapping[str, NDArray[np.float64]]

AS_BUILT = SHIFTS[0]  # both levels of shifts leave a module as it is built
BY_RUNNING, BY_REGISTRATION = "running the example", "order of registration"
NO_BIAS = "built without a bias"
LIKE_BIASES = re.compile(r"bias|shift|beta|offset")  # within a parameter's own name
NOT_CHOSEN = {"kind", "held"}  # keys that the scheme itself says


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bias:
    """A bias or shift of a site, and what becomes of it.

    Attributes:
        name: of the parameter.
        kind: of the layer or normalisation that has it.
        site: where it is.
        shape: what a scheme is told of it; None where it is none of the scheme's.
        done: in words.
        is_left: whether nothing is done.
        is_removed: whether it is taken out.

    """

    name: str
    kind: str
    site: Site
    shape: LayerShape | None = None
    done: str
    is_left: bool = False
    is_removed: bool = False


def initialise(
    model: nn.Module,
    scheme: str | BiasScheme | Function,
    *,
    example: Tensor | None = None,
    generator: Generator | None = None,
    layers: Layers | None = None,
    **keys: Any,  # noqa: ANN401  # each scheme has its own
) -> pd.DataFrame:
    """Start the biases of a model in place by a scheme, and return what was done.

    Weights, buffers, the mode and what is no bias of a known layer stay as they are, bit for bit.
    Biases that are not there are not made; schemes without biases, ``none`` and ``none_hidden``,
    take them out: the parameter is None from then on, so make the optimiser afterwards.

    Args:
        model: any; on any device but "meta", of any precision.
        scheme: name of a kind, such as "constant"; a scheme; or a function of one's own, which is
            called as one that a study names (``docs/extending.md``).
        example: a batch as the model takes it. A copy of the model is run on it, which tells the
            order of the layers, which normalisation follows which, and the output. Without one,
            layers count in the order of registration, the last one as the output, and
            normalisations by themselves.
        generator: one number is drawn from it, whatever the scheme; from PyTorch's global
            generator where none is given.
        layers: "hidden", or "all" with the output layer; as the scheme says where nothing is said.
        **keys: of the scheme: ``value=0.01``, ``trainable=False``, or ``parameters={...}`` of a
            function.

    Returns:
        One row for each bias, in the order of the layers, and for each parameter that is named
        like one and left: ``name`` of the parameter, ``kind`` of its layer, ``biases`` (how many),
        ``fan_in``, ``fan_out``, ``norm`` after the layer, ``done``, ``mean``, ``sd``, ``min`` and
        ``max`` of what it starts at (not a number where nothing starts), and ``found_by``.

    Raises:
        TypeError: the model, the scheme, its keys, the example or the generator are of another
            kind.
        ValueError: the scheme is unknown, or a value is impossible.
        NetworkError: the model cannot be run on the example, or has no values.
        OwnCodeError: a function of one's own fails.

    """
    chosen = _scheme(scheme, layers, keys)
    _check(model, example)
    if chosen.sees_images and example is None:
        raise ValueError(f"The scheme {chosen.name!r} starts biases by images: give an 'example'.")
    whole = _whole(model)
    sites = registered_sites(whole) if example is None else find_sites(whole, example)
    biases = list(_biases(whole, sites, chosen))
    seed = _seed(generator)
    values: Values = {
        bias.name: np.zeros(1) if bias.shape is None else chosen.start(bias.shape, _rng(seed, bias))
        for bias in biases
        if not (bias.is_left or bias.is_removed)
    }
    if example is not None and chosen.sees_images:
        values = _from_example(whole, biases, values, chosen, example, seed)
    _write(whole, biases, values)
    for bias in biases:
        if bias.shape is not None and not chosen.trains(bias.shape):
            _parameter(whole, bias.name).requires_grad_(False)
    rows = [_row(whole, bias) for bias in biases] + list(_left(sites))
    found_by = BY_REGISTRATION if example is None else BY_RUNNING
    columns = [*("name", "kind", "biases", "fan_in", "fan_out", "norm", "done"), *_STATISTICS]
    return pd.DataFrame(rows, columns=columns).assign(found_by=found_by)


def sites(model: nn.Module, example: Tensor, *, classes: int | None = None) -> pd.DataFrame:
    """Return the places of a model for biases, and what each level of normalisation does there.

    Args:
        model: any; a copy of it is run.
        example: a batch as the model takes it.
        classes: of the logits, where the model names classes; its output must then have them.

    Returns:
        One row for each layer with the normalisation after it, in the order in which they run, and
        for each parameter that no scheme starts, with the reason: ``site_table.COLUMNS``.

    Raises:
        TypeError: the model or the example is of another kind.
        NetworkError: the model cannot be run on the example, or has no values.

    """
    _check(model, example)
    found = find_sites(_whole(model), example, classes=classes)
    return pd.DataFrame(site_table(found), columns=list(COLUMNS))


def _scheme(
    scheme: str | BiasScheme | Function, layers: Layers | None, keys: Mapping[str, Any]
) -> BiasScheme:
    given = dict(keys) if layers is None else {**keys, "layers": layers}
    if isinstance(scheme, BiasScheme):
        if given:
            raise TypeError(
                f"The scheme {scheme.name!r} has its keys already, got {', '.join(given)} too."
            )
        found = scheme
    else:
        found = _made(scheme, given)
    if found.output == "class_shares":
        raise ValueError(
            "'output' must be 'zeros' for a model in hand, got 'class_shares', which are those of "
            "a study's training images."
        )
    return found


def _made(scheme: object, keys: dict[str, Any]) -> BiasScheme:
    if isinstance(scheme, str):
        if scheme not in SCHEMES:
            raise ValueError(f"'scheme' must be one of {', '.join(SCHEMES)}, got {scheme!r}.")
        _check_keys(kind_of(SCHEMES, scheme), scheme, keys)
        return scheme_of({"name": scheme, **keys, "kind": scheme}, folder=Path())
    if callable(scheme):
        name = str(getattr(scheme, "__name__", type(scheme).__name__))
        _check_keys(SchemeInHand, name, keys)
        return SchemeInHand(**{"name": name, **keys, "held": scheme})
    raise TypeError(
        f"'scheme' must be the name of a kind, a scheme or a function, got {type(scheme).__name__}."
    )


def _check_keys(kind: type[Keys], name: str, keys: Mapping[str, Any]) -> None:
    known = {item.name: item for item in dataclasses.fields(kind) if item.name not in NOT_CHOSEN}
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise TypeError(f"The scheme {name!r} takes {', '.join(known)}, got {unknown[0]!r}.")
    needed = [
        key
        for key, item in known.items()
        if item.default is item.default_factory is dataclasses.MISSING and key != "name"
    ]
    missing = [key for key in needed if key not in keys]
    if missing:
        raise TypeError(f"The scheme {name!r} needs {' and '.join(missing)}.")


def _check(model: object, example: object) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"'model' must be a torch.nn.Module, got {type(model).__name__}.")
    if example is not None and not isinstance(example, Tensor):
        raise TypeError(
            f"'example' must be a tensor that the model takes, got {type(example).__name__}."
        )
    if any(value.is_meta for value in (*model.parameters(), *model.buffers())):
        raise NetworkError(
            "is on the device 'meta', where parameters have no values.",
            mend="Give it another one with 'to_empty', and start its weights first.",
        )


def _whole(model: nn.Module) -> nn.Module:
    """Return the model; a layer by itself in a container, so that it has a name."""
    return nn.Sequential(model) if isinstance(model, (*WEIGHTED, *ALL_NORMS)) else model


def _seed(generator: object) -> int:
    if isinstance(generator, np.random.Generator):
        return int(generator.integers(LARGEST_SEED))
    if generator is None or isinstance(generator, torch.Generator):
        device = torch.device("cpu") if generator is None else generator.device
        return int(torch.randint(LARGEST_SEED, (), generator=generator, device=device))
    raise TypeError(
        "'generator' must be a torch.Generator or a numpy.random.Generator, got "
        f"{type(generator).__name__}."
    )


def _rng(seed: int, bias: _Bias) -> np.random.Generator:
    """Return the generator of a layer: no other layer moves it."""
    return stream(0, seed, Purpose.BIAS, name=bias.site.name)


def _biases(model: nn.Module, sites: Sites, scheme: BiasScheme) -> Iterator[_Bias]:
    """Yield every bias and shift of the sites, and what is to become of it."""
    ordered = sorted(sites, key=lambda site: site.is_output)  # the output is the last
    index = {site.name: number for number, site in enumerate(ordered)}
    names: dict[int, str] = {}
    for site in sites:
        place = scheme_place(site, AS_BUILT, sites)
        for path, kind in ((site.layer, site.layer_kind), (site.norm, site.norm_kind)):
            if not path:
                continue
            name = f"{path}.bias"
            bias = _Bias(name=name, kind=kind, site=site, done=NO_BIAS, is_left=True)
            value = getattr(model.get_submodule(path), "bias", None)
            if isinstance(value, Tensor):
                same = names.setdefault(id(value), name)
                if same != name:
                    bias = dataclasses.replace(bias, done=f"is {same} too")
                else:
                    bias = _decided(bias, index[site.name], place, scheme)
            yield bias


def _decided(bias: _Bias, index: int, place: str, scheme: BiasScheme) -> _Bias:
    site = bias.site
    has_bias = scheme.output_bias if site.is_output else scheme.hidden_bias
    if not has_bias:
        return dataclasses.replace(bias, done="taken out", is_left=False, is_removed=True)
    if bias.name != place:
        subtracts = ", which subtracts it" if site.has_batch_norm else ""
        done = f"set to zero: {site.norm_kind} follows{subtracts}"
        return dataclasses.replace(bias, done=done, is_left=False)
    shape = site.shape(index=index, in_norm=bool(site.norm) and place == f"{site.norm}.bias")
    started = f"started by {scheme.name!r}"
    done = started if scheme.touches(shape) else "set to zero: the output layer"
    done = done if scheme.trains(shape) else f"{done}, not trained"
    return dataclasses.replace(bias, done=done, is_left=False, shape=shape)


def _parameter(model: nn.Module, name: str) -> Tensor:
    path, _, own = name.rpartition(".")
    found = getattr(model.get_submodule(path), own)
    assert isinstance(found, Tensor)
    return found


def _write(model: nn.Module, biases: list[_Bias], values: Values) -> None:
    """Give parameters their values in place, each in its precision and on its device."""
    for bias in biases:
        if bias.is_removed:
            model.get_submodule(bias.name.rpartition(".")[0]).bias = None  # type: ignore[assignment]
        elif not bias.is_left:
            value = _parameter(model, bias.name)
            start = torch.from_numpy(values[bias.name])
            with torch.no_grad():
                value.copy_(start.reshape(value.shape) if bias.shape is not None else start)


def _from_example(
    model: nn.Module,
    biases: list[_Bias],
    values: Values,
    scheme: BiasScheme,
    example: Tensor,
    seed: int,
) -> Values:
    """Return values of hidden layers that start in order, by what they see of the example.

    A copy is run, in training and in the model's own precision and device.
    """
    copied = copy.deepcopy(model).train()
    found = dict(values)
    _write(copied, biases, found)
    for bias in biases:
        if bias.shape is None or bias.shape.is_output:
            continue
        seen = _seen(copied, bias.name.rpartition(".")[0], bias.shape.channels, example)
        found[bias.name] = scheme.start_from(bias.shape, seen, _rng(seed, bias))
        _write(copied, [bias], found)
    return found


def _seen(model: nn.Module, path: str, units: int, example: Tensor) -> NDArray[np.float64]:
    """Return what a layer or normalisation puts out, (values, units), in all its calls."""
    kept: list[Tensor] = []

    def keep(part: nn.Module, _inputs: object, output: Tensor) -> None:
        # a copy: an activation in place would change what is kept
        kept.append(units_last(part, output, units).to("cpu", torch.float64, copy=True))

    handle = model.get_submodule(path).register_forward_hook(keep)
    with seeded(0), torch.no_grad():
        model(example)
    handle.remove()
    return torch.cat(kept).numpy()


_STATISTICS: Mapping[str, Callable[[NDArray[np.float64]], float]] = {
    "mean": lambda values: float(values.mean()),
    "sd": lambda values: float(values.std()),
    "min": lambda values: float(values.min()),
    "max": lambda values: float(values.max()),
}


def _row(model: nn.Module, bias: _Bias) -> dict[str, object]:
    site = bias.site
    has_norm_after = site.norm and bias.name != f"{site.norm}.bias"
    row = {
        "name": bias.name,
        "kind": bias.kind,
        "biases": 0,
        "fan_in": site.fan_in,
        "fan_out": site.fan_out,
        "norm": f"{site.norm} ({site.norm_kind})" if has_norm_after else "",
        "done": bias.done,
    }
    if bias.is_removed or bias.done == NO_BIAS:
        return row | dict.fromkeys(_STATISTICS, np.nan)
    values = _parameter(model, bias.name).detach().double().cpu().numpy()
    row["biases"] = values.size
    return row | {name: statistic(values) for name, statistic in _STATISTICS.items()}


def _left(sites: Sites) -> Iterator[dict[str, object]]:
    """Yield a row for each parameter that is named like a bias and belongs to no site."""
    for left in sites.untreated:
        if LIKE_BIASES.search(left.name.rpartition(".")[2]):
            yield {
                "name": left.name,
                "kind": "parameter",
                "biases": int(np.prod(left.shape)),
                "fan_in": 0,
                "fan_out": 0,
                "norm": "",
                "done": f"left: {left.reason}",
                **dict.fromkeys(_STATISTICS, np.nan),
            }
