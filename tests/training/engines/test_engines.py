"""The numerical contract for the compiled engine, blocks with dummies, and interruptions."""

import json
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
from shards import after_steps, assert_same_bits, description, member, only_block

from biasinit.data.prepared import save_prepared
from biasinit.errors import CompilerError, DeviceError
from biasinit.networks import native_library
from biasinit.training.loop import CheckpointPlace, train_shard
from biasinit.training.shard import Shard

RANDOM = {"name": "normal", "kind": "normal", "std": 0.3}
TABLES = ("runs", "curves", "layers", "correct")
STEPS = 6


def compiled(**changes):
    given = {"scheme": RANDOM, "normalization": "batchnorm_shift", "engine": "compiled"}
    return description(**(given | changes))


def assert_same_tables(one, other):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param((7, 1, 2), id="first slot of 3"),
        pytest.param((1, 2, 7), id="last slot of 3"),
        pytest.param(tuple(range(8)), id="width 8"),
        pytest.param(tuple(range(32)), id="width 32"),
    ],
)
@pytest.mark.parametrize("normalization", ["none", "batchnorm_shift"])
@pytest.mark.slow
def test_slot_and_width_change_no_bit_of_compiled_steps(
    seeds, normalization, small_digits, compiled_code
):
    alone, _ = after_steps(compiled(seeds=(7,), normalization=normalization), small_digits, STEPS)
    beside, _ = after_steps(compiled(seeds=seeds, normalization=normalization), small_digits, STEPS)
    assert_same_bits(member(alone, 7), member(beside, 7))
    assert torch.equal(alone.logits("test")[0], beside.logits("test")[seeds.index(7)])


@pytest.mark.slow
def test_a_member_full_of_nan_changes_nothing_for_compiled_neighbours(small_digits, compiled_code):
    healthy, _ = after_steps(compiled(seeds=(1, 2, 7)), small_digits, STEPS)
    beside = only_block(compiled(seeds=(1, 2, 7)), small_digits)
    for value in beside.state.trained.values():
        value[1] = torch.nan
    for number in range(1, STEPS + 1):
        beside.step(number)
    for seed in (1, 7):
        assert_same_bits(member(healthy, seed), member(beside, seed))
    assert beside.diverged_at.tolist() == [-1, 1, -1]


