"""The typed study: every key of a study file, its default, its meaning and its checks.

A study file is YAML. ``load_study`` reads it, ``parse_study`` checks a mapping, and both
raise one ``ConfigurationError`` that lists every problem with its key, the value and the
mend. The models are frozen; below the scripts nobody sees a dictionary of configuration.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from biasinit.config_problems import CrossProblemsError, validation_problems
from biasinit.dataset_kinds import (
    DIGITS_IMAGES,
    IMAGE_SIDES,
    OFFICIAL_IMAGES,
    OMNIGLOT_DRAWERS,
    OMNIGLOT_IMAGES,
    OMNIGLOT_SIDE,
    Alphabets,
    DatasetKind,
    OfficialImages,
)
from biasinit.errors import ConfigurationError, Problem
from biasinit.layouts import Biases, Layout, NetworkKind, Twins, layout_of
from biasinit.schemes import (
    AlexNet,
    ByLayerType,
    Constant,
    FanInUniform,
    NegativeMixture,
    Normal,
    PerLayer,
    TruncatedNormal,
    Uniform,
    WithoutBiases,
    WithoutHiddenBiases,
    XavierNormal,
    XavierUniform,
    Zeros,
    scheme_mapping,
)
from biasinit.vocabulary import (
    IDENTITY,
    QUICK,
    AugmentationKind,
    Engine,
    InputScaling,
    Normalization,
    OptimizerKind,
    Precision,
    ScheduleKind,
    WeightInitialisation,
)

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}"
MAXIMUM_SEEDS = 100_000  # a study beyond this would plan millions of files by a slip of a zero
MAXIMUM_SHARDS = 50_000  # jobs that Snakemake can still plan in minutes

Name = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
# a quick try: enough for every part of the workflow to have something to do
QUICK_SEEDS = 4
QUICK_EPOCHS = 2
QUICK_JOBS = 60  # each takes some seconds to start
QUICK_IMAGES = {"train": 240, "validation": 80, "test": 200}
QUICK_PROBE_IMAGES = 60


def _number_from_text(value: object) -> object:
    """Return a number for text such as '1e-3', which YAML 1.1 reads as a string."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


Real = Annotated[float, BeforeValidator(_number_from_text), Field(allow_inf_nan=False)]
Percent = Annotated[Real, Field(gt=0, lt=100)]
AnyScheme = Annotated[
    Zeros
    | Constant
    | Normal
    | TruncatedNormal
    | Uniform
    | FanInUniform
    | XavierUniform
    | XavierNormal
    | PerLayer
    | AlexNet
    | ByLayerType
    | NegativeMixture
    | WithoutBiases
    | WithoutHiddenBiases,
    Field(discriminator="kind"),
]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=False, use_attribute_docstrings=True
    )


class Dataset(_Model):
    """A data set and how it is split; docs/data.md explains every kind."""

    name: Name
    """Name of the data set in paths and tables."""
    kind: DatasetKind = "digits"
    """Where the images come from: 'digits' (scikit-learn's 1,797 handwritten digits),
    'fashion_mnist', 'mnist', 'cifar10', 'omniglot' (pairs of characters), or 'npz' (your own)."""
    directory: str | None = Field(default=None, min_length=1)
    """Folder with the official files; without it they are downloaded to the folder data/, or to
    that of the environment variable BIASINIT_DATA."""
    path: str | None = Field(default=None, min_length=1)
    """npz: the file with your images."""
    size: int | None = Field(default=None, ge=8, le=OMNIGLOT_SIDE)
    """omniglot: height and width of the images in pixels; null means 28."""
    alphabets: Alphabets | None = None
    """omniglot: 'all' 50 alphabets, or the 'small' sets of 8; null means all."""
    pairs: bool = False
    """Whether images are shown in pairs, of the same class or not, as many pairs as images; for
    siamese networks, and always so with Omniglot."""
    imbalance: Real | None = Field(default=None, ge=1, le=1000)
    """How many times as large the first class is as the last among training images, which are
    thinned to it after 'train' of them are drawn; null thins nothing."""
    train: int = Field(ge=10)
    """Number of training images."""
    validation: int = Field(ge=10)
    """Number of validation images, which speed and tuning are measured on."""
    test: int = Field(ge=10)
    """Number of test images, which final accuracy is measured on; from the official test set where
    there is one."""
    split_seed: int = Field(default=0, ge=0)
    """Keys the random split; the same for all runs of the study."""

    @model_validator(mode="after")
    def _keys_and_sizes(self) -> "Dataset":
        problems = [*_key_problems(self), *_size_problems(self)]
        if problems:
            raise CrossProblemsError(problems)
        return self

    @property
    def description(self) -> dict[str, Any]:
        """What making the data set needs to know; keys that are not set are left out."""
        keys = self.model_dump(exclude={"name", "pairs"}, exclude_none=True)
        return keys | ({"pairs": True} if self.shows_pairs else {})

    @property
    def shows_pairs(self) -> bool:
        """Whether the images come in pairs."""
        return self.pairs or self.kind == "omniglot"


