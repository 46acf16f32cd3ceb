"""What the report says of a study itself, whether it was trained here or its runs were brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biasinit.statistics.inference.study_runs import cell_labels
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.parts import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """Names and numbers of a study.

    ``schemes`` are in the order of the study, without the A/A arm; ``cells`` counts cells;
    ``epochs`` and ``batch_size`` are None where they are not known; ``keys`` is the study file.
    """

    study: str
    schemes: tuple[str, ...]
    reference: str
    replicate: str | None
    replicate_name: str | None
    seeds: int
    seeds_per_shard: int
    cells: int
    run_count: int
    epochs: float | None
    batch_size: int | None
    analysis: Analysis
    keys: Mapping[str, Any]
    imported: bool = False


def facts_of(study: Study | ImportedStudy, runs: pd.DataFrame | None = None) -> StudyFacts:
    """Return the facts of a study; those of imported runs are counted in ``runs``."""
    common = {
        "study": study.study,
        "reference": study.reference,
        "replicate": study.replicate,
        "replicate_name": study.replicate_name,
        "analysis": study.analysis,
        "keys": study.model_dump(mode="json"),
    }
    if isinstance(study, Study):
        return StudyFacts(
            **common,  # type: ignore[arg-type]
            schemes=tuple(scheme.name for scheme in study.schemes),
            seeds=study.seeds,
            seeds_per_shard=study.seeds_per_shard,
            cells=len(study.cells),
            run_count=study.run_count,
            epochs=float(study.training.epochs),
            batch_size=study.training.batch_size,
        )
    table = pd.DataFrame({"seed": []}) if runs is None else runs
    return StudyFacts(
        **common,  # type: ignore[arg-type]
        schemes=study.schemes,
        seeds=table["seed"].nunique(),
        seeds_per_shard=1,
        cells=cell_labels(table).nunique(),
        run_count=len(table),
        epochs=study.epochs,
        batch_size=None,
        imported=True,
    )
