"""Keys with their meanings, defaults and limits: what every specification is made of.

A *specification* is a frozen dataclass of keys. A study file is read into it by pydantic; a job
builds the same class from the values in its description, without pydantic. So a key's meaning,
default and limits stand in one place, and what was registered is what is trained.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from typing import Any, ClassVar, TypeVar, get_type_hints

from biasinit.errors import Problem
from biasinit.specs.limits import wrong


def key(meaning: str, *, left_out_at: object = MISSING) -> dict[str, Any]:
    """Return the metadata of a key.

    Args:
        meaning: for docs/configuration.md, the schema and editors.
        left_out_at: of a key that is added to those of earlier versions, the value at which
            everything is what it was without the key. Descriptions of jobs leave the key out at
            this value, so that it re-trains nothing.

    """
    later = {} if left_out_at is MISSING else {"left_out_at": left_out_at}
    return {"description": meaning, **later}


class KeysError(ValueError):
    """Raised when keys of a specification are wrong; pydantic carries it out of its validators."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in problems))


@contextmanager
def section(name: str) -> Iterator[None]:
    """Name keys that are wrong within a section of this name."""
    try:
        yield
    except KeysError as error:
        problems = [replace(one, key=f"{name}.{one.key}".rstrip(".")) for one in error.problems]
        raise KeysError(problems) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A specification: its values are possible, or it does not exist.

    Raises:
        KeysError: with every problem.

    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    def __post_init__(self) -> None:
        found = list(_problems_of_values(self)) or list(self.problems())
        if found:
            raise KeysError(found)

    @property
    def looked_up(self) -> tuple[str, ...]:
        """What a job looks up by this specification, each as "module:attribute"."""
        return ()

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between keys that are right by themselves, each named within them."""
        yield from ()


AnyKeys = TypeVar("AnyKeys", bound=Keys)


def values_of(specification: Keys) -> dict[str, Any]:
    """Return every key with its value, defaults too, as plain values for a job.

    So a changed default is a changed description. A key with ``left_out_at`` is left out there.
    """
    return {
        item.name: _plain(getattr(specification, item.name))
        for item in fields(specification)
        if getattr(specification, item.name) != item.metadata.get("left_out_at", MISSING)
    }


def from_values(kind: type[AnyKeys], values: Mapping[str, Any]) -> AnyKeys:
    """Return the specification that ``values_of`` gave away, or that was written by hand.

    Raises:
        KeysError: a value is not possible.
        TypeError: a key is missing, or not known.

    """
    hints = _hints(kind)  # type: ignore[arg-type]  # classes have a hash
    given = {
        item.name: item.metadata["left_out_at"]
        for item in fields(kind)
        if "left_out_at" in item.metadata
    }
    for name, value in values.items():
        hint = hints.get(name)
        given[name] = tuple(value) if isinstance(value, list) else value
        if isinstance(hint, type) and issubclass(hint, Keys) and isinstance(value, Mapping):
            with section(name):
                given[name] = from_values(hint, value)
    return kind(**given)


def _plain(value: object) -> object:
    if isinstance(value, Keys):
        return values_of(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return value


@cache
def _hints(kind: type[Keys]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _problems_of_values(specification: Keys) -> Iterator[Problem]:
    hints = _hints(type(specification))  # type: ignore[arg-type]
    for item in fields(specification):
        value = getattr(specification, item.name)
        for place, what in wrong(hints[item.name], value):
            yield Problem(key=f"{item.name}{place}", what=f"{what}, got {value!r}.", mend="")
