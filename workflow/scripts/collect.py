"""Merge the tables of all shards, and decide on thresholds and failures."""

from collections.abc import Mapping, Sequence

from biasinit.execution.job import job
from biasinit.runs.outcomes import sorted_by_run, summarise_runs
from biasinit.runs.tables import COLLECTED_TABLES
from biasinit.tables import read_tables, write_table


def collect(
    *,
    shards: Mapping[str, Sequence[str]],
    study: str,
    thresholds: Mapping[str, float],
    epochs: int,
    seeds_per_shard: int,
    tables: Mapping[str, str],
) -> None:
    """Write one table of each kind from the tables of all shards.

    Args:
        shards: files of all shards, by table.
        study: name of the study.
        thresholds: validation accuracy that counts as converged, in percent, by data set.
        epochs: length of training.
        seeds_per_shard: seeds that one job trains.
        tables: output file of each table.

    """
    merged = {name: read_tables(files) for name, files in shards.items()}
    runs = summarise_runs(
        merged["runs"],
        merged["curves"],
        study=study,
        thresholds=thresholds,
        epochs=epochs,
        seeds_per_shard=seeds_per_shard,
    )
    collected = {
        "runs": runs,
        "curves": sorted_by_run(merged["curves"], "step"),
        "layers": sorted_by_run(merged["layers"]),
        "correct": sorted_by_run(merged["correct"]),
        "jobs": merged["jobs"],
    }
    for table in COLLECTED_TABLES:
        write_table(table.checked(collected[table.name]), tables[table.name])


if __name__ == "__main__":
    with job(snakemake.log[0]):
        collect(
            shards=dict(snakemake.input.items()),
            study=snakemake.wildcards.study,
            thresholds=snakemake.params.thresholds,
            epochs=snakemake.params.epochs,
            seeds_per_shard=snakemake.params.seeds_per_shard,
            tables=dict(snakemake.output.items()),
        )
