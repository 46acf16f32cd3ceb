"""Every kind is found by its name, and says the same name of itself."""

import dataclasses
import subprocess
import sys

import pytest

from biasinit.plugins.registry import DATASETS, NETWORKS, SCHEMES
from biasinit.plugins.resolve import resolve
from biasinit.specs.datasets.base import Dataset
from biasinit.specs.networks.base import Architecture
from biasinit.specs.schemes.base import BiasScheme
from repository import REPOSITORY

FAMILIES = {"schemes": (SCHEMES, BiasScheme), "networks": (NETWORKS, Architecture),
            "data sets": (DATASETS, Dataset)}  # fmt: skip
KINDS = [
    (name, place, base) for family, base in FAMILIES.values() for name, place in family.items()
]


@pytest.mark.parametrize(("name", "place", "base"), KINDS, ids=[place for _, place, _ in KINDS])
def test_a_kind_is_where_the_registry_says_and_has_the_name_it_has_there(name, place, base):
    kind = resolve(place)
    assert issubclass(kind, base)
    (own,) = [item for item in dataclasses.fields(kind) if item.name == "kind"]
    assert own.default == name
    for item in dataclasses.fields(kind):
        assert item.name == "kind" or item.metadata["description"], item.name


@pytest.mark.parametrize(("page", "family"), [("schemes", SCHEMES), ("data", DATASETS)])
def test_every_kind_has_its_place_in_the_docs(page, family):
    text = (REPOSITORY / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert [name for name in family if f"`{name}`" not in text] == []


def test_every_kind_of_a_network_builds_a_class_that_is_there():
    for name, place in NETWORKS.items():
        made_by = resolve(place).made_by
        assert isinstance(resolve(made_by), type), name


def test_a_job_imports_no_other_kind_than_its_own():
    code = (
        "import sys; from pathlib import Path\n"
        "from biasinit.plugins.specifications import scheme_of\n"
        "scheme_of({'name': 'z', 'kind': 'zeros'}, folder=Path())\n"
        "print(sorted(name for name in sys.modules if 'specs.schemes.' in name))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(REPOSITORY / "workflow" / "scripts"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['biasinit.specs.schemes.base', 'biasinit.specs.schemes.zeros']"
