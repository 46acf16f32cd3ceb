"""Training many seeds at once: fused members, the loop, probes, checkpoints."""

from biasinit.training.description import ShardDescription
from biasinit.training.loop import CheckpointPlace, train_shard
from biasinit.training.tables import ShardTables

__all__ = ["CheckpointPlace", "ShardDescription", "ShardTables", "train_shard"]
