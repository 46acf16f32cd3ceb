"""A shard trained without Snakemake."""

import json

import pandas as pd
import pytest
import yaml

from biasinit.config import parse_study
from biasinit.data import save_prepared
from biasinit.training import ShardDescription, train_shard
from biasinit.training.__main__ import main


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
    expected = train_shard(ShardDescription.from_mapping(shard), small_digits)
    for name in ("runs", "curves", "layers", "correct"):
        found = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        pd.testing.assert_frame_equal(found, getattr(expected, name), check_dtype=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no description of a shard"),
        ("[]", "is no description of a shard"),
        ("{}", "lacks the key 'seeds'. Add it."),
    ],
)
def test_a_bad_description_is_named_without_a_traceback(content, message, tmp_path, capsys):
    path = tmp_path / "shard.json"
    path.write_text(content)
    assert main([str(path), str(tmp_path / "no.npz"), str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert str(path) in error
    assert message in error


def test_a_missing_data_set_is_named(shard, tmp_path, capsys):
    path = tmp_path / "shard.json"
    path.write_text(json.dumps(shard))
    assert main([str(path), str(tmp_path / "no.npz"), str(tmp_path)]) == 1
    assert "no.npz cannot be read" in capsys.readouterr().err
