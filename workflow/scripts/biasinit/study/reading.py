"""From a study file to the typed study, or to all that is wrong with it at once.

``read_study_file`` reads YAML, ``parse_any_study`` checks its keys and values, ``load_study``
does both. What is wrong is one ``ConfigurationError`` that lists every problem with its key, the
value and the mend.
"""

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError, create_model

from biasinit.errors import ConfigurationError, Problem
from biasinit.study.checks import problems_between_keys
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.parts import (
    Analysis,
    Architecture,
    Dataset,
    Keys,
    Optimizer,
    Schedule,
    Training,
)
from biasinit.study.problems import doubtful_keys, validation_problems

AnyStudy = TypeVar("AnyStudy", Study, ImportedStudy)

_SECTIONS: dict[str, type[BaseModel]] = {
    "training": Training,
    "analysis": Analysis,
    "datasets": Dataset,
    "architectures": Architecture,
    "optimizers": Optimizer,
    "schedule": Schedule,
}


def parse_study(mapping: Mapping[str, Any]) -> Study:
    """Return the study that a mapping describes; with ``quick``, the quick try of it.

    Raises:
        ConfigurationError: with every problem of the mapping, not only the first.

    """
    study = _checked(Study, mapping)
    return _checked(Study, study.reduced()) if study.quick else study


def parse_any_study(mapping: Mapping[str, Any]) -> Study | ImportedStudy:
    """Return the study that a mapping describes: with ``runs_table`` one of imported runs.

    Raises:
        ConfigurationError: with every problem of the mapping, not only the first.

    """
    return _checked(ImportedStudy, mapping) if "runs_table" in mapping else parse_study(mapping)


def _checked(model: type[AnyStudy], mapping: Mapping[str, Any]) -> AnyStudy:
    found: list[Problem] = []
    readable = set(model.model_fields)
    try:
        study = model.model_validate(dict(mapping))
    except ValidationError as error:
        keys = _SECTIONS | {"": model}
        known = {name: list(section.model_fields) for name, section in keys.items()}
        found += validation_problems(error, known)
        readable -= doubtful_keys(error, known)
        study = _of_keys(model, mapping, readable)
    found += problems_between_keys(study, readable)
    if found:
        raise ConfigurationError(found)
    return study


def _of_keys(model: type[AnyStudy], mapping: Mapping[str, Any], keys: Set[str]) -> AnyStudy:
    """Return a study of some keys, which are right; it says nothing of the others."""
    fields: dict[str, Any] = {
        name: (model.model_fields[name].annotation, model.model_fields[name]) for name in keys
    }
    part = create_model("Part", __base__=Keys, **fields)
    values = part.model_validate({key: mapping[key] for key in keys if key in mapping})
    return model.model_construct(**{key: getattr(values, key) for key in keys})


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