class Architecture(_Model):
    """A network: a kind with its keys. A plain name, such as small_cnn, is short for its kind."""

    name: Name
    """Name of the network in paths and tables."""
    kind: NetworkKind = "small_cnn"
    """'small_cnn' for 8×8 images, 'deep_mnist' for 28×28, 'plain_cnn' of any depth, 'vgg16',
    'convolutional', which is spelled out in layers; and for pairs of images 'siamese' and
    'siamese_koch'."""
    depth: int | None = Field(default=None, ge=1, le=64)
    """plain_cnn: number of convolutions (8 where nothing is said)."""
    channels: int | None = Field(default=None, ge=1, le=4096)
    """plain_cnn: channels of every convolution (64 where nothing is said)."""
    width: Real | None = Field(default=None, gt=0, le=4)
    """vgg16, siamese_koch: multiplies the published numbers of channels and units (1 where nothing
    is said)."""
    layers: tuple[Annotated[int, Field(ge=1, le=4096)] | Literal["pool"], ...] | None = None
    """convolutional, siamese: channels of each convolution, and 'pool' for a 2×2 maximum, in
    order."""
    kernel: int | None = Field(default=None, ge=1, le=15)
    """convolutional, siamese: side of all convolutions, odd (3 where nothing is said)."""
    dense: tuple[Annotated[int, Field(ge=1, le=65_536)], ...] | None = None
    """convolutional, siamese: units of each dense hidden layer; a siamese network compares the
    last."""
    global_average: bool | None = None
    """convolutional: whether the mean over positions is what the dense layers see."""
    biases: Biases = "shared"
    """'shared' has one bias for each channel, 'per_position' one at each position too."""
    head: Literal["l1", "contrastive"] | None = None
    """siamese kinds: how two embeddings are compared: 'l1' by a weighted sum of their absolute
    differences and cross-entropy (where nothing is said), 'contrastive' by their distance."""
    twins: Twins = "shared"
    """siamese kinds: what the two halves have in common: 'shared' is all, 'biases_untied' the
    weights, 'untied' nothing but their first weights."""

    @model_validator(mode="after")
    def _consistent(self) -> "Architecture":
        problems = list(_architecture_problems(self))
        if problems:
            raise CrossProblemsError(problems)
        return self

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return layout_of(**self.model_dump(exclude={"name"}))


def _architecture_from_name(value: object) -> object:
    """Return a mapping for a plain name, which stands for the kind of that name."""
    return {"name": value, "kind": value} if isinstance(value, str) else value


class Schedule(_Model):
    """How the learning rate changes from step to step, from the cell's learning rate."""

    kind: ScheduleKind = "constant"
    """'cosine' falls to 0 over the whole training; 'step' falls by step_factor every step_epochs
    epochs; 'one_cycle' rises to the learning rate and falls again, along half cosines."""
    step_epochs: int = Field(default=1, ge=1)
    """step: epochs between two falls."""
    step_factor: Real = Field(default=0.1, gt=0, lt=1)
    """step: what the learning rate is multiplied with."""
    rise: Real = Field(default=0.3, gt=0, lt=1)
    """one_cycle: share of the steps in which the learning rate rises."""
    start_divisor: Real = Field(default=25.0, ge=1)
    """one_cycle: the first learning rate is the highest one divided by this."""
    end_divisor: Real = Field(default=10_000.0, ge=1)
    """one_cycle: the last learning rate is the first one divided by this."""


