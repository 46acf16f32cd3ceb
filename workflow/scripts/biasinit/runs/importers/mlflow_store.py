"""What an MLflow store holds, whatever it is kept in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from biasinit.runs.importers.contract import Point

STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
"""MLflow's words for its numbers."""
PARENT = "mlflow.parentRunId"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run of a store.

    Attributes:
        run_id: MLflow's own.
        name: that MLflow or a person gave it; others may have the same.
        experiment: name of its experiment.
        status: MLflow's word.
        deleted: whether it, or its experiment, was deleted.
        params: its parameters.
        tags: its tags.
        metrics: the points of the metrics that are asked for, in the order of writing.
        metric_names: of all metrics that it has.

    """

    run_id: str
    name: str
    experiment: str
    status: str
    deleted: bool
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, Sequence[Point]]
    metric_names: Collection[str]

    @property
    def parent(self) -> str:
        """Id of the run that it is nested in; empty where there is none."""
        return self.tags.get(PARENT, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All runs of a store, and what is wrong with its points."""

    runs: Sequence[StoredRun]
    problems: Sequence[str] = ()
