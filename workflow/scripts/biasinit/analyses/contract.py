"""What an analysis says of itself, and what it is told of the study.

A module of this room with an ``ANALYSIS`` is one analysis. The workflow makes a rule of it, and
one script runs them all. Its ``run`` imports what it computes with: the workflow's parser reads
these modules, and needs no statistics.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from biasinit.metric import Metric
from biasinit.runs.columns import Table

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
"""Tables by name."""


class PlanKeys(TypedDict):
    """All that analyses are told of the registered plan; each gets the keys that it names."""

    reference: str
    """Name of the scheme that all others are compared with."""
    schemes: list[str]
    """In the order of the study, without the A/A arm."""
    replicate: str | None
    """The scheme that the A/A arm repeats."""
    epochs: float | None
    """Length of a run; None where brought runs do not say."""
    thresholds: dict[str, float]
    """Validation accuracy that counts as converged, in percent, by data set."""
    margins: dict[str, float]
    """Equivalence margin in the unit of the metric, by data set."""
    metric: dict[str, str]
    """What is compared at the end of a run, for ``biasinit.metric.Metric``."""
    speed_margin: tuple[float, float]
    """Ratios of times between which two schemes count as equally fast."""
    collapse_points: float
    """How much worse than the reference's median, in the unit of the metric; more has collapsed."""
    alpha: float
    """Error rate of a family at the present number of seeds."""
    resamples: int
    """Random sign flips where there are too many seeds to enumerate all."""
    analysis_seed: int
    """Keys all random numbers of the analysis."""
    calibration_tables: int
    """Relabelled tables, and simulated tables for each truth."""
    calibration_resamples: int
    """Random sign flips of each of these tables."""
    calibration_effect: float
    """Effect in points whose power is measured: the smallest margin."""
    questions: list[dict[str, str]]
    """Comparisons between levels of a factor that claims ask of the study."""
    architectures: NotRequired[list[str]]
    """Names of the networks; only of trained studies."""
    test_images: NotRequired[dict[str, int]]
    """Number of test images, by data set; only of trained studies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedStudy:
    """What decides which analyses a study has.

    Attributes:
        plan: the keys of its registered plan.
        run_columns: columns that its table `runs` has.
        compares_pairs: whether some of its networks compare pairs of images.
        learning_rates: how many it trains at; None where brought runs do not say before they are
            read.

    """

    plan: PlanKeys
    run_columns: frozenset[str]
    compares_pairs: bool
    learning_rates: int | None


def every_study(study: AnalysedStudy) -> bool:
    """Return that a study has the analysis, wherever there are the tables that it reads."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One analysis: a rule of the workflow, and what its job does.

    Attributes:
        name: of the rule, its log and its benchmark; that of the module.
        message: what Snakemake prints when it starts.
        reads: names of the tables that it needs; a study without one of them has no such analysis.
        reads_if_there: names of tables that it uses where the study has them.
        plan: the keys of the plan that it uses. No others reach it, so that changing them does
            not run it again.
        makes: the tables that it makes.
        run: returns the tables that it makes, by name, from those that it reads and its keys of
            the plan.
        applies: whether a study that has the tables has the analysis.
        memory_mb: main memory of its job.
        minutes: that its job may take.
        is_local: whether it is too small for a job of its own on a cluster.

    """

    name: str
    message: str
    reads: tuple[str, ...]
    reads_if_there: tuple[str, ...] = ()
    plan: tuple[str, ...]
    makes: tuple[Table, ...]
    run: Callable[[Tables, Mapping[str, Any]], Tables]
    applies: Callable[[AnalysedStudy], bool] = every_study
    memory_mb: int
    minutes: int
    is_local: bool

    @property
    def module(self) -> str:
        """The file of the analysis, below the folder of the scripts."""
        return f"biasinit/analyses/{self.name}.py"

    def keys(self, plan: PlanKeys) -> dict[str, Any]:
        """Return the keys of a plan that the analysis uses; some, only trained studies have."""
        everything: Mapping[str, Any] = dict(plan)
        return {name: everything[name] for name in self.plan if name in everything}


def with_metric(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys of a plan with the metric as statistics take it, from the plain values of it."""
    return {**plan, "metric": Metric.from_mapping(plan["metric"])}


def analysis_named(name: str) -> Analysis:
    """Return the analysis of that name, and import no other."""
    found: Analysis = import_module(f"biasinit.analyses.{name}").ANALYSIS
    return found
