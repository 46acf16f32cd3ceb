"""What is promised of numbers, checked on the device."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from notes import Notes, stored
from shards import NETWORKS, random_images, with_width
from torch import Tensor

from biasinit.data.prepared import PreparedDataset
from biasinit.training.description import ShardDescription
from biasinit.training.loop import CheckpointPlace, train_shard
from biasinit.training.shard import Block, Shard

STEPS, WIDTH = 6, 4
DIGITS, CONV, RESNET = "small_cnn on digits", "conv 16-32-64, batch norm", "resnet-8"
CLOSE = 1e-3  # relative, of weights after three steps in float32 on two devices


class Setting:
    """Shards of one network under one engine."""

    def __init__(self, network: str, engine: str, device: str) -> None:
        self.network, self.engine, self.device = network, engine, device
        found = stored(network)
        self.refused = found["refused"].get(f"{engine}, float32")
        description = ShardDescription.from_mapping(found["description"], folder=Path())
        training = dataclasses.replace(description.training, engine=engine, epochs=2)
        self.description = with_width(dataclasses.replace(description, training=training), WIDTH)
        sizes = NETWORKS[network]
        self.data: PreparedDataset = random_images(side=sizes.side, colours=sizes.colours)

    def block(self, seeds: Sequence[int] = (0, 1, 2, 3), *, device: str = "") -> Block:
        """Return a block of a width that is always the same."""
        # a shard that is full has the width; its last block may be short
        shard = Shard(
            dataclasses.replace(self.description, seeds=(*range(WIDTH), *seeds)),
            self.data,
            device=device or self.device,
        )
        return Block(shard, seeds[: shard.width])

    def trained(self, seeds: Sequence[int] = (0, 1, 2, 3), *, steps: int = STEPS) -> Block:
        """Return a block after some steps."""
        return stepped(self.block(seeds), steps)


def stepped(block: Block, steps: int, *, first: int = 1) -> Block:
    """Train some steps and return the block."""
    for number in range(first, first + steps):
        block.step(number)
    return block


def member(block: Block, seed: int) -> dict[str, Tensor]:
    """Return the parameters and buffers of one seed."""
    slot = block.seeds.index(seed)
    everything = {**block.state.parameters, **block.state.buffers}
    return {name: value[slot].cpu() for name, value in everything.items()}


def same_bits(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Return whether all tensors are equal, not-a-number being equal to itself."""
    return all(
        torch.equal(value.nan_to_num(), other[name].nan_to_num()) for name, value in one.items()
    )


def starts_as_on_the_cpu(setting: Setting) -> bool:
    """Return whether initial weights, biases and batch order are the CPU's."""
    here, there = setting.block(), setting.block(device="cpu")
    same_order = bool((here.order == there.order).all())
    return same_order and all(
        same_bits(member(here, seed), member(there, seed)) for seed in here.seeds
    )


def same_bits_again(setting: Setting) -> bool:
    """Return whether training twice gives the same bits."""
    one, other = setting.trained(), setting.trained()
    return all(same_bits(member(one, seed), member(other, seed)) for seed in one.seeds)


def same_bits_in_any_slot(setting: Setting) -> bool:
    """Return whether the place of a member changes nothing."""
    one, other = setting.trained((0, 1, 2, 3)), setting.trained((3, 1, 0, 2))
    return all(same_bits(member(one, seed), member(other, seed)) for seed in range(WIDTH))


def same_bits_with_dummies(setting: Setting) -> bool:
    """Return whether a block that is filled up gives what a full one gives."""
    one, other = setting.trained((0, 1, 2, 3)), setting.trained((0, 1))
    return all(same_bits(member(one, seed), member(other, seed)) for seed in (0, 1))


def dead_neighbours_change_nothing(setting: Setting) -> bool:
    """Return whether a member that is not a number is noted and stays, and no other notices."""
    one, other = setting.trained(), setting.block()
    for value in other.state.trained.values():
        value[2] = torch.nan
    before = member(other, 2)
    stepped(other, STEPS)
    living = all(same_bits(member(one, seed), member(other, seed)) for seed in (0, 1, 3))
    noted = other.diverged_at.tolist() == [-1, -1, 1, -1]
    frozen = {name: value for name, value in before.items() if name in other.state.trained}
    return living and noted and same_bits(frozen, member(other, 2))


