"""The typed study: every key of a study file, its default and its meaning."""

import itertools
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from biasinit.metric import ACCURACY, Metric
from biasinit.plugins.own import own_reference
from biasinit.plugins.references import Reference
from biasinit.specs.cell import Cell, InputScaling, Normalization, WeightInitialisation
from biasinit.specs.datasets.base import Dataset
from biasinit.specs.keys import values_of
from biasinit.specs.limits import Name, Positive, Text
from biasinit.specs.networks.base import Architecture
from biasinit.specs.optimizer import Optimizer
from biasinit.specs.schemes.base import BiasScheme
from biasinit.specs.training import Training
from biasinit.study.kinds import AnyArchitecture, AnyDataset, AnyScheme
from biasinit.study.parts import MAXIMUM_SEEDS, Analysis, BroughtAnalysis, BroughtMetric, Part
from biasinit.vocabulary import AGAIN, CURVE, IDENTITY, QUICK, BroughtColumn, RunsFormat, Unfinished

# a quick try: enough for every part of the workflow to have something to do
QUICK_SEEDS = 4
QUICK_EPOCHS = 2
QUICK_JOBS = 60  # each takes some seconds to start
QUICK_IMAGES = {"train": 240, "validation": 80, "test": 200}
QUICK_PROBE_IMAGES = 60


def _network_of_name(value: object) -> object:
    """Return the keys of a network for a plain name, which stands for the kind of that name."""
    return {"name": value, "kind": value} if isinstance(value, str) else value