# compiling takes many seconds, so whatever needs it is slow
ENGINES = ["eager", pytest.param("compiled", marks=pytest.mark.slow)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_diverged_member_stays_as_it_was_when_it_diverged(engine, small_digits, compiled_code):
    block = only_block(compiled(seeds=(1, 2, 7), engine=engine), small_digits)
    block.step(1)
    block.state.trained["output.weight"][2] = torch.inf
    block.step(2)
    frozen = {name: value.clone() for name, value in member(block, 7).items()}
    block.step(3)
    block.step(4)
    assert block.diverged_at.tolist() == [-1, -1, 2]
    for name in block.state.trained:
        found = member(block, 7)[name]
        assert torch.equal(found.isnan(), frozen[name].isnan())
        assert torch.equal(found.nan_to_num(), frozen[name].nan_to_num())


@pytest.mark.parametrize("engine", ENGINES)
def test_blocks_with_dummies_give_the_tables_of_one_block(engine, small_digits, compiled_code):
    """Five seeds in blocks of two: the last block has a dummy where shapes are fixed."""
    seeds = tuple(range(5))
    whole = train_shard(compiled(seeds=seeds, engine=engine, width=5), small_digits)
    parts = train_shard(compiled(seeds=seeds, engine=engine, width=2), small_digits)
    assert_same_tables(whole, parts)
    assert len(parts.runs) == 5
    assert parts.jobs["width"].tolist() == [2]


@pytest.mark.slow
def test_only_fixed_shapes_are_filled_with_dummies(small_digits, compiled_code):
    from biasinit.training.shard import Block

    for engine, members in (("eager", 1), ("compiled", 2)):
        shard = Shard(compiled(seeds=(0, 1, 2), engine=engine, width=2), small_digits)
        assert shard.blocks() == ((0, 1), (2,))
        block = Block(shard, (2,))
        assert len(block.state.diverged_at) == members
        assert block.step(1).shape == (1,)
        assert block.logits("test").shape[0] == 1


class InterruptedHereError(Exception):
    pass


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("share", [0.25, 0.75], ids=["first block", "second block"])
def test_an_interrupted_block_goes_on_to_the_same_bits(
    share, engine, small_digits, tmp_path, compiled_code
):
    shard = compiled(epochs=2, seeds=tuple(range(4)), width=2, engine=engine)
    whole = train_shard(shard, small_digits)
    place = CheckpointPlace(path=tmp_path / "state", code="1", interval_seconds=0)

    def interrupt(done):
        if done == share:
            raise InterruptedHereError

    with pytest.raises(InterruptedHereError):
        train_shard(shard, small_digits, progress=interrupt, checkpoint=place)
    shares = []
    resumed = train_shard(shard, small_digits, progress=shares.append, checkpoint=place)
    assert shares[0] == share  # only the one step under way is trained again
    assert_same_tables(whole, resumed)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_compiling_took_is_noted_apart(engine, small_digits):
    job = train_shard(compiled(epochs=1, engine=engine), small_digits).jobs.iloc[0]
    assert (job["compiling_seconds"] > 0) == (engine == "compiled")
    assert job["compiling_seconds"] < job["duration_seconds"]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_goes_on_to_the_same_bytes(how, small_digits, tmp_path, mapping):
    from biasinit.study.reading import parse_study

    mapping |= {"seeds": 4, "seeds_per_shard": 4}
    mapping["training"] = {"epochs": 12, "batch_size": 8, "probe_images": 32, "width": 3}
    study = parse_study(mapping)
    cell = study.cells[0]
    shard = study.shard_description(cell=cell, normalization="none", scheme="zeros", shard=0)
    (tmp_path / "shard.json").write_text(json.dumps(shard))
    save_prepared(small_digits, tmp_path / "data.npz")

    def start(output, *options):
        command = [sys.executable, "-m", "biasinit.training", "shard.json", "data.npz", output]
        return subprocess.Popen(
            [*command, *options],
            cwd=tmp_path,
            env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
            stderr=subprocess.PIPE,
            text=True,
        )

    whole = start("whole")
    assert "100% of epochs" in whole.communicate()[1]
    options = ("--checkpoint", "kept", "--checkpoint-seconds", "0")
    first = start("parts", *options)
    deadline = time.monotonic() + 60
    while not (tmp_path / "kept").exists():
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.send_signal(how)
    first.communicate()
    assert first.returncode == -how
    assert not list((tmp_path / "parts").glob("*"))
    second = start("parts", *options)
    said = second.communicate()[1]
    assert second.returncode == 0, said
    assert "Resumed in block" in said
    assert not (tmp_path / "kept").exists()
    for name in TABLES:
        file = f"{name}.parquet"
        assert (tmp_path / "parts" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.slow
def test_engines_agree_closely_and_are_not_the_same_bits(small_digits, compiled_code):
    """Why the engine is a key of the study: the last bits differ, nothing else at first."""
    eager, one = after_steps(compiled(engine="eager"), small_digits, STEPS)
    fast, other = after_steps(compiled(), small_digits, STEPS)
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    pairs = [(member(eager, 1)[name], value) for name, value in member(fast, 1).items()]
    assert not all(torch.equal(one, other) for one, other in pairs)


def test_compiled_without_a_compiler_says_what_to_do(small_digits, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    native_library.library.cache_clear()
    with pytest.raises(CompilerError, match="'engine: compiled' needs a C\\+\\+ compiler"):
        train_shard(compiled(), small_digits)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_named(small_digits):
    with pytest.raises(DeviceError, match="The job asks for a GPU, and PyTorch finds none"):
        train_shard(description(), small_digits, device="cuda")
