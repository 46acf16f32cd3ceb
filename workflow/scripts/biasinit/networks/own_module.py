"""A module of PyTorch as a network of a study: any, a user's own or one of ours."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from biasinit.errors import NetworkError
from biasinit.networks.levels import (
    IDENTITY,
    WITHOUT,
    biases_of_sites,
    check_level,
    scheme_place,
    set_level,
)
from biasinit.networks.network import Network
from biasinit.networks.seeding import LARGEST_SEED, seeded
from biasinit.networks.sites import Site, Sites, find_sites
from biasinit.networks.stock import stock_arranged, stock_weight_size
from biasinit.specs.schemes.base import LayerShape

BATCH = 4  # images by which sites are found: batch norm of two values has no gradient
OWN = "module."  # before the names of the module's parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Factory:
    """What makes a module, of untrained weights that come from PyTorch's global generator."""

    name: str
    make: Callable[[], object]

    def module(self, seed: int) -> nn.Module:
        """Return a module whose weights are those of a seed.

        Raises:
            NetworkError: something else is made.

        """
        with seeded(seed):
            found = self.make()
        if not isinstance(found, nn.Module):
            raise NetworkError(
                f"must be a torch.nn.Module, got {type(found).__name__}.",
                mend="Name a class of modules, or a function that returns one.",
            )
        return found


def sites_on_images(module: nn.Module, *, image_shape: tuple[int, int, int], classes: int) -> Sites:
    """Return the sites of a module on images of (height, width, channels)."""
    height, width, channels = image_shape
    generator = torch.Generator().manual_seed(0)
    example = torch.randn(BATCH, channels, height, width, generator=generator)
    return find_sites(module, example, classes=classes)


class OwnModuleNetwork(Network):
    """A module brought to a level of normalisation, with the sites of its biases.

    Layers have the paths of their modules as names, and parameters too, after ``OWN``.
    """

    is_stock = True
    draws = True

    def __init__(
        self,
        factory: Factory,
        *,
        image_shape: tuple[int, int, int],
        classes: int,
        normalization: str,
        hidden_bias: bool = True,
        output_bias: bool = True,
    ) -> None:
        super().__init__()
        self.factory = factory
        self.normalization = normalization
        self._has_biases = {"hidden_bias": hidden_bias, "output_bias": output_bias}
        module = factory.module(0)
        self.sites: Sites = sites_on_images(module, image_shape=image_shape, classes=classes)
        check_level(self.sites, normalization)
        self._bring_to_level(module)
        self.module = module
        names = dict(self.module.named_parameters())
        self._biases = {
            site.name: f"{OWN}{place}"
            for site in self._places()
            if (place := scheme_place(site, normalization, self.sites)) in names
        }
        self._shapes = {
            site.name: site.shape(index=index, in_norm=self._starts_shift(site))
            for index, site in enumerate(self._places())
        }

    def _bring_to_level(self, module: nn.Module) -> None:
        set_level(module, self.sites, level=self.normalization, **self._has_biases)

    def _places(self) -> list[Site]:
        """Return the sites at this level; without normalisation only those of layers are left."""
        found = [site for site in self.sites if site.layer or self.normalization != WITHOUT]
        return sorted(found, key=lambda site: site.is_output)  # the output is the last

    def _starts_shift(self, site: Site) -> bool:
        return self.seen_at(site) == site.norm and self.normalization != IDENTITY

    def seen_at(self, site: Site) -> str:
        """Return the module whose output is what a site hands on at this level."""
        return site.norm if site.norm and self.normalization != WITHOUT else site.layer

    def forward(self, images: Tensor, preactivations: dict[str, Tensor] | None = None) -> Tensor:
        """Return logits (batch, classes) for images (batch, height, width, channels)."""
        first = images.permute(0, 3, 1, 2)  # channels-last in memory, as PyTorch is fastest with
        if preactivations is None:
            return self.module(first)  # type: ignore[no-any-return]
        with self._kept(preactivations):
            return self.module(first)  # type: ignore[no-any-return]

    @contextmanager
    def _kept(self, preactivations: dict[str, Tensor]) -> Iterator[None]:
        """Let hooks keep what every site hands on, (values, units)."""
        handles = []
        for site in self._places():
            if site.is_output:
                continue
            shape = self._shapes[site.name]

            def keep(
                part: nn.Module, _inputs: object, output: Tensor, shape: LayerShape = shape
            ) -> None:
                # a copy: an activation in place would change what is kept
                rows = units_last(part, output.detach(), shape.channels).clone()
                before = preactivations.get(shape.name)
                found = rows if before is None else torch.cat([before, rows])
                preactivations[shape.name] = found

            part = self.module.get_submodule(self.seen_at(site))
            handles.append(part.register_forward_hook(keep))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def layer_shapes(self) -> dict[str, LayerShape]:
        """Return the shape of every site, the output's last."""
        return self._shapes

    def scheme_biases(self) -> dict[str, str]:
        """Return, by layer, the name of the parameter that the scheme starts."""
        return self._biases

    def drawn_weights(self) -> dict[str, str]:
        """Return, by layer, the name of the weight.

        A weight that is computed, as by ``weight_norm``, or that is another layer's stays as built.
        """
        kept = dict(self.named_parameters())
        names = {site.name: f"{OWN}{site.layer}.weight" for site in self._places() if site.layer}
        return {layer: name for layer, name in names.items() if name in kept}

    def weight_size(self, layer: str) -> tuple[int, int]:
        """Return how many weights go into a unit of a layer, and how many units it has."""
        return stock_weight_size(self.module.get_submodule(layer))

    def arranged(self, layer: str, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a drawn weight in the shape that the layer keeps it in."""
        return stock_arranged(self.module.get_submodule(layer), weight)

    def start(
        self, generator: np.random.Generator, dtype: torch.dtype
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return what the module itself starts with, and all biases of sites at zero."""
        module = self.factory.module(int(generator.integers(LARGEST_SEED)))
        self._bring_to_level(module)
        zero = set(biases_of_sites(self.sites))
        parameters = {
            f"{OWN}{name}": torch.zeros_like(value, dtype=dtype)
            if name in zero
            else value.detach().to(dtype).clone()
            for name, value in module.named_parameters()
        }
        buffers = {
            f"{OWN}{name}": (value.to(dtype) if value.is_floating_point() else value).clone()
            for name, value in module.named_buffers()
        }
        return parameters, buffers

    def with_running_means(
        self, buffers: Mapping[str, Tensor], parameters: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return buffers whose running means are at the biases that batch norm subtracts."""
        found = {name: value.clone() for name, value in buffers.items()}
        if self.normalization == IDENTITY:
            for site in self.sites:
                mean, bias = f"{OWN}{site.norm}.running_mean", f"{OWN}{site.layer}.bias"
                if site.has_batch_norm and mean in found and bias in parameters:
                    found[mean] = parameters[bias].to(found[mean].dtype).clone()
        return found


def units_last(part: nn.Module, output: Tensor, units: int) -> Tensor:
    """Return what a layer puts out as (values, units).

    Channels of images come second, and those of sequences that a linear layer or a layer norm
    made last.
    """
    last = isinstance(part, nn.Linear) or (
        isinstance(part, nn.LayerNorm)
        and tuple(output.shape[-len(part.normalized_shape) :]) == tuple(part.normalized_shape)
        and (type(part) is nn.LayerNorm or output.shape[1] != units)
    )
    if last:
        return output.reshape(-1, units)
    return output.movedim(1, -1).reshape(-1, units)
