"""What training one shard leaves behind: tidy tables, one row per run, point or layer."""

from dataclasses import dataclass

import pandas as pd

TABLE_NAMES = ("runs", "curves", "layers", "correct", "jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTables:
    """The tables of one shard; columns in docs/tables.md.

    ``runs`` holds what training alone knows; thresholds and failures are decided by
    ``outcomes`` when all shards are merged, so that changing them re-trains nothing.
    """

    runs: pd.DataFrame
    curves: pd.DataFrame
    layers: pd.DataFrame
    correct: pd.DataFrame
    jobs: pd.DataFrame
