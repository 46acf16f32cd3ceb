"""What a study is made of: data sets, networks, optimisers, training and the analysis.

Each part names what is wrong within it; what concerns several parts is for ``checks``.
"""

import itertools
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from biasinit.errors import Problem
from biasinit.specs.dataset_kinds import (
    DIGITS_IMAGES,
    OFFICIAL_IMAGES,
    OMNIGLOT_DRAWERS,
    OMNIGLOT_IMAGES,
    OMNIGLOT_SIDE,
    Alphabets,
    DatasetKind,
    OfficialImages,
)
from biasinit.specs.layouts import Biases, Layout, NetworkKind, Twins, layout_of
from biasinit.specs.schemes import (
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
)
from biasinit.study.problems import CrossProblemsError
from biasinit.vocabulary import AugmentationKind, Engine, OptimizerKind, Precision, ScheduleKind

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}"
MAXIMUM_SEEDS = 100_000  # a study beyond this would plan millions of files by a slip of a zero

Name = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]


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


class Keys(BaseModel):
    """Keys with their values: frozen, and none but those that are known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=False, use_attribute_docstrings=True
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise CrossProblemsError(problems)
        return self

    def _problems(self) -> Iterator[Problem]:
        """Yield what is wrong between these keys, each named within them."""
        yield from ()


class Dataset(Keys):
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

    def _problems(self) -> Iterator[Problem]:
        yield from _key_problems(self)
        yield from _size_problems(self)

    @property
    def description(self) -> dict[str, Any]:
        """What making the data set needs to know; keys that are not set are left out."""
        keys = self.model_dump(exclude={"name", "pairs"}, exclude_none=True)
        return keys | ({"pairs": True} if self.shows_pairs else {})

    @property
    def shows_pairs(self) -> bool:
        """Whether the images come in pairs."""
        return self.pairs or self.kind == "omniglot"


class Architecture(Keys):
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

    def _problems(self) -> Iterator[Problem]:
        yield from _architecture_problems(self)

    @property
    def layout(self) -> Layout:
        """The layers of the network."""
        return layout_of(**self.model_dump(exclude={"name"}))


def architecture_from_name(value: object) -> object:
    """Return the keys of a network for a plain name, which stands for the kind of that name."""
    return {"name": value, "kind": value} if isinstance(value, str) else value


class Schedule(Keys):
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


class Optimizer(Keys):
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


class Training(Keys):
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


class Look(Keys):
    """One planned look at the study: at how many seeds, and with which share of alpha."""

    seeds: int = Field(ge=1, le=MAXIMUM_SEEDS)
    """Number of seeds at this look; a multiple of seeds_per_shard."""
    alpha: Real = Field(gt=0, lt=0.5)
    """Share of the family-wise error rate that this look spends."""


class Analysis(Keys):
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

    def _problems(self) -> Iterator[Problem]:
        yield from _analysis_problems(self)

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


def _analysis_problems(analysis: Analysis) -> Iterator[Problem]:
    """Yield what is wrong with the keys of the analysis, each named within it."""
    seeds = [look.seeds for look in analysis.looks]
    if any(later <= earlier for earlier, later in itertools.pairwise(seeds)):
        yield Problem(
            key="looks",
            what=f"must have more and more seeds, got {seeds}.",
            mend="Name the looks in the order in which they come.",
        )
    spent = sum(look.alpha for look in analysis.looks)
    if spent > analysis.alpha * (1 + 1e-9):
        yield Problem(
            key="looks",
            what=f"spend {spent:g} in all, which must be at most alpha ({analysis.alpha:g}).",
            mend="Let each spend a smaller share.",
        )
    low, high = analysis.speed_margin
    if not 0 < low < 1 < high:
        yield Problem(
            key="speed_margin",
            what=f"must be two ratios below and above 1, got [{low}, {high}].",
            mend="A pair such as [0.8, 1.25] would do.",
        )
