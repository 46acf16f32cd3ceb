"""Train one shard: consecutive seeds of one scheme, in one cell, at one normalisation."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from biasinit.data.prepared import load_prepared
from biasinit.execution.devices.checkpoint_interval import checkpoint_seconds
from biasinit.execution.devices.compiled_code import share_compiled_code
from biasinit.execution.devices.slots import held_device
from biasinit.execution.job import job
from biasinit.execution.progress.notes import ProgressNote
from biasinit.files import remove_with_unfinished
from biasinit.tables import write_table
from biasinit.training.description import ShardDescription
from biasinit.training.loop import CHECKPOINT_INTERVAL_SECONDS, CheckpointPlace, train_shard


def train(
    *,
    shard: Mapping[str, Any],
    folder: str,
    code: str,
    threads: int,
    device: str,
    compiled: str,
    data: str,
    progress: Path,
    checkpoint: Path,
    tables: Mapping[str, str],
    confirm: Callable[[], None],
) -> None:
    """Train the shard that ``shard`` describes and write its tables.

    Args:
        shard: the description of the shard.
        folder: of the study file, which a user's own files are relative to.
        code: version of the training code; a checkpoint of another version is not used.
        threads: processor threads.
        device: cpu or cuda.
        compiled: folder for compiled code, shared by all jobs.
        data: the prepared data set.
        progress: file that notes the share that is done.
        checkpoint: file that the state is kept in while training; removed at the end.
        tables: output file of each table.
        confirm: raises when another process has taken over the shard.

    """
    torch.set_num_threads(threads)
    share_compiled_code(Path(compiled))
    description = ShardDescription.from_mapping(shard, folder=Path(folder))
    with held_device() if device == "cuda" else nullcontext():
        result = train_shard(
            description,
            load_prepared(Path(data)),
            device=device,
            progress=ProgressNote(progress),
            checkpoint=CheckpointPlace(
                path=checkpoint,
                code=code,
                interval_seconds=checkpoint_seconds(CHECKPOINT_INTERVAL_SECONDS),
            ),
        )
    confirm()
    for name, path in tables.items():
        write_table(getattr(result, name), path)
    remove_with_unfinished(checkpoint)
    remove_with_unfinished(progress)


if __name__ == "__main__":
    with job(snakemake.log[0]) as confirm:
        train(
            shard=snakemake.params.shard,
            folder=snakemake.params.folder,
            code=snakemake.params.code,
            threads=snakemake.threads,
            device="cuda" if snakemake.resources.get("gpu", 0) else "cpu",
            compiled=snakemake.params.compiled,
            data=snakemake.input.data,
            progress=Path(snakemake.params.progress),
            checkpoint=Path(snakemake.params.checkpoint),
            tables=dict(snakemake.output.items()),
            confirm=confirm,
        )
