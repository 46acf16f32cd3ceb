"""The reference trainer: the ordinary loop over one model in plain PyTorch.

It defines what is right. Layers, batch normalisation, optimisers, schedules, clipping and loss
are those of PyTorch; only the initial parameters, the batch order and the crops and flips are
ours, because they make a run what it is. The fused trainer's first steps agree with it to
rounding, and its outcomes in distribution (tested).
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from biasinit.data.prepared import PreparedDataset, SubsetName
from biasinit.networks.initialisation import InitialState
from biasinit.networks.layers import (
    BATCHNORM_EPSILON,
    BATCHNORM_MOMENTUM,
    BatchNorm,
    Convolution,
    Dense,
    Network,
    with_bias,
)
from biasinit.specs.optimizer import Optimizer
from biasinit.training.description import ShardDescription
from biasinit.training.shard import Block, Shard


def _unusual(bias: Tensor | None) -> nn.Parameter | None:
    """Return a place for biases of positions or of halves, for which PyTorch has no layer."""
    if bias is None or bias.dim() == 1:
        return None
    return nn.Parameter(torch.empty_like(bias))


class _StockConvolution(nn.Module):
    def __init__(self, layer: Convolution) -> None:
        super().__init__()
        kernel = layer.kernel
        inputs, channels = layer.weight.shape[0] // kernel**2, layer.weight.shape[1]
        bias = layer.bias is not None and layer.has_one_bias_per_channel
        self.stock = nn.Conv2d(inputs, channels, kernel, padding=kernel // 2, bias=bias)
        self.bias = _unusual(layer.bias)

    def load(self, weight: Tensor, bias: Tensor | None) -> None:
        channels, inputs, kernel, _ = self.stock.weight.shape
        by_place = weight.reshape(kernel, kernel, inputs, channels)
        self.stock.weight.copy_(by_place.permute(3, 2, 0, 1))
        place = self.stock.bias if self.bias is None else self.bias
        if place is not None and bias is not None:
            place.copy_(bias)

    def forward(self, images: Tensor) -> Tensor:
        result: Tensor = self.stock(images.permute(0, 3, 1, 2))
        return with_bias(result.permute(0, 2, 3, 1), self.bias)


class _StockDense(nn.Module):
    def __init__(self, layer: Dense) -> None:
        super().__init__()
        inputs, units = layer.weight.shape
        self.bias = _unusual(layer.bias)
        self.stock = nn.Linear(inputs, units, bias=layer.bias is not None and self.bias is None)

    def load(self, weight: Tensor, bias: Tensor | None) -> None:
        self.stock.weight.copy_(weight.T)
        place = self.stock.bias if self.bias is None else self.bias
        if bias is not None:
            place.copy_(bias)

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.stock(features)
        return with_bias(result, self.bias)


class _StockBatchNorm(nn.Module):
    def __init__(self, layer: BatchNorm) -> None:
        super().__init__()
        self.stock = nn.BatchNorm1d(
            len(layer.weight), eps=BATCHNORM_EPSILON, momentum=BATCHNORM_MOMENTUM
        )
        self.bias = _unusual(layer.bias)
        if layer.bias is None or self.bias is not None:
            self.stock.register_parameter("bias", None)

    def load(self, weight: Tensor, bias: Tensor | None) -> None:
        self.stock.weight.copy_(weight)
        place = self.stock.bias if self.bias is None else self.bias
        if bias is not None:
            place.copy_(bias)

    def load_statistics(self, mean: Tensor, variance: Tensor) -> None:
        assert self.stock.running_mean is not None
        assert self.stock.running_var is not None
        self.stock.running_mean.copy_(mean)
        self.stock.running_var.copy_(variance)

    def forward(self, inputs: Tensor) -> Tensor:
        result: Tensor = self.stock(inputs.flatten(0, -2))
        return with_bias(result.reshape(inputs.shape), self.bias)


_STOCK = {Convolution: _StockConvolution, Dense: _StockDense, BatchNorm: _StockBatchNorm}


def reference_network(network: Network, state: InitialState) -> nn.Module:
    """Return a network of PyTorch's own layers that starts at ``state``.

    Args:
        network: any network of this library; it is left as it is.
        state: its initial parameters and buffers.

    """
    result = copy.deepcopy(network)
    precision = next(iter(state.parameters.values())).dtype
    replaced = [(name, layer) for name, layer in result.named_modules() if type(layer) in _STOCK]
    for name, layer in replaced:
        stock = _STOCK[type(layer)](layer).to(precision)
        with torch.no_grad():
            stock.load(state.parameters[f"{name}.weight"], state.parameters.get(f"{name}.bias"))
            if isinstance(stock, _StockBatchNorm):
                stock.load_statistics(
                    state.buffers[f"{name}.running_mean"], state.buffers[f"{name}.running_variance"]
                )
        parent, _, child = name.rpartition(".")
        setattr(result.get_submodule(parent), child, stock)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRun:
    """One run of the reference trainer.

    Attributes:
        losses: of every step, before it.
        network: after the last step.
        correct: test images that it classifies correctly, (images,).

    """

    losses: tuple[float, ...]
    network: nn.Module
    correct: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Test accuracy in percent."""
        return 100 * float(self.correct.sum()) / len(self.correct)


