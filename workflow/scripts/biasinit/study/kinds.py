"""How pydantic reads an entry of a study that has a ``kind``: as the class of that kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Annotated, Any, Union

from pydantic import Field as PydanticField
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from biasinit.errors import Problem
from biasinit.plugins.registry import DATASETS, NETWORKS, SCHEMES, Family
from biasinit.plugins.specifications import USUAL_DATASET, USUAL_NETWORK, kind_of
from biasinit.specs.datasets.base import Dataset
from biasinit.specs.keys import Keys
from biasinit.specs.networks.base import Architecture
from biasinit.specs.schemes.base import BiasScheme


@dataclass(frozen=True)
class OfKind:
    """Marks a type as one of a family of kinds.

    Attributes:
        family: the kinds.
        usual: the kind of an entry that names none; None where each must name its own.
        everywhere: values that say nothing where a kind does not have the key.

    """

    family: Family
    usual: str | None = None
    everywhere: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def kinds(self) -> Mapping[str, type[Keys]]:
        """The class of each kind."""
        return {name: kind_of(self.family, name) for name in self.family}

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of any of the classes, told apart by ``kind``."""
        any_kind: Any = Union[tuple(self.kinds.values())]  # noqa: UP007  # of a list
        schema = handler.generate_schema(Annotated[any_kind, PydanticField(discriminator="kind")])
        return core_schema.no_info_before_validator_function(self._completed, schema)

    def _completed(self, entry: object) -> object:
        """Return an entry with its kind, and without keys that say nothing."""
        if self.usual is None or not isinstance(entry, Mapping):
            return entry
        kind = self.kind_of(entry)
        own = self._defaults.get(kind, {})
        # null stands for the default of a key that is never null itself
        unsaid = {key for key, value in entry.items() if value is None and own.get(key) is not None}
        unsaid |= {key for key in entry if self._is_of_others(kind, key)} - set(self.foreign(entry))
        return {"kind": self.usual} | {key: entry[key] for key in entry if key not in unsaid}

    def kind_of(self, entry: Mapping[str, object]) -> str:
        """Return the kind that an entry names, or the usual one."""
        return str(entry.get("kind", self.usual))

    def foreign(self, entry: Mapping[str, object]) -> list[str]:
        """Return the keys of an entry that other kinds have, and its own has not."""
        kind = self.kind_of(entry)
        return [
            key
            for key, value in entry.items()
            if self._is_of_others(kind, key)
            and not (self.usual is not None and value in (None, self.everywhere.get(key)))
        ]

    def kinds_with(self, key: str) -> list[str]:
        """Return the kinds that have a key."""
        return [name for name, defaults in self._defaults.items() if key in defaults]

    def values_before(self, entry: Mapping[str, object]) -> dict[str, object]:
        """Return the keys of an entry's kind that came later, at the value that changes nothing."""
        kind = self.kinds.get(self.kind_of(entry))
        return {
            item.name: item.metadata["left_out_at"]
            for item in (() if kind is None else fields(kind))
            if "left_out_at" in item.metadata
        }

    def _is_of_others(self, kind: str, key: str) -> bool:
        return kind in self.kinds and key not in self._defaults[kind] and bool(self.kinds_with(key))

    @cached_property
    def _defaults(self) -> Mapping[str, Mapping[str, object]]:
        return {
            name: {item.name: item.default for item in fields(kind)}
            for name, kind in self.kinds.items()
        }


# what the registered plans of earlier versions say of every network, whatever its kind
_SHARED = {"biases": "shared", "twins": "shared"}

FAMILIES: Mapping[str, OfKind] = {
    "schemes": OfKind(SCHEMES),
    "datasets": OfKind(DATASETS, usual=USUAL_DATASET),
    "architectures": OfKind(NETWORKS, usual=USUAL_NETWORK, everywhere=_SHARED),
}
"""The families of kinds, by the key of a study that lists entries of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A key of an entry that other kinds have, and its own has not.

    Attributes:
        section: the key of the study that lists the entry.
        number: place of the entry in the list, from 0.
        key: the key.
        kind: of the entry.
        others: the kinds that have the key.

    """

    section: str
    number: int
    key: str
    kind: str
    others: Sequence[str]

    @property
    def problem(self) -> Problem:
        """What is wrong with it."""
        return Problem(
            key=f"{self.section}[{self.number}].{self.key}",
            what=f"has no meaning for the kind {self.kind!r}.",
            mend=f"Leave it out; it belongs to {', '.join(map(repr, self.others))}.",
        )


def foreign_keys(mapping: Mapping[str, Any]) -> Iterator[ForeignKey]:
    """Yield the keys in the entries of a study that belong to other kinds."""
    for section, family in FAMILIES.items():
        entries = mapping.get(section)
        for number, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
            for key in family.foreign(entry) if isinstance(entry, Mapping) else ():
                yield ForeignKey(
                    section=section,
                    number=number,
                    key=key,
                    kind=family.kind_of(entry),
                    others=family.kinds_with(key),
                )


def without(mapping: Mapping[str, Any], foreign: Sequence[ForeignKey]) -> dict[str, Any]:
    """Return the keys of a study without some in its entries."""
    found = {**mapping}
    for section in {item.section for item in foreign}:
        found[section] = [
            {key: value for key, value in entry.items() if (number, key) not in places}
            if isinstance(entry, Mapping)
            else entry
            for places in [{(item.number, item.key) for item in foreign if item.section == section}]
            for number, entry in enumerate(mapping[section])
        ]
    return found


def as_registered(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a registered study with those that its entries got later.

    They stand at the value at which everything is as it was without them, which need not be the
    default of today.
    """
    found = {**mapping}
    for section, family in FAMILIES.items():
        entries = mapping.get(section)
        if isinstance(entries, list | tuple):
            found[section] = [
                {**family.values_before(entry), **entry} if isinstance(entry, Mapping) else entry
                for entry in entries
            ]
    return found


AnyScheme = Annotated[BiasScheme, FAMILIES["schemes"]]
AnyDataset = Annotated[Dataset, FAMILIES["datasets"]]
AnyArchitecture = Annotated[Architecture, FAMILIES["architectures"]]
