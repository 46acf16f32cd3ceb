"""The ordinary one-model loop in plain PyTorch: it defines what the fused trainer must do."""

from dataclasses import dataclass

import torch
from torch import nn

from biasinit.networks.initialisation import InitialState


def plain_network(normalization: str, *, side: int = 8, classes: int = 10) -> nn.Sequential:
    """Return the small CNN of stock layers, in the usual channels-first layout."""
    has_norm = normalization != "none"
    inner_bias = normalization != "batchnorm_shift"
    layers: list[nn.Module] = []
    inputs = 1
    for channels in (16, 32):
        layers.append(nn.Conv2d(inputs, channels, 3, padding=1, bias=inner_bias))
        layers += [nn.BatchNorm2d(channels)] if has_norm else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        inputs = channels
    layers += [ChannelsLastFlatten(), nn.Linear((side // 4) ** 2 * 32, 64, bias=inner_bias)]
    layers += [nn.BatchNorm1d(64)] if has_norm else []
    layers += [nn.ReLU(), nn.Linear(64, classes)]
    return nn.Sequential(*layers)


class ChannelsLastFlatten(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.permute(0, 2, 3, 1).flatten(1)


def load_state(network: nn.Sequential, state: InitialState) -> None:
    """Give a plain network the initial state of a member."""
    weighted = [layer for layer in network if isinstance(layer, nn.Conv2d | nn.Linear)]
    norms = [layer for layer in network if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    names = ["hidden.conv1", "hidden.conv2", "hidden.dense1", "output"]
    with torch.no_grad():
        for name, layer in zip(names, weighted, strict=True):
            prefix = f"{name}." if name == "output" else f"{name}.layer."
            weight = state.parameters[f"{prefix}weight"]
            if isinstance(layer, nn.Conv2d):
                outputs, inputs = layer.weight.shape[:2]
                layer.weight.copy_(weight.reshape(3, 3, inputs, outputs).permute(3, 2, 0, 1))
            else:
                layer.weight.copy_(weight.T)
            if layer.bias is not None:
                layer.bias.copy_(state.parameters[f"{prefix}bias"])
        for name, norm in zip(names, norms, strict=False):
            norm.weight.copy_(state.parameters[f"{name}.norm.weight"])
            norm.bias.copy_(state.parameters[f"{name}.norm.bias"])
            norm.running_mean.copy_(state.buffers[f"{name}.norm.running_mean"])
            norm.running_var.copy_(state.buffers[f"{name}.norm.running_variance"])


@dataclass
class PlainRun:
    losses: list[float]
    logits: torch.Tensor


def train_plainly(network, images, labels, order, *, steps, evaluate_on, **optimizer) -> PlainRun:
    """Train for some steps; images are (images, height, width, channels)."""
    images = images.permute(0, 3, 1, 2)
    algorithm = torch.optim.SGD(network.parameters(), **optimizer)
    losses = []
    network.train()
    for batch in order[:steps]:
        algorithm.zero_grad()
        loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
        loss.backward()
        algorithm.step()
        losses.append(loss.item())
    network.eval()
    with torch.no_grad():
        return PlainRun(losses, network(evaluate_on.permute(0, 3, 1, 2)))