class ReferenceTrainer:
    """Trains single runs of a shard, in float32 or float64 on a CPU."""

    def __init__(self, description: ShardDescription, dataset: PreparedDataset) -> None:
        self._shard = Shard(description, dataset)

    def train(self, seed: int, *, steps: int | None = None) -> ReferenceRun:
        """Return one run, trained to its last step or for some steps."""
        shard = self._shard
        steps = shard.steps if steps is None else steps
        block = Block(shard, [seed])  # for its batch order, crops and flips
        network = reference_network(shard.network, block.initial_state(seed))
        optimizer = _optimizer(
            network,
            shard.description.optimizer,
            rate=shard.description.learning_rate,
            fixed=shard.fixed_biases(),
        )
        schedule = _schedule(optimizer, shard)
        clip = shard.description.optimizer.gradient_clip
        network.train()
        losses = []
        for number in range(1, steps + 1):
            images, labels = self._batch(block, number)
            optimizer.zero_grad()
            loss = shard.network.loss(
                network(images),
                labels,
                label_smoothing=shard.description.training.label_smoothing,
            )
            loss.backward()  # type: ignore[no-untyped-call]
            if clip is not None:
                trained = [value for group in optimizer.param_groups for value in group["params"]]
                nn.utils.clip_grad_norm_(trained, clip)
            optimizer.step()
            if schedule is not None and number < shard.steps:
                schedule.step()
            losses.append(loss.item())
        correct = self.logits(network, "test", seed).argmax(-1) == shard.labels["test"]
        return ReferenceRun(losses=tuple(losses), network=network, correct=correct.numpy())

    def logits(self, network: nn.Module, subset: SubsetName, seed: int) -> Tensor:
        """Return the logits of a trained network on a subset of a seed, (examples, classes)."""
        network.eval()
        with torch.no_grad():
            shown = self._shard.examples([seed])[subset]
            result: Tensor = network(shown.between(0, len(shown))[0])
        return result

    def _batch(self, block: Block, number: int) -> tuple[Tensor, Tensor]:
        inputs, data = block.inputs(number), block.examples["train"]
        return data.scaled(inputs.batch, inputs.draws)[0], data.labels[inputs.batch[0]]


def _optimizer(
    network: nn.Module, optimizer: Optimizer, *, rate: float, fixed: frozenset[str]
) -> torch.optim.Optimizer:
    decayed, others = [], []
    for name, value in network.named_parameters():
        if name.replace(".stock", "") in fixed:
            value.requires_grad_(False)
        elif optimizer.decay_biases or not name.endswith("bias"):
            decayed.append(value)
        else:
            others.append(value)
    groups = [
        {"params": decayed, "weight_decay": optimizer.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if optimizer.kind == "adamw":
        betas = (optimizer.beta1, optimizer.beta2)
        return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=optimizer.epsilon)
    return torch.optim.SGD(
        groups, lr=rate, momentum=optimizer.momentum, nesterov=optimizer.nesterov
    )


def _schedule(
    optimizer: torch.optim.Optimizer, shard: Shard
) -> torch.optim.lr_scheduler.LRScheduler | None:
    schedule = shard.description.optimizer.schedule
    if schedule.kind == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, shard.steps)
    if schedule.kind == "step":
        return torch.optim.lr_scheduler.StepLR(
            optimizer, schedule.step_epochs * shard.steps_per_epoch, schedule.step_factor
        )
    if schedule.kind == "one_cycle":
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=shard.description.learning_rate,
            total_steps=shard.steps,
            pct_start=schedule.rise,
            div_factor=schedule.start_divisor,
            final_div_factor=schedule.end_divisor,
            cycle_momentum=False,
        )
    return None
