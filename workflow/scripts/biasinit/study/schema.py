"""The keys of a study file for machines and people, from the one typed model.

``python -m biasinit.study.schema`` prints the JSON schema, with ``--markdown`` the reference page.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from biasinit.study.model import Study
from biasinit.study.parts import Analysis, Architecture, Dataset, Optimizer, Schedule, Training
from biasinit.study.reading import json_schema

SECTIONS: dict[str, type[BaseModel]] = {
    "the study": Study,
    "`datasets`: a list of": Dataset,
    "`architectures`: a list of": Architecture,
    "`optimizers`: a list of": Optimizer,
    "`schedule` of an optimiser": Schedule,
    "`training`": Training,
    "`analysis`": Analysis,
}


def markdown() -> str:
    """Return the reference of all keys as Markdown."""
    lines = [
        "# Keys of a study file",
        "",
        "Made from the typed model by `make schema`.",
        "Schemes are explained in [schemes.md](schemes.md).",
    ]
    for title, model in SECTIONS.items():
        lines += ["", f"## {title[0].upper()}{title[1:]}", ""]
        lines += ["| key | default | meaning |", "|---|---|---|", *_rows(model)]
    return "\n".join(lines) + "\n"


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = "required" if field.default is PydanticUndefined else f"`{_text(field.default)}`"
        meaning = " ".join(str(field.description).split())
        yield f"| `{name}` | {default} | {meaning} |"


def _text(default: Any) -> str:  # noqa: ANN401  # a default of any type
    plain = default.model_dump() if isinstance(default, BaseModel) else default
    return json.dumps(plain, ensure_ascii=False)


if __name__ == "__main__":
    if "--markdown" in sys.argv[1:]:
        sys.stdout.write(markdown())
    else:
        sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