class Study(Part):
    """A study: its schemes, factors, seeds, training and registered analysis."""

    study: Name
    """Name of the study, and of its folder in results/."""
    study_seed: int = Field(ge=0)
    """Keys every random stream of the study."""
    seeds: int = Field(ge=1, le=MAXIMUM_SEEDS)
    """Number of seeds; a multiple of seeds_per_shard."""
    seeds_per_shard: int = Field(ge=1)
    """Consecutive seeds trained by one job; more seeds never re-train a shard."""
    schemes: tuple[AnyScheme, ...] = Field(min_length=1)
    """The bias-initialisation schemes, each by kind and parameters."""
    reference: Name = "zeros"
    """Name of the scheme that all others are compared with."""
    replicate: Name | None = "zeros"
    """Scheme that is trained once more with another batch order (the A/A arm); null for none."""
    normalizations: tuple[Normalization, ...] = Field(min_length=1)
    """'none', 'batchnorm_shift' (the scheme starts the shift), 'norm_shift' (the same for a module
    with group or layer norm), 'batchnorm' (identity check)."""
    datasets: tuple[AnyDataset, ...] = Field(min_length=1)
    """Data sets and their splits."""
    architectures: tuple[Annotated[AnyArchitecture, BeforeValidator(_network_of_name)], ...] = (
        Field(min_length=1)
    )
    """Networks."""
    weight_inits: tuple[WeightInitialisation, ...] = Field(min_length=1)
    """How weights start; 'he' is N(0, 2/fan_in), 'as_built' what a module of PyTorch comes with."""
    input_scalings: tuple[InputScaling, ...] = Field(default=("standardized",), min_length=1)
    """'standardized' by one mean and SD of the training set, or 'raw' in [0, 1]."""
    optimizers: tuple[Optimizer, ...] = Field(min_length=1)
    """Optimisers."""
    learning_rates: tuple[Positive, ...] = Field(min_length=1)
    """Learning rates, common to all schemes."""
    identity_learning_rates: Literal["all", "first"] = "all"
    """Whether the identity check is trained at all learning rates or at the first alone: it is in
    no statistics, and one rate shows whether the bias is cancelled."""
    training: Training
    """What is the same in every run."""
    analysis: Analysis
    """The registered analysis."""
    claims: str | None = Field(default=None, min_length=1)
    """File of the claims that the report judges, beside the study file; null for the thread's."""
    control: bool = False
    """Whether its answer is known beforehand, so that it tests the assay: it is no part of the one
    answer over all studies ('make answer'), which says whether its claims came out."""
    quick: bool = False
    """A try in minutes: few seeds, epochs and images, the first learning rate alone (in a study of
    many jobs, the first initialisation of the weights too), nothing compiled, and results of its
    own, under NAME-quick. It says nothing about the question."""

    def reduced(self) -> dict[str, Any]:
        """Return the keys of a quick try of this study, for a run of every part in minutes."""
        keys = self.model_dump()
        keys |= {"study": f"{self.study}{QUICK}", "quick": False}  # read again, it stays the same
        keys["seeds"] = keys["seeds_per_shard"] = min(self.seeds, QUICK_SEEDS)
        keys["learning_rates"] = self.learning_rates[:1]
        arms = sum(len(self.schemes_at(level)) for level in self.normalizations)
        if arms * len(self.cells) // len(self.learning_rates) > QUICK_JOBS:
            keys["weight_inits"] = self.weight_inits[:1]
        for dataset in keys["datasets"]:
            for subset, images in QUICK_IMAGES.items():
                dataset[subset] = min(dataset[subset], images)
        smallest = min(dataset["train"] for dataset in keys["datasets"])
        training = keys["training"]
        training["epochs"] = min(self.training.epochs, QUICK_EPOCHS)
        if self.training.engine == "compiled":  # it would take longer than the training
            training["engine"] = "eager"
        training["probe_images"] = min(self.training.probe_images, QUICK_PROBE_IMAGES, smallest)
        training["batch_size"] = min(self.training.batch_size, smallest)
        keys["analysis"] |= {
            "looks": (),
            "calibration_tables": 20,
            "resamples": 1_000,
        }
        return keys

    @property
    def replicate_name(self) -> str | None:
        """Name of the A/A pseudo-scheme in tables, or None."""
        return f"{self.replicate}{AGAIN}" if self.replicate else None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, in the order of the study file."""
        return tuple(
            Cell(
                dataset=dataset.name,
                architecture=architecture.name,
                weight_init=weight_init,
                input_scaling=input_scaling,
                optimizer=optimizer.name,
                learning_rate=learning_rate,
            )
            for dataset, architecture, weight_init, input_scaling, optimizer, learning_rate in (
                itertools.product(
                    self.datasets,
                    self.architectures,
                    self.weight_inits,
                    self.input_scalings,
                    self.optimizers,
                    self.learning_rates,
                )
            )
        )

    @property
    def measured(self) -> Metric:
        """What is compared at the end of a run."""
        return ACCURACY

    @property
    def conditions(self) -> tuple[tuple[Cell, Normalization], ...]:
        """Every cell with each normalisation that is trained in it."""
        first_alone = self.identity_learning_rates == "first"
        checked = self.learning_rates[:1] if first_alone else self.learning_rates
        return tuple(
            (cell, normalization)
            for cell, normalization in itertools.product(self.cells, self.normalizations)
            if normalization != IDENTITY or cell.learning_rate in checked
        )

    @property
    def shard_numbers(self) -> range:
        """Numbers of the shards; shard k holds seeds k·seeds_per_shard and following."""
        return range(self.seeds // self.seeds_per_shard)

    def schemes_at(self, normalization: str) -> tuple[str, ...]:
        """Return the names trained at one normalisation, the A/A pseudo-scheme included.

        The identity check, which enters no statistics, has neither the pseudo-scheme nor
        schemes without hidden biases: they have nothing that batch normalisation could cancel,
        and lack its shift, so that they are no identity.
        """
        if normalization == IDENTITY:
            return tuple(scheme.name for scheme in self.schemes if scheme.hidden_bias)
        names = tuple(scheme.name for scheme in self.schemes)
        return (*names, self.replicate_name) if self.replicate_name else names

    @property
    def run_count(self) -> int:
        """Number of runs of the whole study."""
        return self.seeds * sum(len(self.schemes_at(level)) for _, level in self.conditions)

    def dataset(self, name: str) -> Dataset:
        """Return the data set of that name."""
        return next(dataset for dataset in self.datasets if dataset.name == name)

    def architecture(self, name: str) -> Architecture:
        """Return the network of that name."""
        return next(network for network in self.architectures if network.name == name)

    def trained_scheme(self, name: str) -> BiasScheme:
        """Return the scheme that is trained under a name: that of the A/A arm, or its own."""
        trained = self.replicate if name == self.replicate_name else name
        return next(scheme for scheme in self.schemes if scheme.name == trained)

    @property
    def own_code(self) -> dict[str, Reference]:
        """References to users' own objects, by the place that names them."""
        places = {f"schemes.{scheme.name}": own_reference(scheme) for scheme in self.schemes}
        places |= {f"datasets.{entry.name}": own_reference(entry) for entry in self.datasets}
        places |= {f"architectures.{one.name}": own_reference(one) for one in self.architectures}
        return {place: reference for place, reference in places.items() if reference is not None}

    def shard_description(
        self, *, cell: Cell, normalization: str, scheme: str, shard: int
    ) -> dict[str, Any]:
        """Return what training one shard needs to know, as plain values.

        Every key has its value, so that a changed default trains again what it changes.
        """
        is_replicate = scheme == self.replicate_name
        optimizer = next(item for item in self.optimizers if item.name == cell.optimizer)
        first = shard * self.seeds_per_shard
        return {
            "study": self.study,
            "study_seed": self.study_seed,
            "seeds": [first, first + self.seeds_per_shard],
            "cell": cell.levels,
            "normalization": normalization,
            "scheme": values_of(self.trained_scheme(scheme)),
            "label": scheme,
            "order_stream": "replicate" if is_replicate else "",
            "architecture": values_of(self.architecture(cell.architecture)),
            "optimizer": values_of(optimizer),
            "training": values_of(self.training),
        }


