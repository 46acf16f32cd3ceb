"""The keys of a study file for machines and people, from the one typed model.

``python -m biasinit.study.schema`` prints the JSON schema, with ``--markdown`` the reference page.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from pydantic import BaseModel

from biasinit.specs.keys import Keys, values_of
from biasinit.specs.optimizer import Optimizer, Schedule
from biasinit.specs.training import Training
from biasinit.study.kinds import FAMILIES, OfKind
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.parts import Analysis, BroughtAnalysis, BroughtMetric

REQUIRED = "required"
# what a study has, each in a table: a model, the class of its keys, or a family of kinds
SECTIONS: Mapping[str, type[BaseModel] | type[Keys] | OfKind] = {
    "the study": Study,
    "`datasets`: a list of": FAMILIES["datasets"],
    "`architectures`: a list of": FAMILIES["architectures"],
    "`optimizers`: a list of": Optimizer,
    "`schedule` of an optimiser": Schedule,
    "`training`": Training,
    "`analysis`": Analysis,
    "a study of runs that are brought": ImportedStudy,
    "`metric` of brought runs": BroughtMetric,
    "`analysis` of brought runs": BroughtAnalysis,
}


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a study file, for editors and documentation."""
    schema = Study.model_json_schema()
    networks = schema["properties"]["architectures"]
    # a plain name is short for the kind of that name
    names = {"enum": list(FAMILIES["architectures"].kinds), "type": "string"}
    networks["items"] = {"anyOf": [names, networks["items"]]}
    for family in FAMILIES.values():
        for name, kind in family.kinds.items():
            # an entry without a 'kind' is of the usual one, and of no other
            required = schema["$defs"][kind.__name__]["required"]
            schema["$defs"][kind.__name__]["required"] = (
                required if name == family.usual else [*required, "kind"]
            )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def markdown() -> str:
    """Return the reference of all keys as Markdown."""
    lines = [
        "# Keys of a study file",
        "",
        "Made from the typed model by `make schema`.",
        "Schemes are explained in [schemes.md](schemes.md).",
    ]
    for title, section in SECTIONS.items():
        lines += ["", f"## {title[0].upper()}{title[1:]}", ""]
        lines += ["| key | default | meaning |", "|---|---|---|"]
        lines += [f"| `{row.key}` | {row.default} | {row.meaning} |" for row in _rows(section)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    default: str
    meaning: str


def _rows(section: type[BaseModel] | type[Keys] | OfKind) -> Iterator[_Row]:
    if isinstance(section, OfKind):
        yield from _rows_of_kinds(section)
    elif issubclass(section, BaseModel):
        for name, key in section.model_fields.items():
            made = key.get_default(call_default_factory=True)
            default = REQUIRED if key.is_required() else _text(made)
            yield _Row(name, default, " ".join(str(key.description).split()))
    else:
        yield from (_row(item) for item in fields(section))


def _row(item: "Field[Any]") -> _Row:
    made = item.default if item.default_factory is MISSING else item.default_factory()
    default = REQUIRED if made is MISSING else _text(made)
    return _Row(item.name, default, item.metadata["description"])


def _rows_of_kinds(family: OfKind) -> Iterator[_Row]:
    """Yield a row for each key of any kind; what some kinds have alone names these."""
    rows: dict[str, dict[str, _Row]] = {}
    for name, kind in family.kinds.items():
        for item in fields(kind):
            if item.name != "kind":
                rows.setdefault(item.name, {})[name] = _row(item)
    kinds = "; ".join(f"'{name}': {_first_sentence(kind)}" for name, kind in family.kinds.items())
    for key, found in rows.items():
        yield _merged(list(found.values()), [] if len(found) == len(family.kinds) else list(found))
        if key == "name":
            yield _Row("kind", _text(family.usual), kinds)


def _merged(rows: Sequence[_Row], kinds: Sequence[str]) -> _Row:
    defaults = {row.default: None for row in rows}
    meanings = {row.meaning: None for row in rows}
    default, meaning = " or ".join(defaults), " / ".join(meanings)
    if not kinds:
        return _Row(rows[0].key, default, meaning)
    return _Row(rows[0].key, default, f"{', '.join(kinds)}: {_within_a_sentence(meaning)}")


def _first_sentence(kind: type[Keys]) -> str:
    return _within_a_sentence(str(kind.__doc__).split("\n\n")[0]).rstrip(".")


def _within_a_sentence(text: str) -> str:
    return text[0].lower() + text[1:]


def _text(default: Any) -> str:  # noqa: ANN401  # a default of any type
    plain = default.model_dump() if isinstance(default, BaseModel) else default
    plain = values_of(plain) if isinstance(plain, Keys) else plain
    return f"`{json.dumps(plain, ensure_ascii=False)}`"


if __name__ == "__main__":
    if "--markdown" in sys.argv[1:]:
        sys.stdout.write(markdown())
    else:
        sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