class Optimizer(_Model):
    """How weights and biases are updated; the learning rate is a factor of its own."""

    name: Name
    """Name of the optimiser in paths and tables."""
    kind: OptimizerKind = "sgd"
    """'sgd' is stochastic gradient descent with momentum, 'adamw' Adam with decoupled decay."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """sgd: share of the previous update that is kept."""
    nesterov: bool = False
    """sgd: whether the gradient is taken after the momentum step."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """adamw: share of the running mean of gradients that is kept."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """adamw: share of the running mean of squared gradients that is kept."""
    epsilon: Real = Field(default=1e-8, gt=0)
    """adamw: added to the root of the mean square."""
    weight_decay: Real = Field(default=0.0, ge=0)
    """Decay of weights (and batch norm's scale): an L2 penalty for sgd, decoupled for adamw."""
    decay_biases: bool = False
    """Whether biases (and batch norm's shift) are decayed too."""
    gradient_clip: Real | None = Field(default=None, gt=0)
    """Largest norm of a run's gradient over all its parameters; null clips nothing."""
    schedule: Schedule = Schedule()
    """How the learning rate changes during training."""


class Training(_Model):
    """What is the same in every run of the study."""

    epochs: int = Field(ge=1, le=10_000)
    """Number of passes over the training images; final accuracy is measured after the last."""
    batch_size: int = Field(ge=1)
    """Images per step; a last incomplete batch of an epoch is left out."""
    points_per_epoch: int = Field(default=4, ge=1)
    """Validation points in each of the first dense_epochs epochs."""
    dense_epochs: int = Field(default=8, ge=0)
    """Epochs with points_per_epoch validation points; later epochs have one, at their end."""
    test_epochs: int = Field(default=3, ge=1)
    """The test set is looked at after each of the last test_epochs epochs; the last one counts."""
    probe_images: int = Field(default=200, ge=1)
    """Size of the fixed training subset on which active and dead units are counted."""
    precision: Precision = "float32"
    """Floating-point type; 'bfloat16' rounds activations and products, and keeps weights, batch
    norm and the loss in float32."""
    label_smoothing: Real = Field(default=0.0, ge=0, lt=1)
    """Share of each label that is spread over all classes."""
    augmentation: AugmentationKind = "none"
    """Random changes of training images: shifted crops over a black border, mirroring, both."""
    crop_margin: int = Field(default=4, ge=1, le=64)
    """crop: largest shift in pixels, in each direction."""
    engine: Engine = "eager"
    """How steps are run: 'compiled' is faster on long work and needs a C++ compiler; results of
    the two differ in the last bits."""
    width: int = Field(default=20, ge=1, le=65_536)
    """Seeds of a shard that are computed side by side; on a CPU it changes the speed alone."""


class Look(_Model):
    """One planned look at the study: at how many seeds, and with which share of alpha."""

    seeds: int = Field(ge=1, le=MAXIMUM_SEEDS)
    """Number of seeds at this look; a multiple of seeds_per_shard."""
    alpha: Real = Field(gt=0, lt=0.5)
    """Share of the family-wise error rate that this look spends."""


class Analysis(_Model):
    """The registered analysis; changing it re-trains nothing and is listed as a deviation."""

    thresholds: dict[str, Percent] = Field(default_factory=dict)
    """Validation accuracy (percent) that counts as converged, for each trained data set."""
    margins: dict[str, Annotated[Real, Field(gt=0, lt=100)]] = Field(min_length=1)
    """Equivalence margin for final accuracy in percentage points, for each data set."""
    speed_margin: tuple[Real, Real] = (0.80, 1.25)
    """Ratios of time to threshold between these two count as equivalent."""
    alpha: Real = Field(default=0.05, gt=0, lt=0.5)
    """Family-wise error rate within each family of contrasts."""
    looks: tuple[Look, ...] = ()
    """Planned looks, in the order of their seeds, when the study is to be judged more than once;
    their shares add up to alpha at most. Without them the study is judged once, with the whole
    alpha, and verdicts after any added seeds are exploratory."""
    tuning_seeds: int = Field(default=0, ge=0, le=MAXIMUM_SEEDS)
    """Seeds, the first ones, whose validation accuracy chooses the learning rate of each scheme;
    the others compare the schemes at these rates. 0 chooses none: the grid is common to all."""
    calibration_tables: int = Field(default=500, ge=20, le=100_000)
    """Number of relabelled, and of simulated, tables that the analysis is tried on."""
    resamples: int = Field(default=20_000, ge=1_000)
    """Number of random sign flips when there are too many seeds to enumerate all (above 16)."""

    @model_validator(mode="after")
    def _looks_spend_alpha(self) -> "Analysis":
        seeds = [look.seeds for look in self.looks]
        if any(later <= earlier for earlier, later in itertools.pairwise(seeds)):
            raise ValueError(f"looks must have more and more seeds, got {seeds}.")
        spent = sum(look.alpha for look in self.looks)
        if spent > self.alpha * (1 + 1e-9):
            raise ValueError(
                f"looks spend {spent:g} in all, which must be at most alpha ({self.alpha:g})."
            )
        return self

    def look_at(self, seeds: int) -> int | None:
        """Return the place of the look planned at so many seeds, or None."""
        planned = [look.seeds for look in self.looks]
        return planned.index(seeds) if seeds in planned else None

    def alpha_at(self, seeds: int) -> float:
        """Return the family-wise error rate with so many seeds: that of the look, if planned.

        The sum of the shares bounds the error of all looks together, however dependent they are
        (Bonferroni). With a number of seeds that was not planned the whole alpha is returned,
        and the report calls the verdicts exploratory.
        """
        place = self.look_at(seeds)
        return self.alpha if place is None else self.looks[place].alpha

    @model_validator(mode="after")
    def _ordered_speed_margin(self) -> "Analysis":
        low, high = self.speed_margin
        if not 0 < low < 1 < high:
            raise ValueError(
                "speed_margin must be two ratios below and above 1, such as [0.8, 1.25], "
                f"got [{low}, {high}]."
            )
        return self


class Cell(_Model):
    """One combination of the factors other than scheme and normalisation."""

    dataset: str
    architecture: str
    weight_init: str
    input_scaling: str
    optimizer: str
    learning_rate: float


class Study(_Model):
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
    """'none', 'batchnorm_shift' (the scheme starts the shift), 'batchnorm' (identity check)."""
    datasets: tuple[Dataset, ...] = Field(min_length=1)
    """Data sets and their splits."""
    architectures: tuple[Annotated[Architecture, BeforeValidator(_architecture_from_name)], ...] = (
        Field(min_length=1)
    )
    """Networks."""
    weight_inits: tuple[WeightInitialisation, ...] = Field(min_length=1)
    """How weights start; 'he' is N(0, 2/fan_in)."""
    input_scalings: tuple[InputScaling, ...] = Field(default=("standardized",), min_length=1)
    """'standardized' by one mean and SD of the training set, or 'raw' in [0, 1]."""
    optimizers: tuple[Optimizer, ...] = Field(min_length=1)
    """Optimisers."""
    learning_rates: tuple[Annotated[Real, Field(gt=0)], ...] = Field(min_length=1)
    """Learning rates, common to all schemes."""
    training: Training
    """What is the same in every run."""
    analysis: Analysis
    """The registered analysis."""
    quick: bool = False
    """A try in minutes: few seeds, epochs and images, the first learning rate alone (in a study of
    many jobs, the first initialisation of the weights too), the eager engine, and results of its
    own, under NAME-quick. It says nothing about the question."""

    @model_validator(mode="after")
    def _cross_checks(self) -> "Study":
        problems = [*_duplicates(self), *_seed_problems(self), *_name_problems(self)]
        if problems:
            raise CrossProblemsError(problems)
        return self

    def reduced(self) -> dict[str, Any]:
        """Return the keys of a quick try of this study, for a run of every part in minutes."""
        keys = self.model_dump()
        keys["study"] = f"{self.study}{QUICK}"
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
        training["engine"] = "eager"  # compiling would take longer than the training
        training["probe_images"] = min(self.training.probe_images, QUICK_PROBE_IMAGES, smallest)
        training["batch_size"] = min(self.training.batch_size, smallest)
        keys["analysis"] |= {
            "looks": (),
            "tuning_seeds": 0,
            "calibration_tables": 20,
            "resamples": 1_000,
        }
        return keys

    @property
    def replicate_name(self) -> str | None:
        """Name of the A/A pseudo-scheme in tables, or None."""
        return f"{self.replicate}_again" if self.replicate else None

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
        arms = sum(len(self.schemes_at(level)) for level in self.normalizations)
        return arms * len(self.cells) * self.seeds

    def dataset(self, name: str) -> Dataset:
        """Return the data set of that name."""
        return next(dataset for dataset in self.datasets if dataset.name == name)

    def shard_description(
        self, *, cell: Cell, normalization: str, scheme: str, shard: int
    ) -> dict[str, Any]:
        """Return what training one shard needs to know, as plain values.

        Keys at their defaults are left out, so that a new key with a default re-trains nothing.
        """
        is_replicate = scheme == self.replicate_name
        trained = self.replicate if is_replicate else scheme
        chosen = next(item for item in self.schemes if item.name == trained)
        optimizer = next(item for item in self.optimizers if item.name == cell.optimizer)
        network = next(item for item in self.architectures if item.name == cell.architecture)
        first = shard * self.seeds_per_shard
        return {
            "study": self.study,
            "study_seed": self.study_seed,
            "seeds": [first, first + self.seeds_per_shard],
            "cell": cell.model_dump(),
            "normalization": normalization,
            "scheme": scheme_mapping(chosen),
            "label": scheme,
            "order_stream": "replicate" if is_replicate else "",
            "architecture": network.model_dump(
                exclude_defaults=True, exclude={"name"}, mode="json"
            ),
            "optimizer": optimizer.model_dump(exclude_defaults=True, exclude={"name"}),
            "training": self.training.model_dump(exclude_defaults=True),
        }


class ImportedStudy(_Model):
    """A study of runs that were trained elsewhere and are brought as a table."""

    study: Name
    """Name of the study, and of its folder in results/; never that of a trained study."""
    study_seed: int = Field(default=0, ge=0)
    """Keys the random numbers of the analysis."""
    runs_table: str = Field(min_length=1)
    """CSV or Parquet file with one row per run; docs/extending.md lists its columns."""
    schemes: tuple[Name, ...] = Field(min_length=1)
    """Names of the schemes in the table, in the order of the report; others are left out."""
    reference: Name = "zeros"
    """Name of the scheme that all others are compared with."""
    replicate: Name | None = None
    """Scheme that the table holds once more as NAME_again (the A/A arm); null for none."""
    epochs: Real | None = Field(default=None, gt=0)
    """Length of training in epochs; needed when the table has epochs_to_threshold."""
    analysis: Analysis
    """The analysis; margins without a data set in the table go by any name."""

    @model_validator(mode="after")
    def _cross_checks(self) -> "ImportedStudy":
        problems = list(_reference_problems(self, list(self.schemes)))
        if self.analysis.looks:
            problems.append(
                Problem(
                    key="analysis.looks",
                    what="has no meaning for runs that exist already.",
                    mend="Leave it out; such verdicts are exploratory in any case.",
                )
            )
        if len(set(self.schemes)) < len(self.schemes):
            problems.append(
                Problem(
                    key="schemes",
                    what="names a scheme more than once.",
                    mend="Name each scheme once.",
                )
            )
        if problems:
            raise CrossProblemsError(problems)
        return self

    @property
    def replicate_name(self) -> str | None:
        """Name of the A/A pseudo-scheme in the table, or None."""
        return f"{self.replicate}_again" if self.replicate else None


# keys of a data set that only some kinds have
_KINDS_WITH: dict[str, tuple[DatasetKind, ...]] = {
    "directory": (*OFFICIAL_IMAGES, "omniglot"),
    "path": ("npz",),
    "size": ("omniglot",),
    "alphabets": ("omniglot",),
}


def _key_problems(dataset: Dataset) -> Iterator[Problem]:
    """Yield what is wrong with the keys of one data set, each named within it."""
    for key, kinds in _KINDS_WITH.items():
        if getattr(dataset, key) is not None and dataset.kind not in kinds:
            yield Problem(
                key=key,
                what=f"has no meaning for the kind {dataset.kind!r}.",
                mend=f"Leave it out; it belongs to {', '.join(map(repr, kinds))}.",
            )
    if dataset.kind == "npz" and dataset.path is None:
        yield Problem(key="path", what="is missing.", mend="Name the .npz file with your images.")


def _size_problems(dataset: Dataset) -> Iterator[Problem]:
    """Yield what is wrong with the sizes of one data set."""
    training = dataset.train + dataset.validation
    if dataset.kind == "digits" and training + dataset.test > DIGITS_IMAGES:
        yield Problem(
            key="",
            what=f"train + validation + test must be at most {DIGITS_IMAGES} images, got "
            f"{training + dataset.test}.",
            mend="",
        )
    if dataset.kind == "omniglot":
        for key in ("train", "validation", "test"):
            if getattr(dataset, key) % OMNIGLOT_DRAWERS:
                yield Problem(
                    key=key,
                    what=f"must be a multiple of {OMNIGLOT_DRAWERS}, the drawings of a character, "
                    f"got {getattr(dataset, key)}.",
                    mend="Omniglot is split by whole characters.",
                )
    official = _official_images(dataset)
    if official is not None and training > official.training:
        yield Problem(
            key="",
            what=f"train + validation must be at most the {official.training} official training "
            f"images, got {training}.",
            mend="",
        )
    if official is not None and dataset.test > official.test:
        yield Problem(
            key="test",
            what=f"must be at most the {official.test} official test images, got {dataset.test}.",
            mend="",
        )


def _official_images(dataset: Dataset) -> OfficialImages | None:
    if dataset.kind == "omniglot":
        return OMNIGLOT_IMAGES[dataset.alphabets or "all"]
    return OFFICIAL_IMAGES.get(dataset.kind)


# keys of a network that only some kinds have
_SIAMESE: tuple[NetworkKind, ...] = ("siamese", "siamese_koch")
_NETWORKS_WITH: dict[str, tuple[NetworkKind, ...]] = {
    "depth": ("plain_cnn",),
    "channels": ("plain_cnn",),
    "width": ("vgg16", "siamese_koch"),
    "layers": ("convolutional", "siamese"),
    "kernel": ("convolutional", "siamese"),
    "dense": ("convolutional", "siamese"),
    "global_average": ("convolutional",),
    "head": _SIAMESE,
    "twins": _SIAMESE,
}


def _architecture_problems(architecture: Architecture) -> Iterator[Problem]:
    """Yield what is wrong with the keys of one network, each named within it."""
    for key, kinds in _NETWORKS_WITH.items():
        default = Architecture.model_fields[key].default
        if getattr(architecture, key) != default and architecture.kind not in kinds:
            yield Problem(
                key=key,
                what=f"has no meaning for the kind {architecture.kind!r}.",
                mend=f"Leave it out; it belongs to {', '.join(map(repr, kinds))}.",
            )
    if architecture.kind in _SIAMESE and architecture.biases != "shared":
        yield Problem(
            key="biases",
            what=f"'per_position' has no meaning for the kind {architecture.kind!r}.",
            mend="Leave it out; 'twins' says what the halves share.",
        )
    if architecture.kind == "siamese" and architecture.dense == ():
        yield Problem(
            key="dense",
            what="must name one layer at least, the embedding that is compared.",
            mend="Name its units, such as [64], or leave the key out.",
        )
    if architecture.kind == "convolutional" and not (architecture.layers or architecture.dense):
        yield Problem(
            key="layers",
            what="is missing.",
            mend="Name the channels of each convolution, such as [16, pool, 32, pool].",
        )
    if architecture.kernel is not None and architecture.kernel % 2 == 0:
        yield Problem(
            key="kernel",
            what=f"must be odd, got {architecture.kernel}.",
            mend="Zero padding keeps the size of an image only around a middle pixel.",
        )


def _duplicates(study: Study) -> Iterator[Problem]:
    lists: dict[str, list[Any]] = {
        "schemes": [scheme.name for scheme in study.schemes],
        "normalizations": list(study.normalizations),
        "datasets": [dataset.name for dataset in study.datasets],
        "architectures": [architecture.name for architecture in study.architectures],
        "weight_inits": list(study.weight_inits),
        "input_scalings": list(study.input_scalings),
        "optimizers": [optimizer.name for optimizer in study.optimizers],
        "learning_rates": list(study.learning_rates),
    }
    for key, values in lists.items():
        repeated = sorted({str(value) for value in values if values.count(value) > 1})
        if repeated:
            yield Problem(
                key=key,
                what=f"{', '.join(repeated)} stands there more than once.",
                mend="Name each level once.",
            )


def _seed_problems(study: Study) -> Iterator[Problem]:
    size = study.seeds_per_shard
    if study.seeds % size:
        below, above = study.seeds // size * size, (study.seeds // size + 1) * size
        valid = " or ".join(str(number) for number in (below, above) if number)
        yield Problem(
            key="seeds",
            what=f"must be a multiple of seeds_per_shard ({size}), got {study.seeds}.",
            mend=f"The next valid numbers are {valid}.",
        )
    shards = study.run_count // size
    if shards > MAXIMUM_SHARDS:
        yield Problem(
            key="seeds_per_shard",
            what=f"makes {shards:,} jobs of {study.run_count:,} runs; at most {MAXIMUM_SHARDS:,} "
            f"can be planned, got {size}.",
            mend="Raise it, or train fewer seeds, schemes or cells.",
        )
    broken = [look.seeds for look in study.analysis.looks if look.seeds % size]
    if broken:
        yield Problem(
            key="analysis.looks",
            what=f"seeds must be multiples of seeds_per_shard ({size}), got "
            f"{', '.join(map(str, broken))}.",
            mend="Look after whole shards only.",
        )


def _name_problems(study: Study) -> Iterator[Problem]:
    names = [scheme.name for scheme in study.schemes]
    for name in names:
        if not re.fullmatch(NAME_PATTERN, name):
            yield Problem(
                key="schemes",
                what=f"the name {name!r} cannot be part of a path.",
                mend="Use letters, digits and . _ + - only, at most 64, starting with one of the "
                "first two.",
            )
    for scheme in study.schemes:
        if scheme.output != "zeros" and (scheme.layers == "all" or not scheme.output_bias):
            yield Problem(
                key="schemes",
                what=f"{scheme.name!r} has an output bias of its own, or none, and 'output' "
                f"{scheme.output!r}.",
                mend="Leave 'output' out, or use a scheme of hidden layers.",
            )
    yield from _reference_problems(study, names)
    if study.replicate_name in names:
        yield Problem(
            key="schemes",
            what=f"the name {study.replicate_name!r} is kept for the A/A arm.",
            mend="Rename the scheme, or set replicate: null.",
        )
    for key in ("thresholds", "margins"):
        given = getattr(study.analysis, key)
        datasets = {dataset.name for dataset in study.datasets}
        for missing in sorted(datasets - set(given)):
            yield Problem(
                key=f"analysis.{key}",
                what=f"says nothing about the data set {missing!r}.",
                mend=f"Add a line '{missing}: …'.",
            )
        for unknown in sorted(set(given) - datasets):
            yield Problem(
                key=f"analysis.{key}",
                what=f"names the data set {unknown!r}, which the study does not have.",
                mend=f"Use one of {', '.join(sorted(datasets))}.",
            )
    yield from _architecture_and_image_problems(study)
    yield from _tuning_problems(study)
    for architecture in study.architectures:
        if architecture.layout.head == "contrastive" and study.training.label_smoothing:
            yield Problem(
                key="training.label_smoothing",
                what=f"has no meaning for the contrastive loss of {architecture.name!r}.",
                mend="Leave it out, or use the head 'l1'.",
            )
    if "batchnorm" in study.normalizations:
        for architecture in study.architectures:
            several = {"per_position": "per position", "biases_untied": "of the two halves"}
            found = several.get(architecture.biases) or several.get(architecture.twins)
            if found:
                yield Problem(
                    key="normalizations",
                    what=f"'batchnorm' subtracts a channel's mean, which does not cancel the "
                    f"biases {found} of {architecture.name!r}: no identity check.",
                    mend="Leave 'batchnorm' out of this study.",
                )
    for dataset in study.datasets:
        if study.training.batch_size > dataset.train:
            yield Problem(
                key="training.batch_size",
                what=f"must be at most the {dataset.train} training images of {dataset.name!r}, "
                f"got {study.training.batch_size}.",
                mend="Lower it, or train on more images.",
            )
        if study.training.probe_images > dataset.train:
            yield Problem(
                key="training.probe_images",
                what=f"must be at most the {dataset.train} training images of {dataset.name!r}, "
                f"got {study.training.probe_images}.",
                mend="Lower it.",
            )


def _architecture_and_image_problems(study: Study) -> Iterator[Problem]:
    """Yield what is wrong with networks for the images they are to see."""
    for dataset, architecture in itertools.product(study.datasets, study.architectures):
        if dataset.shows_pairs and not architecture.layout.compares_pairs:
            yield Problem(
                key="architectures",
                what=f"{architecture.name!r} names classes, and {dataset.name!r} shows pairs.",
                mend="Use another data set, or a network that compares pairs: 'siamese'.",
            )
        if architecture.layout.compares_pairs and not dataset.shows_pairs:
            yield Problem(
                key="architectures",
                what=f"{architecture.name!r} compares pairs, and {dataset.name!r} shows single "
                "images.",
                mend="Set 'pairs: true' for the data set, or use a network that names classes.",
            )
        side = max(IMAGE_SIDES.get(dataset.kind, 0), architecture.layout.side)
        if 0 < side < architecture.layout.smallest_side:
            yield Problem(
                key="architectures",
                what=f"{architecture.name!r} pools too often for the images of {dataset.name!r}, "
                f"of {side}×{side} pixels: it needs {architecture.layout.smallest_side}.",
                mend="Use fewer pools, or larger images.",
            )


def _tuning_problems(study: Study) -> Iterator[Problem]:
    tuning = study.analysis.tuning_seeds
    if tuning >= study.seeds:
        yield Problem(
            key="analysis.tuning_seeds",
            what=f"must be less than the {study.seeds} seeds of the study, got {tuning}.",
            mend="Keep seeds to compare the schemes on, such as half of them.",
        )
    if tuning and len(study.learning_rates) < 2:
        yield Problem(
            key="analysis.tuning_seeds",
            what="has no learning rates to choose from.",
            mend="Name several 'learning_rates', or leave the key out.",
        )


def _reference_problems(study: Study | ImportedStudy, names: list[str]) -> Iterator[Problem]:
    for key, value in (("reference", study.reference), ("replicate", study.replicate)):
        if value is not None and value not in names:
            yield Problem(
                key=key,
                what=f"names the scheme {value!r}, which the study does not have.",
                mend=f"Use one of {', '.join(names)}.",
            )


_SECTIONS: dict[str, type[BaseModel]] = {
    "": Study,
    "training": Training,
    "analysis": Analysis,
    "datasets": Dataset,
    "architectures": Architecture,
    "optimizers": Optimizer,
    "schedule": Schedule,
}
_KEYS = {section: list(model.model_fields) for section, model in _SECTIONS.items()}


def parse_study(mapping: Mapping[str, Any]) -> Study:
    """Return the study that a mapping describes; with ``quick``, the quick try of it.

    Raises:
        ConfigurationError: with every problem of the mapping, not only the first.

    """
    try:
        study = Study.model_validate(dict(mapping))
        return Study.model_validate(study.reduced()) if study.quick else study
    except ValidationError as error:
        raise ConfigurationError(list(validation_problems(error, _KEYS))) from None


def parse_any_study(mapping: Mapping[str, Any]) -> Study | ImportedStudy:
    """Return the study that a mapping describes: with ``runs_table`` one of imported runs.

    Raises:
        ConfigurationError: with every problem of the mapping, not only the first.

    """
    if "runs_table" not in mapping:
        return parse_study(mapping)
    try:
        return ImportedStudy.model_validate(dict(mapping))
    except ValidationError as error:
        keys = _KEYS | {"": list(ImportedStudy.model_fields)}
        raise ConfigurationError(list(validation_problems(error, keys))) from None


def load_study(path: Path) -> Study | ImportedStudy:
    """Return the study that a YAML file describes.

    Raises:
        ConfigurationError: the file is missing, is not YAML, or has problems.

    """
    return parse_any_study(read_study_file(path))


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
                continue
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands there twice", key.start_mark
                )
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def read_study_file(path: Path) -> Mapping[str, Any]:
    """Return the keys and values in a study file, unchecked.

    Raises:
        ConfigurationError: the file is missing or is not YAML with keys and values.

    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except OSError as error:
        problem = Problem(
            key=str(path), what=f"cannot be read ({error.strerror}).", mend="Name a file that can."
        )
        raise ConfigurationError([problem]) from None
    except UnicodeDecodeError as error:
        problem = Problem(
            key=str(path),
            what=f"is not text in UTF-8: byte {error.start} is {error.object[error.start]:#04x}.",
            mend="Name a study file, or save it as UTF-8.",
        )
        raise ConfigurationError([problem]) from None
    except (yaml.YAMLError, RecursionError) as error:
        problem = Problem(
            key=str(path), what=f"is not YAML: {error}.", mend="Correct it there; see config.yaml."
        )
        raise ConfigurationError([problem]) from None
    if not isinstance(content, Mapping):
        problem = Problem(
            key=str(path), what="must hold keys and values.", mend="See config.yaml for an example."
        )
        raise ConfigurationError([problem])
    return content


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a study file, for editors and documentation."""
    schema = Study.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
