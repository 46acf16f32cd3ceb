"""What can be wrong between the keys of a study, where each of them is right by itself."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import partial
from pathlib import Path

from biasinit.errors import Problem
from biasinit.plugins.own_dataset import OwnDataset
from biasinit.plugins.own_network import OwnNetwork
from biasinit.plugins.own_scheme import OwnScheme
from biasinit.plugins.references import Reference
from biasinit.specs.limits import NAME_PATTERN
from biasinit.study.brought_checks import OF_BROUGHT_RUNS
from biasinit.study.check import CLAIMS, REFERENCES, Check, braces, repeated_levels
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.own_data import missing_data
from biasinit.vocabulary import IDENTITY, QUICK, WITHOUT_AND_WITH

_OVER_BATCHES = (WITHOUT_AND_WITH[1], IDENTITY)  # normalisations by the means of a batch
MAXIMUM_SHARDS = 50_000  # jobs that Snakemake can still plan in minutes


def problems_between_keys(study: Study | ImportedStudy, readable: Set[str]) -> Iterator[Problem]:
    """Yield what is wrong between the keys of a study.

    Args:
        study: the study, of which keys that are not readable may be missing.
        readable: keys that are right by themselves.

    """
    for check in CHECKS[type(study)]:
        if check.reads <= readable:
            yield from check.find(study)


def missing_own_files(
    study: Study | ImportedStudy, readable: Set[str], folder: Path
) -> Iterator[Problem]:
    """Yield which files of a user's own a study names and its folder does not hold.

    Args:
        study: the study, of which keys that are not readable may be missing.
        readable: keys that are right by themselves.
        folder: of the study file.

    """
    if not isinstance(study, Study):
        return
    entries: Iterator[tuple[str, OwnScheme | OwnDataset | OwnNetwork]] = (
        (f"{section}[{number}]", entry)
        for section in ("schemes", "datasets", "architectures")
        if section in readable
        for number, entry in enumerate(getattr(study, section))
        if isinstance(entry, OwnScheme | OwnDataset | OwnNetwork)
    )
    for place, entry in entries:
        named = {"object": Reference.of(entry.object).file}
        if isinstance(entry, OwnDataset):
            named |= {
                f"files[{number}]": file for number, file in enumerate(map(Path, entry.files))
            }
        for key, file in named.items():
            if file is not None and not (folder / file).is_file():
                yield Problem(
                    key=f"{place}.{key}",
                    what=f"names {file}, and there is no file {folder / file}.",
                    mend="Name a file relative to the folder of the study file; without a study "
                    "file, to the working directory.",
                )
    if {"datasets", "study"} <= readable:
        yield from missing_data(study)


def _seeds_in_shards(study: Study) -> Iterator[Problem]:
    size = study.seeds_per_shard
    if study.seeds % size:
        below, above = study.seeds // size * size, (study.seeds // size + 1) * size
        valid = " or ".join(str(number) for number in (below, above) if number)
        yield Problem(
            key="seeds",
            what=f"must be a multiple of seeds_per_shard ({size}), got {study.seeds}.",
            mend=f"The next valid numbers are {valid}.",
        )


def _number_of_shards(study: Study) -> Iterator[Problem]:
    size = study.seeds_per_shard
    shards = study.run_count // size
    if shards > MAXIMUM_SHARDS:
        yield Problem(
            key="seeds_per_shard",
            what=f"makes {shards:,} jobs of {study.run_count:,} runs; at most {MAXIMUM_SHARDS:,} "
            f"can be planned, got {size}.",
            mend="Raise it, or train fewer seeds, schemes or cells.",
        )


def _looks_after_shards(study: Study) -> Iterator[Problem]:
    size = study.seeds_per_shard
    broken = [look.seeds for look in study.analysis.looks if look.seeds % size]
    if broken:
        yield Problem(
            key="analysis.looks",
            what=f"seeds must be multiples of seeds_per_shard ({size}), got "
            f"{', '.join(map(str, broken))}.",
            mend="Look after whole shards only.",
        )


def _names_in_paths(study: Study) -> Iterator[Problem]:
    for scheme in study.schemes:
        if not re.fullmatch(NAME_PATTERN, scheme.name):
            yield Problem(
                key="schemes",
                what=f"the name {scheme.name!r} cannot be part of a path.",
                mend="Use letters, digits and . _ + - only, at most 64, starting with one of the "
                "first two.",
            )


def _output_biases(study: Study) -> Iterator[Problem]:
    for scheme in study.schemes:
        if scheme.output != "zeros" and (scheme.layers == "all" or not scheme.output_bias):
            yield Problem(
                key="schemes",
                what=f"{scheme.name!r} has an output bias of its own, or none, and 'output' "
                f"{scheme.output!r}.",
                mend="Leave 'output' out, or use a scheme of hidden layers.",
            )


def _name_of_the_replicate(study: Study) -> Iterator[Problem]:
    if study.replicate_name in [scheme.name for scheme in study.schemes]:
        yield Problem(
            key="schemes",
            what=f"the name {study.replicate_name!r} is kept for the A/A arm.",
            mend="Rename the scheme, or set replicate: null.",
        )


def _values_for_datasets(study: Study, *, key: str) -> Iterator[Problem]:
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


def _images_for_networks(study: Study) -> Iterator[Problem]:
    for dataset, architecture in itertools.product(study.datasets, study.architectures):
        if dataset.shows_pairs and not architecture.compares_pairs:
            yield Problem(
                key="architectures",
                what=f"{architecture.name!r} names classes, and {dataset.name!r} shows pairs.",
                mend="Use another data set, or a network that compares pairs: 'siamese'.",
            )
        if architecture.compares_pairs and not dataset.shows_pairs:
            yield Problem(
                key="architectures",
                what=f"{architecture.name!r} compares pairs, and {dataset.name!r} shows single "
                "images.",
                mend="Set 'pairs: true' for the data set, or use a network that names classes.",
            )
        layout = architecture.layout
        if layout is None:
            continue
        side = max(dataset.side or 0, layout.side)
        if 0 < side < layout.smallest_side:
            yield Problem(
                key="architectures",
                what=f"{architecture.name!r} pools too often for the images of {dataset.name!r}, "
                f"of {side}×{side} pixels: it needs {layout.smallest_side}.",
                mend="Use fewer pools, or larger images.",
            )


def _losses(study: Study) -> Iterator[Problem]:
    for architecture in study.architectures:
        layout = architecture.layout
        if layout is None or layout.head != "contrastive":
            continue
        training = study.training
        meaningless = {
            "label_smoothing": bool(training.label_smoothing),
            "loss": training.loss != "cross_entropy",
        }
        for key in (key for key, said in meaningless.items() if said):
            yield Problem(
                key=f"training.{key}",
                what=f"has no meaning for the contrastive loss of {architecture.name!r}.",
                mend="Leave it out, or use the head 'l1'.",
            )


def _milestones(study: Study) -> Iterator[Problem]:
    for number, optimizer in enumerate(study.optimizers):
        schedule = optimizer.schedule
        key = f"optimizers[{number}].schedule.milestones"
        if (schedule.kind == "multi_step") != bool(schedule.milestones):
            yield Problem(
                key=key,
                what=f"must be given for 'multi_step' alone, and kind is {schedule.kind!r}.",
                mend="Write {kind: multi_step, milestones: [91, 137]}, or leave the key out.",
            )
        if list(schedule.milestones) != sorted(set(schedule.milestones)):
            yield Problem(
                key=key,
                what=f"must rise, got {list(schedule.milestones)}.",
                mend="Write each epoch once, in order, such as [91, 137].",
            )


def _milestones_within_training(study: Study) -> Iterator[Problem]:
    """Yield milestones that training does not get to; a quick try gets to none, and is no study."""
    epochs = study.training.epochs
    for number, optimizer in enumerate(study.optimizers):
        beyond = [epoch for epoch in optimizer.schedule.milestones if epoch >= epochs]
        if beyond and not study.study.endswith(QUICK):
            yield Problem(
                key=f"optimizers[{number}].schedule.milestones",
                what=f"are reached by no step of {epochs} epochs: {beyond}.",
                mend="Leave them out, or train longer.",
            )


def _identity_check(study: Study) -> Iterator[Problem]:
    if "batchnorm" not in study.normalizations:
        return
    for architecture in study.architectures:
        several = {"per_position": "per position", "biases_untied": "of the two halves"}
        layout = architecture.layout
        if layout is None:
            continue
        found = several.get(layout.biases) or several.get(layout.twins)
        if found:
            yield Problem(
                key="normalizations",
                what=f"'batchnorm' subtracts a channel's mean, which does not cancel the "
                f"biases {found} of {architecture.name!r}: no identity check.",
                mend="Leave 'batchnorm' out of this study.",
            )


def _modules(study: Study) -> Iterator[Problem]:
    """Yield what networks of PyTorch's layers, and those of ours, cannot do."""
    modules = [item.name for item in study.architectures if item.layout is None]
    layered = [item.name for item in study.architectures if item.layout is not None]
    if modules and study.training.engine == "compiled":
        yield Problem(
            key="training.engine",
            what=f"'compiled' cannot train {', '.join(modules)}, which is of PyTorch's own layers.",
            mend="Use 'serial', or 'eager'.",
        )
    if study.training.precision == "bfloat16" and (modules or study.training.engine == "serial"):
        yield Problem(
            key="training.precision",
            what="'bfloat16' is there for networks of our own layers with the engines 'eager' and "
            "'compiled' alone.",
            mend="Use 'float32'.",
        )
    if layered and "as_built" in study.weight_inits:
        yield Problem(
            key="weight_inits",
            what=f"'as_built' has no meaning for {', '.join(layered)}, which starts no weights.",
            mend="Use 'he', or networks of the kind 'python' alone.",
        )
    if layered and "norm_shift" in study.normalizations:
        yield Problem(
            key="normalizations",
            what=f"'norm_shift' has no meaning for {', '.join(layered)}, which has batch norm or "
            "none.",
            mend="Use 'batchnorm_shift'.",
        )