def resumed_to_the_same_bits(setting: Setting) -> bool:
    """Return whether a shard that was interrupted ends in the tables of one that was not."""
    description = dataclasses.replace(setting.description, seeds=tuple(range(WIDTH)))
    whole = train_shard(description, setting.data, device=setting.device)
    with tempfile.TemporaryDirectory() as folder:
        place = CheckpointPlace(path=Path(folder, "state"), code="", interval_seconds=0.0)

        def interrupt(share: float) -> None:
            raise InterruptedError

        with contextlib.suppress(InterruptedError):
            train_shard(
                description,
                setting.data,
                device=setting.device,
                checkpoint=place,
                progress=interrupt,
            )
        again = train_shard(description, setting.data, device=setting.device, checkpoint=place)
    return bool(whole.runs.equals(again.runs) and whole.curves.equals(again.curves))


def recorded_as_unrecorded(setting: Setting) -> bool:
    """Return whether a step that is replayed gives the bits of the step itself."""
    one, other = setting.trained(), setting.block()
    other.shard.engine = getattr(other.shard.engine, "unrecorded", other.shard.engine)
    stepped(other, STEPS)
    return all(same_bits(member(one, seed), member(other, seed)) for seed in one.seeds)


def first_steps_as_on_the_cpu(setting: Setting) -> dict[str, Any]:
    """Return whether the first three steps agree with those of the CPU to rounding."""
    here, there = setting.trained(steps=3), stepped(setting.block(device="cpu"), 3)
    largest = 0.0
    for seed in here.seeds:
        one, other = member(here, seed), member(there, seed)
        for name in here.state.trained:
            size = max(float(other[name].abs().max()), 1e-3)
            largest = max(largest, float((one[name] - other[name]).abs().max()) / size)
    return {"held": largest <= CLOSE, "largest relative difference": largest}


Check = Callable[[Setting], Any]
ALWAYS: tuple[Check, ...] = (starts_as_on_the_cpu, same_bits_again, resumed_to_the_same_bits)
SIDE_BY_SIDE: tuple[Check, ...] = (
    *(same_bits_in_any_slot, same_bits_with_dummies, dead_neighbours_change_nothing),
    *(recorded_as_unrecorded, first_steps_as_on_the_cpu),
)
SETTINGS: Mapping[str, Sequence[tuple[str, str, tuple[Check, ...]]]] = {
    "cuda": (
        (CONV, "eager", (*ALWAYS, *SIDE_BY_SIDE)),
        (DIGITS, "eager", (*ALWAYS, *SIDE_BY_SIDE)),
        (RESNET, "eager", (*ALWAYS, *SIDE_BY_SIDE)),
        (CONV, "serial", ALWAYS),
        (CONV, "compiled", (*ALWAYS, *SIDE_BY_SIDE)),
        (RESNET, "compiled", (*ALWAYS, *SIDE_BY_SIDE)),
    ),
    # that the checks run; what they say of a CPU is in the tests
    "cpu": (
        (DIGITS, "eager", (*ALWAYS, *SIDE_BY_SIDE)),
        (RESNET, "serial", (starts_as_on_the_cpu,)),
    ),
}


def contract(notes: Notes, device: str) -> None:
    """Note for each check whether it held, while there is time."""
    broken = []
    for network, engine, checks in SETTINGS[device]:
        setting = Setting(network, engine, device)
        if setting.refused:
            notes.note(f"{network}; {engine}", {"refused": setting.refused})
            continue
        for check in checks:
            name = f"{network}; {engine}; {check.__name__.replace('_', ' ')}"
            if notes.left < 5.0:
                notes.cut(name)
                continue
            try:
                found = check(setting)
            except Exception as error:  # one that fails costs no other
                found = {"held": False, "failed": f"{type(error).__name__}: {error}"[:500]}
            found = found if isinstance(found, dict) else {"held": found}
            notes.note(name, found)
            if not found["held"]:
                broken.append(name)
    if broken:
        notes.note("failed", f"{len(broken)} did not hold: {'; '.join(broken)}")
