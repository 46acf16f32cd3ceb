"""What the report says of a study itself, whether it was trained here or its runs were brought.

The workflow reads a study once and hands these facts to the job that writes the report, as plain
values; the job reads no study again. The workflow's parser imports this module: no pandas here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from biasinit import numbers
from biasinit.metric import Metric
from biasinit.study.model import ImportedStudy, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisFacts:
    """What the report says of the registered analysis.

    Attributes:
        thresholds: value on validation data that counts as converged, by data set.
        margins: equivalence margin in the unit of the metric, by data set.
        speed_margin: ratios of time between which two schemes count as equally fast.
        alpha: family-wise error rate.
        resamples: number of sign flips where there are too many seeds to enumerate all.

    """

    thresholds: Mapping[str, float]
    margins: Mapping[str, float]
    speed_margin: tuple[float, float]
    alpha: float
    resamples: int


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
    metric: Metric
    analysis: AnalysisFacts
    keys: Mapping[str, Any]
    imported: bool

    @property
    def claims_file(self) -> str:
        """Name of the file of the claims that the study may test."""
        return PurePath(self.keys.get("claims") or "claims.yaml").name

    @property
    def places(self) -> int:
        """Decimals of differences: those that the smallest margin asks for."""
        return numbers.places(min(self.analysis.margins.values()))

    def to_mapping(self) -> dict[str, Any]:
        """Return the facts as plain values, for the parameters of a job."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "StudyFacts":
        """Return the facts that ``to_mapping`` gave away."""
        typed = {
            "analysis": AnalysisFacts(**mapping["analysis"]),
            "metric": Metric.from_mapping(mapping["metric"]),
        }
        return cls(**{**mapping, **typed})


def facts_of(study: Study | ImportedStudy) -> StudyFacts:
    """Return the facts of a study; of brought runs the job counts seeds, cells and runs itself."""
    analysis = study.analysis
    common: dict[str, Any] = {
        "study": study.study,
        "reference": study.reference,
        "replicate": study.replicate,
        "replicate_name": study.replicate_name,
        "metric": study.measured,
        "analysis": AnalysisFacts(
            thresholds=dict(analysis.thresholds),
            margins=dict(analysis.margins),
            speed_margin=analysis.speed_margin,
            alpha=analysis.alpha,
            resamples=analysis.resamples,
        ),
        "keys": study.model_dump(mode="json"),
    }
    if isinstance(study, ImportedStudy):
        return StudyFacts(
            **common,
            schemes=study.schemes,
            seeds=0,
            seeds_per_shard=1,
            cells=0,
            run_count=0,
            epochs=study.epochs,
            batch_size=None,
            imported=True,
        )
    return StudyFacts(
        **common,
        schemes=tuple(scheme.name for scheme in study.schemes),
        seeds=study.seeds,
        seeds_per_shard=study.seeds_per_shard,
        cells=len(study.cells),
        run_count=study.run_count,
        epochs=float(study.training.epochs),
        batch_size=study.training.batch_size,
        imported=False,
    )
