"""Specifications of networks, data sets and schemes by their keys, for tests."""

from pathlib import Path
from typing import Any

from biasinit.data.prepared import PreparedDataset
from biasinit.data.preparing import prepare
from biasinit.plugins.specifications import architecture_of, dataset_of, scheme_of
from biasinit.specs.networks.base import Architecture
from biasinit.specs.schemes.base import BiasScheme


def network(kind: str = "small_cnn", **keys: Any) -> Architecture:
    return architecture_of({"name": "any", "kind": kind, **keys}, folder=Path())


def scheme(**keys: Any) -> BiasScheme:
    return scheme_of(keys, folder=Path())


def prepared(kind: str, *, split: str = "per seed", **keys: Any) -> PreparedDataset:
    entry = {"name": "any", "kind": kind, "split": split, **keys}
    return prepare(dataset_of(entry, folder=Path()))