def _enough_images(study: Study) -> Iterator[Problem]:
    for dataset in study.datasets:
        mends = {"batch_size": "Lower it, or train on more images.", "probe_images": "Lower it."}
        for key, mend in mends.items():
            images = getattr(study.training, key)
            if images > dataset.train:
                yield Problem(
                    key=f"training.{key}",
                    what=f"must be at most the {dataset.train} training images of "
                    f"{dataset.name!r}, got {images}.",
                    mend=mend,
                )


def _batches_of_one(study: Study) -> Iterator[Problem]:
    normalized = [level for level in study.normalizations if level in _OVER_BATCHES]
    if normalized and study.training.batch_size == 1:
        yield Problem(
            key="training.batch_size",
            what=f"must be at least 2 for {normalized[0]!r}, got 1: over a batch of one image the "
            "mean of a unit is its own value, and nothing is left of it.",
            mend="Raise it, or leave batch normalisation out.",
        )


def _paths_without_braces(study: Study) -> Iterator[Problem]:
    for number, dataset in enumerate(study.datasets):
        for path in (*dataset.files, *dataset.folders):
            yield from braces(f"datasets[{number}]", path)


_LEVELS = (
    "schemes",
    "normalizations",
    "datasets",
    "architectures",
    "weight_inits",
    "input_scalings",
    "optimizers",
    "learning_rates",
)

