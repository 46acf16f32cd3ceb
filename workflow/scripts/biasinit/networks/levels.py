"""Levels of normalisation, made from a module as it is built.

* ``batchnorm_shift`` and ``norm_shift``: as built. The scheme starts the shift of each
  normalisation, and the biases of layers that none follows. A layer that batch norm follows has no
  bias: batch norm would subtract it.
* ``none``: normalisations let everything through unchanged, and every layer has biases.
* ``batchnorm``: the layer before each batch norm has a bias, which the scheme starts and the norm
  subtracts again: the identity check. All other biases start at zero.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from biasinit.errors import NetworkError
from biasinit.networks.sites import BATCH_NORM, Site, Sites

WITHOUT, IDENTITY = "none", "batchnorm"
SHIFTS = ("batchnorm_shift", "norm_shift")


def levels_of(sites: Sites) -> list[str]:
    """Return the levels that can be made of a module with these sites."""
    found = [WITHOUT]
    if BATCH_NORM in sites.norm_kinds:
        found.append(SHIFTS[0])
    elif sites.norm_kinds:
        found.append(SHIFTS[1])
    if any(site.has_batch_norm for site in sites):
        found.append(IDENTITY)
    return found


def check_level(sites: Sites, level: str) -> None:
    """Refuse a level that cannot be made.

    Raises:
        NetworkError: with the reason.

    """
    there = levels_of(sites)
    if level in there:
        return
    kinds = sites.norm_kinds
    if not kinds:
        reason = f"has no normalisation, which {level!r} is about"
    elif level == IDENTITY:
        reason = f"has no batch norm that follows a layer, which alone cancels a bias ({level!r})"
    else:
        reason = f"normalises by {' and '.join(kinds)}, which {level!r} does not stand for"
    raise NetworkError(f"{reason}.", mend=f"Its levels are {', '.join(there)}.")


def scheme_place(site: Site, level: str, sites: Sites) -> str:
    """Return the name of the parameter that a scheme starts at a site, "" where there is none."""
    bias, shift = f"{site.layer}.bias" if site.layer else "", f"{site.norm}.bias"
    built = bias if site.has_bias else ""
    if site.is_output:
        return built
    if level == WITHOUT:
        return bias if sites.norm_kinds else built
    if level == IDENTITY:
        return bias if site.has_batch_norm else ""
    if site.norm:
        return shift if site.has_shift else ""
    return built


def what_happens(site: Site, level: str, sites: Sites) -> str:
    """Return in words what a level does to a site."""
    if site.is_output:
        return "bias of the output" if site.has_bias else "built without a bias"
    if level == WITHOUT:
        if not site.layer:
            return f"{site.norm_kind} taken out; nothing is left here"
        taken = f"{site.norm_kind} taken out; " if site.norm else ""
        if site.has_bias:
            return f"{taken}bias as built"
        return f"{taken}bias put in" if sites.norm_kinds else "built without a bias"
    if level == IDENTITY:
        if site.has_batch_norm:
            return "bias before batch norm, which subtracts it"
        return "stays at zero: nothing cancels it here"
    if site.norm:
        cancelled = site.has_batch_norm and site.has_bias
        words = f"shift of {site.norm_kind}" if site.has_shift else "normalised without a shift"
        return f"{words}; the layer's bias, which it cancels, taken out" if cancelled else words
    return "bias as built" if site.has_bias else "built without a bias"


def set_level(
    module: nn.Module, sites: Sites, *, level: str, hidden_bias: bool, output_bias: bool
) -> None:
    """Bring a module, as it was built, to a level.

    Args:
        module: is changed in place.
        sites: of a module that was built alike.
        level: one of ``levels_of``.
        hidden_bias: whether hidden layers and normalisations have biases at all.
        output_bias: whether the output layer has.

    """
    for site in sites:
        layer = module.get_submodule(site.layer) if site.layer else None
        norm = module.get_submodule(site.norm) if site.norm else None
        if site.is_output:
            if layer is not None and not output_bias:
                layer.bias = None  # type: ignore[assignment]
            continue
        if level == WITHOUT and norm is not None:
            _replace(module, norm, nn.Identity())
        elif norm is not None and site.has_shift and not hidden_bias:
            norm.bias = None  # type: ignore[assignment]
        if layer is not None:
            wanted = hidden_bias and _has_bias(site, level, sites)
            if wanted and layer.bias is None:
                weight = layer.weight
                assert isinstance(weight, Tensor)
                layer.bias = nn.Parameter(torch.zeros(site.channels, dtype=weight.dtype))
            elif not wanted:
                layer.bias = None  # type: ignore[assignment]


def _has_bias(site: Site, level: str, sites: Sites) -> bool:
    """Return whether the layer of a hidden site has a bias at a level."""
    if level == WITHOUT:
        return site.has_bias or bool(sites.norm_kinds)
    if site.has_batch_norm:
        return level == IDENTITY
    return site.has_bias


def _replace(module: nn.Module, part: nn.Module, other: nn.Module) -> None:
    """Put another module in all places of one."""
    places = [name for name, found in module.named_modules(remove_duplicate=False) if found is part]
    for name in places:
        parent, _, child = name.rpartition(".")
        setattr(module.get_submodule(parent), child, other)


def biases_of_sites(sites: Sites) -> Iterator[str]:
    """Yield the names that biases and shifts of sites have, where they exist."""
    for site in sites:
        yield from (f"{path}.bias" for path in (site.layer, site.norm) if path)
