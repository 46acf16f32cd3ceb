"""Train one shard without Snakemake: ``python -m biasinit.training shard.json DATA OUTPUT``.

``shard.json`` is the description that the workflow gives to its jobs (what
``Study.shard_description`` returns), DATA a prepared data set
(``results/STUDY/data/NAME.npz``), and OUTPUT a folder that gets one Parquet file for each table.
A machine needs torch, numpy, pandas and pyarrow for this; a description in YAML needs PyYAML
too. With ``--checkpoint FILE`` the same command goes on where it was interrupted.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import biasinit
from biasinit.data.prepared import load_prepared
from biasinit.errors import BiasinitError, ConfigurationError, FolderError, Problem
from biasinit.files import remove_with_unfinished
from biasinit.tables import write_table
from biasinit.training.description import ShardDescription
from biasinit.training.loop import CHECKPOINT_INTERVAL_SECONDS, CheckpointPlace, train_shard
from biasinit.training.records.tables import TABLE_NAMES


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the shard that the command line names; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        description, data = read_description(options.shard), load_prepared(options.data)
        _make(options.output)  # before hours of training, not after them
        tables = train_shard(
            description,
            data,
            device=options.device,
            progress=lambda share: print(f"{share:.0%} of epochs", file=sys.stderr),
            checkpoint=_checkpoint(options),
        )
        for name in TABLE_NAMES:
            write_table(getattr(tables, name), options.output / f"{name}.parquet")
    except BiasinitError as error:
        print(error, file=sys.stderr)
        return 1
    if options.checkpoint:
        remove_with_unfinished(options.checkpoint)
    return 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(
            f"{folder} cannot be made ({error.strerror}).",
            mend="Name another folder for the tables.",
        ) from None


def _checkpoint(options: argparse.Namespace) -> CheckpointPlace | None:
    if options.checkpoint is None:
        return None
    return CheckpointPlace(
        path=options.checkpoint,
        code=biasinit.__version__,
        interval_seconds=options.checkpoint_seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m biasinit.training", description=__doc__)
    parser.add_argument("shard", type=Path, help="description of the shard, JSON or YAML")
    parser.add_argument("data", type=Path, help="prepared data set, .npz")
    parser.add_argument("output", type=Path, help="folder for the tables")
    parser.add_argument("--threads", type=positive, default=1, help="processor threads")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--checkpoint", type=Path, help="file to keep the state in")
    parser.add_argument(
        "--checkpoint-seconds",
        type=float,
        default=CHECKPOINT_INTERVAL_SECONDS,
        help="seconds between two checkpoints",
    )
    return parser


def positive(text: str) -> int:
    """Return the whole number from 1 on that an option of a command names.

    Raises:
        ArgumentTypeError: it is none; argparse says which option it is.

    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, got {text!r}")
    return int(text)


def read_description(path: Path) -> ShardDescription:
    """Return the description of a shard in a JSON or YAML file.

    Raises:
        ConfigurationError: the file cannot be read, or describes no shard.

    """
    try:
        return ShardDescription.from_mapping(_read(path), folder=path.parent)
    except OSError as error:
        problem = Problem(
            key=str(path), what=f"cannot be read ({error.strerror}).", mend="Name a file that can."
        )
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        problem = Problem(
            key=str(path),
            what=f"is no description of a shard ({error}).",
            mend="Correct it; Study.shard_description makes one.",
        )
    except KeyError as error:
        problem = Problem(key=str(path), what=f"lacks the key {error}.", mend="Add it.")
    raise ConfigurationError([problem], of="The description")


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        content: dict[str, Any] = json.loads(text)
        return content
    import yaml  # only here: a machine that trains from JSON need not have it

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    return content


if __name__ == "__main__":
    sys.exit(main())
