"""A shard trained without Snakemake."""

import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from biasinit.data.prepared import save_prepared
from biasinit.study.reading import parse_study
from biasinit.training import recommend_width
from biasinit.training.__main__ import main
from biasinit.training.description import ShardDescription
from biasinit.training.loop import train_shard


@pytest.fixture
def shard(mapping):
    mapping |= {"seeds": 2, "seeds_per_shard": 2}
    mapping["training"] = {"epochs": 2, "batch_size": 16, "probe_images": 32}
    study = parse_study(mapping)
    return study.shard_description(cell=study.cells[0], normalization="none", scheme="1.0", shard=0)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_it_gives_the_tables_of_the_workflow(suffix, shard, small_digits, tmp_path, capsys):
    save_prepared(small_digits, tmp_path / "digits.npz")
    path = tmp_path / f"shard.{suffix}"
    path.write_text(json.dumps(shard) if suffix == "json" else yaml.safe_dump(shard))
    assert main([str(path), str(tmp_path / "digits.npz"), str(tmp_path / "out")]) == 0
    assert "100% of epochs" in capsys.readouterr().err
    expected = train_shard(ShardDescription.from_mapping(shard, folder=tmp_path), small_digits)
    for name in ("runs", "curves", "layers", "correct"):
        found = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        pd.testing.assert_frame_equal(found, getattr(expected, name), check_dtype=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no description of a shard"),
        ("[]", "is no description of a shard"),
        ("{}", "lacks the key 'seeds'. Add it."),
        ("[" * 100_000, "is no description of a shard"),
    ],
)
def test_a_bad_description_is_named_without_a_traceback(content, message, tmp_path, capsys):
    path = tmp_path / "shard.json"
    path.write_text(content)
    assert main([str(path), str(tmp_path / "no.npz"), str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert str(path) in error
    assert message in error


WRONG = {
    "an unknown normalisation": (
        {"normalization": "layernorm"},
        "must be 'none', 'batchnorm_shift', 'norm_shift' or 'batchnorm', got 'layernorm'.",
    ),
    "an unknown start of weights": ({"cell.weight_init": "zero"}, "cell.weight_init: must be 'he'"),
    "an unknown scaling": (
        {"cell.input_scaling": "log"},
        "cell.input_scaling: must be 'standardized' or 'raw', got 'log'.",
    ),
    "an unknown optimiser": (
        {"optimizer.kind": "adam"},
        "optimizer.kind: must be 'sgd' or 'adamw', got 'adam'.",
    ),
    "an unknown schedule": (
        {"optimizer.schedule": {"kind": "linear"}},
        "optimizer.schedule.kind: must be 'constant', 'cosine', 'step', 'multi_step' or "
        "'one_cycle', got 'linear'.",
    ),
    "an unknown precision": ({"training.precision": "half"}, "training.precision: must be 'float"),
    "an unknown augmentation": (
        {"training.augmentation": "blur"},
        "training.augmentation: must be 'none', 'crop', 'flip' or 'crop_flip', got 'blur'.",
    ),
    "an unknown engine": (
        {"training.engine": "jit"},
        "training.engine: must be 'eager', 'compiled' or 'serial', got 'jit'.",
    ),
    "no epochs": (
        {"training.epochs": 0},
        "training.epochs: must be greater than or equal to 1, got 0.",
    ),
    "half a batch": (
        {"training.batch_size": 0.5},
        "training.batch_size: must be a whole number, got 0.5.",
    ),
    "a momentum of more than all": (
        {"optimizer.momentum": 1.5},
        "optimizer.momentum: must be less than 1, got 1.5.",
    ),
    "a width that is text": ({"architecture.width": "wide"}, "unexpected keyword argument 'width'"),
    "no seeds": ({"seeds": [2, 2]}, "'seeds' must be the first seed, from 0 on, and the one after"),
    "a seed below 0": ({"seeds": [-1, 2]}, "'seeds' must be the first seed, from 0 on"),
    "three seeds": ({"seeds": [0, 1, 2]}, "is no description of a shard (too many values to"),
    "a rate that is text": (
        {"cell.learning_rate": "fast"},
        "cell.learning_rate: must be a number, got 'fast'.",
    ),
    "a rate of 0": (
        {"cell.learning_rate": 0},
        "cell.learning_rate: must be greater than 0, got 0.",
    ),
    "an unknown scheme": ({"scheme": {"name": "a", "kind": "ones"}}, "is no description of a"),
    "a spread below 0": (
        {"scheme": {"name": "a", "kind": "normal", "std": -1}},
        "scheme.std: must be greater than 0, got -1.",
    ),
    "a key of a later version": ({"training.warmup": 3}, "unexpected keyword argument 'warmup'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_description_that_training_cannot_work_with_is_named(case, shard, tmp_path, capsys):
    changes, message = WRONG[case]
    for key, value in changes.items():
        *section, name = key.split(".")
        (shard[section[0]] if section else shard)[name] = value
    path = tmp_path / "shard.json"
    path.write_text(json.dumps(shard))
    assert main([str(path), str(tmp_path / "no.npz"), str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert str(path) in error
    assert message in error
    assert not (tmp_path / "out").exists()


def test_a_missing_description_is_named(tmp_path, capsys):
    assert main([str(tmp_path / "no.json"), str(tmp_path / "no.npz"), str(tmp_path)]) == 1
    assert "no.json: cannot be read (No such file or directory)" in capsys.readouterr().err


def test_a_batch_larger_than_the_training_images_is_named(shard, small_digits, tmp_path, capsys):
    save_prepared(small_digits, tmp_path / "digits.npz")
    shard["training"]["batch_size"] = 129
    path = tmp_path / "shard.json"
    path.write_text(json.dumps(shard))
    assert main([str(path), str(tmp_path / "digits.npz"), str(tmp_path / "out")]) == 1
    assert "must be at most the 128 training images, got 129. Lower it" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_named_before_training(
    shard, small_digits, tmp_path, capsys
):
    save_prepared(small_digits, tmp_path / "digits.npz")
    path = tmp_path / "shard.json"
    path.write_text(json.dumps(shard))
    assert main([str(path), str(tmp_path / "digits.npz"), str(path)]) == 1
    error = capsys.readouterr().err
    assert f"{path} cannot be made" in error
    assert "of epochs" not in error


@pytest.mark.parametrize("threads", ["0", "-1", "many"])
def test_an_impossible_option_is_named(threads, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["shard.json", "digits.npz", "out", f"--threads={threads}"])
    assert caught.value.code == 2
    assert (
        f"--threads: must be a whole number from 1 on, got '{threads}'" in capsys.readouterr().err
    )


def test_engine_and_width_are_recommended_from_what_was_measured(
    shard, small_digits, tmp_path, capsys
):
    save_prepared(small_digits, tmp_path / "digits.npz")
    path = tmp_path / "shard.json"
    path.write_text(json.dumps(shard))
    command = [str(path), str(tmp_path / "digits.npz"), "--largest", "4", "--seconds", "0.05"]
    assert recommend_width.main(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[:3:2] for line in said[:4]] == [
        *(["serial", "1"], ["eager", "1"], ["eager", "2"], ["eager", "4"])
    ]
    assert re.fullmatch(r"eager at width \d is \d+\.\d\d times as fast as serial\.", said[4])
    recommended = r"Recommended: training: \{engine: (serial|eager, width: [124])\}"
    assert re.fullmatch(recommended, said[5])


@pytest.mark.parametrize(
    ("rates", "engine"),
    [
        ({"serial": 100.0, "eager": 129.0, "compiled": 129.0}, "serial"),
        ({"serial": 100.0, "eager": 90.0, "compiled": 130.0}, "compiled"),
        ({"serial": 100.0, "eager": 140.0, "compiled": 130.0}, "eager"),
        ({"serial": 100.0}, "serial"),
    ],
)
def test_serial_is_recommended_unless_another_engine_is_three_tenths_faster(rates, engine):
    assert recommend_width.recommended_engine(rates) == engine


def test_the_smallest_width_close_to_the_fastest_is_recommended():
    found = [
        recommend_width.WidthSpeed(width=width, images_per_second=speed, device_bytes=0)
        for width, speed in ((1, 10.0), (2, 94.0), (4, 96.0), (8, 100.0))
    ]
    assert recommend_width.recommended(found) == 4


def test_a_machine_with_torch_numpy_pandas_and_pyarrow_alone_can_train(
    shard, small_digits, tmp_path
):
    """Any other package of the study is refused; what those four need themselves is not."""
    save_prepared(small_digits, tmp_path / "digits.npz")
    (tmp_path / "shard.json").write_text(json.dumps(shard))
    refuse = (
        "import sys, runpy\n"
        "others = ('sklearn', 'scipy', 'statsmodels', 'seaborn', 'matplotlib', 'pydantic', "
        "'snakemake', 'yaml', 'rich', 'formulaic', 'pooch', 'PIL')\n"
        "sys.modules.update({name: None for name in others})\n"
        "sys.argv = ['training', 'shard.json', 'digits.npz', 'out']\n"
        "runpy.run_module('biasinit.training', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", refuse],
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(pd.read_parquet(tmp_path / "out" / "runs.parquet")) == 2


def test_a_missing_data_set_is_named(shard, tmp_path, capsys):
    path = tmp_path / "shard.json"
    path.write_text(json.dumps(shard))
    assert main([str(path), str(tmp_path / "no.npz"), str(tmp_path)]) == 1
    assert "no.npz cannot be read" in capsys.readouterr().err
