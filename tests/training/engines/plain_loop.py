"""A training loop as a user writes it, which shares nothing with the library but the batches."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from biasinit.streams import Purpose, stream
from biasinit.training.shard import Block

LARGEST_SEED = 2**63 - 1


def built(make: Callable[[], nn.Module], *, study_seed: int, seed: int) -> nn.Module:
    """Return the module of a seed as PyTorch's generator makes it, in float64."""
    torch.manual_seed(
        int(stream(study_seed, seed, Purpose.WEIGHTS, name="as_built").integers(LARGEST_SEED))
    )
    return make().double()


def generator_of_step(number: int, *, study_seed: int, seed: int) -> None:
    """Let the generator start where a step of a seed draws dropout."""
    drawn = stream(study_seed, seed, Purpose.DROPOUT, name=f"step {number}")
    torch.manual_seed(int(drawn.integers(LARGEST_SEED)))


def batch_of(block: Block, number: int) -> tuple[Tensor, Tensor]:
    """Return the images, channels first and contiguous, and labels of a step."""
    inputs, train = block.inputs(number), block.examples["train"]
    images = train.scaled(inputs.batch, inputs.draws)[0]
    return images.permute(0, 3, 1, 2).contiguous(), train.labels[inputs.batch[0]]


def groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return parameters in two groups: biases do not decay."""
    biases = [value for name, value in model.named_parameters() if name.endswith("bias")]
    others = [value for name, value in model.named_parameters() if not name.endswith("bias")]
    return [
        {"params": others, "weight_decay": weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]


def trained(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    *,
    block: Block,
    steps: int,
    clip: float | None = None,
) -> list[float]:
    """Train a model on the batches of a block of one seed; return the losses before each step."""
    (seed,), study_seed = block.seeds, block.shard.description.study_seed
    losses = []
    model.train()
    for number in range(1, steps + 1):
        generator_of_step(number, study_seed=study_seed, seed=seed)
        images, labels = batch_of(block, number)
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def logits(model: nn.Module, block: Block) -> Tensor:
    """Return logits on the test images, (images, classes), in evaluation."""
    test = block.examples["test"]
    model.eval()
    with torch.no_grad():
        return model(test.between(0, len(test))[0].permute(0, 3, 1, 2).contiguous())


def set_biases(model: nn.Module, values: Sequence[tuple[str, float]]) -> None:
    """Fill the named biases."""
    with torch.no_grad():
        for name, value in values:
            model.get_parameter(name).fill_(value)
