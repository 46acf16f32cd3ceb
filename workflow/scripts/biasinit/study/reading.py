"""From a study file to the typed study, or to all that is wrong with it at once.

``read_study_file`` reads YAML, ``parse_any_study`` checks its keys and values, ``load_study``
does both. What is wrong is one ``ConfigurationError`` that lists every problem with its key, the
value and the mend.
"""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError, create_model

from biasinit.errors import ConfigurationError, Problem
from biasinit.specs.optimizer import Optimizer, Schedule
from biasinit.specs.training import Training
from biasinit.study.checks import missing_own_files, problems_between_keys
from biasinit.study.kinds import FAMILIES, foreign_keys, without
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.parts import Analysis, BroughtMetric, Look, Part
from biasinit.study.problems import IN_QUOTES, Document, doubtful_keys, validation_problems
from biasinit.study.retired import RETIRED

AnyStudy = TypeVar("AnyStudy", Study, ImportedStudy)


def _names(specification: type) -> list[str]:
    return [item.name for item in fields(specification)]


@cache
def _study_file(model: type[Study] | type[ImportedStudy]) -> Document:
    return Document(
        name="study",
        of="a study",
        example="config.yaml shows an example",
        keys={
            "": list(model.model_fields),
            "training": _names(Training),
            "analysis": list(Analysis.model_fields),
            "metric": list(BroughtMetric.model_fields),
            "looks": list(Look.model_fields),
            "optimizers": _names(Optimizer),
            "schedule": _names(Schedule),
        },
        families={
            section: {name: _names(kind) for name, kind in family.kinds.items()}
            for section, family in FAMILIES.items()
        },
        retired=RETIRED,
    )


def parse_study(mapping: Mapping[str, Any], *, folder: Path | None = None) -> Study:
    """Return the study that a mapping describes; with ``quick``, the quick try of it.

    Args:
        mapping: keys and values.
        folder: of the study file, where a user's own files must be; None looks for none.

    Raises:
        ConfigurationError: with every problem of the mapping, not only the first.

    """
    study = _checked(Study, mapping, folder)
    return _checked(Study, study.reduced(), folder) if study.quick else study


def parse_any_study(
    mapping: Mapping[str, Any], *, folder: Path | None = None
) -> Study | ImportedStudy:
    """Return the study that a mapping describes: with ``runs_table`` one of imported runs.

    Args:
        mapping: keys and values.
        folder: of the study file, where a user's own files must be; None looks for none.

    Raises:
        ConfigurationError: with every problem of the mapping, not only the first.

    """
    if "runs_table" in mapping:
        return _checked(ImportedStudy, mapping, folder)
    return parse_study(mapping, folder=folder)


def _checked(model: type[AnyStudy], mapping: Mapping[str, Any], folder: Path | None) -> AnyStudy:
    readable = set(model.model_fields)
    foreign = list(foreign_keys(mapping))
    found = [item.problem for item in foreign]
    readable -= {item.section for item in foreign}
    mapping = without(mapping, foreign)  # so that everything else is checked all the same
    try:
        study = model.model_validate(mapping)
    except ValidationError as error:
        document = _study_file(model)
        found += validation_problems(error, document)
        readable -= doubtful_keys(error, document)
        study = _of_keys(model, mapping, readable)
    found += problems_between_keys(study, readable)
    if folder is not None:
        found += missing_own_files(study, readable, folder)
    if found:
        raise ConfigurationError(found)
    return study


def _of_keys(model: type[AnyStudy], mapping: Mapping[str, Any], keys: Set[str]) -> AnyStudy:
    """Return a study of some keys, which are right; it says nothing of the others."""
    part = _part(model, frozenset(keys))
    values = part.model_validate({key: mapping[key] for key in keys if key in mapping})
    return model.model_construct(**{key: getattr(values, key) for key in keys})


@cache  # to make a model takes longer than to read many studies
def _part(model: type[Study] | type[ImportedStudy], keys: frozenset[str]) -> type[Part]:
    """Return a model of some keys of a study."""
    annotations: dict[str, Any] = {
        name: (model.model_fields[name].annotation, model.model_fields[name]) for name in keys
    }
    return create_model("Part", __base__=Part, **annotations)


@contextmanager
def typed_on_the_command_line(config: Mapping[str, Any], file: Mapping[str, Any]) -> Iterator[None]:
    """Give a mend that can be typed for values that came from Snakemake's ``--config``.

    It takes all quotes away, so that 0.01 is a number however it is quoted; a tag of YAML is left.

    Args:
        config: keys and values, as Snakemake merged them.
        file: those of the study file.

    """
    try:
        yield
    except ConfigurationError as error:
        typed = {key for key, value in config.items() if key not in file or file[key] != value}
        raise ConfigurationError(
            [
                replace(
                    problem,
                    mend=f"{problem.mend} On a command line: --config "
                    f"'{problem.key}=!!str {config[problem.key]}'.",
                )
                if problem.mend == IN_QUOTES and problem.key in typed and file
                else problem
                for problem in error.problems
            ]
        ) from None


def load_study(path: Path) -> Study | ImportedStudy:
    """Return the study that a YAML file describes.

    Raises:
        ConfigurationError: the file is missing, is not YAML, or has problems.

    """
    return parse_any_study(read_study_file(path), folder=path.parent)


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