_OF_STUDIES = [
    *(Check(partial(repeated_levels, key=key), {key}) for key in _LEVELS),
    Check(_seeds_in_shards, {"seeds", "seeds_per_shard"}),
    Check(
        _number_of_shards,
        {*_LEVELS, "identity_learning_rates", "replicate", "seeds", "seeds_per_shard"},
    ),
    Check(_looks_after_shards, {"analysis", "seeds_per_shard"}),
    Check(_names_in_paths, {"schemes"}),
    Check(_output_biases, {"schemes"}),
    *REFERENCES,
    Check(_name_of_the_replicate, {"schemes", "replicate"}),
    Check(partial(_values_for_datasets, key="thresholds"), {"analysis", "datasets"}),
    Check(partial(_values_for_datasets, key="margins"), {"analysis", "datasets"}),
    Check(_images_for_networks, {"architectures", "datasets"}),
    Check(_losses, {"architectures", "training"}),
    Check(_milestones, {"optimizers"}),
    Check(_milestones_within_training, {"optimizers", "training", "study"}),
    Check(_identity_check, {"architectures", "normalizations"}),
    Check(_modules, {"architectures", "normalizations", "training", "weight_inits"}),
    Check(_enough_images, {"datasets", "training"}),
    Check(_batches_of_one, {"normalizations", "training"}),
    Check(_paths_without_braces, {"datasets"}),
    CLAIMS,
]
CHECKS: Mapping[type[Study] | type[ImportedStudy], Sequence[Check]] = {
    Study: _OF_STUDIES,
    ImportedStudy: OF_BROUGHT_RUNS,
}
