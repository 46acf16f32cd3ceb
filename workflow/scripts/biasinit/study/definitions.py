"""What the names of a study stand for: two studies may call one thing by two names.

A *definition* is a text that is equal exactly where the thing is: the keys of a scheme, a network
or an optimiser without its name. Of a data set it is what the images are; how many of them train,
for how long and against which loss is the definition of the training on it. What a study brings
without keys is defined by its name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from biasinit.metric import Metric
from biasinit.specs.datasets.base import Dataset
from biasinit.specs.keys import Keys, values_of
from biasinit.specs.networks.base import Architecture
from biasinit.specs.networks.layout import convolutions_of
from biasinit.study.kinds import as_registered
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.reading import parse_any_study
from biasinit.study.retired import without_retired

# of a data set: which part of its images is used for what, and where its files lie
OF_SPLITS = ("name", "train", "validation", "test", "split", "split_seed")
OF_PLACES = ("path", "directory", "files", "channels")
# of training: what changes what a network learns, and not how it is measured or computed
OF_TRAINING = ("epochs", "batch_size", "loss", "label_smoothing", "augmentation", "crop_margin")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDefinitions:
    """A study as a synthesis sees it.

    Attributes:
        study: its name.
        quick: whether it is a try that says nothing.
        control: whether its answer is known beforehand.
        schemes: definition of each scheme by name, in order.
        reference: name of the scheme that all others are compared with.
        factors: definition of each level, by factor and name; a level that is not there is defined
            by its name.
        trainings: definition of the training on each data set, by the name of that.
        depths: hidden layers of each network by name, where that is known.
        margins: for each data set, in the unit of the metric.
        speed_margin, collapse_points: see the keys.
        metric: what is measured.

    """

    study: str
    quick: bool
    control: bool
    schemes: Mapping[str, str]
    reference: str
    factors: Mapping[str, Mapping[str, str]]
    trainings: Mapping[str, str]
    depths: Mapping[str, int]
    margins: Mapping[str, float]
    speed_margin: tuple[float, float]
    collapse_points: float
    metric: Metric


def definitions_of(registered: Mapping[str, Any]) -> StudyDefinitions:
    """Return the definitions of a study from the keys in its registered plan.

    Raises:
        ConfigurationError: a key is not known today.

    """
    study = parse_any_study(as_registered(without_retired(registered)))
    common: dict[str, Any] = {
        "study": study.study,
        "reference": study.reference,
        "margins": dict(study.analysis.margins),
        "speed_margin": study.analysis.speed_margin,
        "collapse_points": study.analysis.collapse_points,
        "metric": study.measured,
    }
    if isinstance(study, ImportedStudy):
        schemes = {name: _text({"name": name}) for name in study.schemes}
        return StudyDefinitions(
            **common,
            quick=False,
            control=False,
            schemes=schemes,
            factors={},
            trainings={},
            depths={},
        )
    return StudyDefinitions(
        **common,
        quick=study.quick,
        control=study.control,
        schemes={scheme.name: _text(_nameless(scheme)) for scheme in study.schemes},
        factors={
            "dataset": {item.name: _text(_of_images(item)) for item in study.datasets},
            "architecture": {item.name: _text(_nameless(item)) for item in study.architectures},
            "optimizer": {item.name: _text(_nameless(item)) for item in study.optimizers},
        },
        trainings={item.name: _text(_training(study, item)) for item in study.datasets},
        depths=_depths(study),
    )


def _nameless(keys: Keys) -> dict[str, Any]:
    return {name: value for name, value in values_of(keys).items() if name != "name"}


def _of_images(dataset: Dataset) -> dict[str, Any]:
    keys = {
        name: value
        for name, value in dataset.description.items()
        if name not in {*OF_SPLITS, *OF_PLACES}
    }
    own = bool(dataset.files or dataset.folders or "object" in keys)
    return keys | ({"name": dataset.name} if own else {})


def _training(study: Study, dataset: Dataset) -> dict[str, Any]:
    keys = values_of(study.training).items()
    return {"images": dataset.train} | {key: value for key, value in keys if key in OF_TRAINING}


def _depths(study: Study) -> dict[str, int]:
    found = ((item.name, hidden_layers(item)) for item in study.architectures)
    return {name: depth for name, depth in found if depth is not None}


def hidden_layers(architecture: Architecture) -> int | None:
    """Return the number of convolutions and dense hidden layers; None of a module of one's own."""
    layout = architecture.layout
    if layout is None:
        return None
    convolutions = sum(len(convolutions_of(layer)) for layer in layout.layers if layer != "pool")
    return convolutions + len(layout.dense)


def _text(keys: Mapping[str, Any]) -> str:
    return json.dumps(keys, sort_keys=True, ensure_ascii=False)