class ImportedStudy(Part):
    """A study of runs that were trained elsewhere and are brought as a table, or as logs."""

    study: Name
    """Name of the study, and of its folder in results/; never that of a trained study."""
    study_seed: int = Field(default=0, ge=0)
    """Keys the random numbers of the analysis."""
    runs_table: str = Field(min_length=1)
    """CSV, Parquet or JSON-lines file with one row per run, or a folder of such files; with another
    'format' the store, folder or file of that tool. Relative to the working directory, or else to
    the study file's. docs/extending.md lists the columns of tables, docs/importing.md the tools."""
    format: RunsFormat = "table"
    """What the runs stand in: a 'table'; an 'mlflow' store; 'tensorboard' events; CSV logs of
    'lightning' or 'keras'; the runs that 'wandb' exports."""
    curves_table: str | None = Field(default=None, min_length=1)
    """table, wandb: the learning curves, from which speed is judged: a table with one row per run
    and epoch, or a chart of W&B as CSV."""
    columns: dict[BroughtColumn, Text] = Field(default_factory=dict)
    """Names of columns in the table where they are others than ours: 'scheme: method'. In logs the
    names of metrics, parameters and tags that are used; 'validation_accuracy' is the curve too."""
    run_name: Text | None = None
    """How a run's name, folder or file says what it is: '{scheme}/seed={seed}', with any of our
    names of columns in braces, and '{_}' for what says nothing. Logs alone."""
    experiment: Text | None = None
    """mlflow: name of the experiment; needed where the store has runs of several."""
    unfinished: Unfinished = "refused"
    """What becomes of logged runs that were killed, crashed, still run, or end before others:
    'refused' names them, 'left out' does without them, 'kept' takes their last values (as of early
    stopping), 'failed' does so and counts them as failed."""
    steps_per_epoch: Positive | None = None
    """Steps of the log that make an epoch: 1 where a step is an epoch. Needed for curves of mlflow,
    tensorboard and wandb; of lightning where a run has several points in an epoch."""
    steps_from: Literal[0, 1] | None = None
    """What the first step is called: 0 where point 0 was measured after the first step (or epoch),
    1 where it would be before all training. Needed where curves have a point 0."""
    unit: Literal["percent", "share"] | None = None
    """Of accuracy in the table: 'percent', or 'share' of 1. Where nothing is said it is percent,
    and what looks like shares is refused. Margins are points of percent in any case."""
    metric: BroughtMetric | None = None
    """What the table's final_accuracy is, where it is not accuracy: 'name', 'better' ('higher' or
    'lower') and 'unit'. validation_accuracy is the same on validation data then. Null for test
    accuracy."""
    schemes: tuple[Text, ...] = Field(min_length=1)
    """Names of the schemes in the table, in the order of the report; others are left out."""
    reference: Text = "zeros"
    """Name of the scheme that all others are compared with."""
    replicate: Text | None = None
    """Scheme that the table holds once more as NAME_again (the A/A arm); null for none."""
    epochs: Positive | None = None
    """Length of training in epochs; needed when the table has epochs_to_threshold."""
    analysis: BroughtAnalysis
    """The analysis; margins without a data set in the table go by any name."""
    claims: str | None = Field(default=None, min_length=1)
    """File of the claims that the report judges, beside the study file; null for the thread's."""

    @property
    def measured(self) -> Metric:
        """What is compared at the end of a run."""
        if self.metric is None:
            return ACCURACY
        return Metric.of(name=self.metric.name, unit=self.metric.unit, better=self.metric.better)

    @property
    def replicate_name(self) -> str | None:
        """Name of the A/A pseudo-scheme in the table, or None."""
        return f"{self.replicate}{AGAIN}" if self.replicate else None

    @property
    def parts_of_name(self) -> tuple[str, ...]:
        """What 'run_name' says of a run: the names in braces."""
        return tuple(re.findall(r"{([^{}]*)}", self.run_name or ""))

    @property
    def has_curves(self) -> bool:
        """Whether the runs bring learning curves, and there are thresholds to judge speed by."""
        if self.format in ("table", "wandb"):
            return self.curves_table is not None
        return CURVE in self.columns and bool(self.analysis.thresholds)
