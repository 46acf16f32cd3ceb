"""Types of keys and what their values must keep to, for pydantic and without it.

A study file is read by pydantic, which takes the limits from the types here. Where there is no
pydantic, ``wrong`` says the same of a value.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}"

# what is said of a number or a text that breaks a limit, by the limit
BROKEN = {
    "gt": "must be greater than {gt:g}",
    "ge": "must be greater than or equal to {ge:g}",
    "lt": "must be less than {lt:g}",
    "le": "must be less than or equal to {le:g}",
    "min_length": "must not be empty",
    "pattern": "is not a name that can be part of a path",
}
# and of a value that is of another type
OTHER_TYPE = {
    int: "must be a whole number",
    float: "must be a number",
    bool: "must be true or false",
    str: "must be text",
    tuple: "must be a list",
    NoneType: "must be null",
}
NOT_FINITE = "must be a finite number"
NO_KEYS = "must hold keys and values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a number or a text must keep to; None where nothing is asked."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    min_length: int | None = None
    pattern: str | None = None

    @property
    def _given(self) -> dict[str, Any]:
        limits = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def broken_by(self, value: Any) -> Iterator[str]:  # noqa: ANN401  # a number or a text
        """Yield what is wrong with a value."""
        keeps: dict[str, Callable[[Any], bool]] = {
            "gt": lambda limit: value > limit,
            "ge": lambda limit: value >= limit,
            "lt": lambda limit: value < limit,
            "le": lambda limit: value <= limit,
            "min_length": lambda limit: len(value) >= limit,
            "pattern": lambda limit: re.search(limit, value) is not None,
        }
        for name, limit in self._given.items():
            if not keeps[name](limit):
                yield BROKEN[name].format(**self._given)

    def __get_pydantic_core_schema__(
        self, source: object, handler: Callable[[object], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return pydantic's schema with these limits: it asks by this name, and needs no import."""
        return handler(source) | self._given


Name = Annotated[str, Limits(pattern=f"^{NAME_PATTERN}$")]
Text = Annotated[str, Limits(min_length=1)]
Count = Annotated[int, Limits(ge=1)]
Natural = Annotated[int, Limits(ge=0)]
Positive = Annotated[float, Limits(gt=0)]
NotNegative = Annotated[float, Limits(ge=0)]


def wrong(kind: Any, value: object) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # types are values
    """Yield where within a value it is not of a type, and what is wrong there."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found = list(wrong(arguments[0], value))
        limits = [mark for mark in arguments[1:] if isinstance(mark, Limits) and not found]
        yield from found
        yield from (("", what) for mark in limits for what in mark.broken_by(value))
    elif origin is Literal:
        if value not in arguments:
            yield "", f"must be {_one_of(arguments)}"
    elif origin in (Union, UnionType):
        alternatives = [list(wrong(alternative, value)) for alternative in arguments]
        yield from alternatives[0] if all(alternatives) else ()
    elif origin is tuple and isinstance(value, tuple):
        for number, inner in enumerate(value):
            for place, what in wrong(arguments[0], inner):
                yield f"[{number}]{place}", what
    elif kind is not Any:
        yield from (("", what) for what in _of_other_type(origin or kind, value))


def _of_other_type(kind: type, value: object) -> Iterator[str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    is_one = number if kind is float else type(value) is kind
    if kind not in OTHER_TYPE:
        if not isinstance(value, kind):
            yield NO_KEYS
    elif not is_one:
        yield OTHER_TYPE[kind]
    elif isinstance(value, float) and not math.isfinite(value):
        yield NOT_FINITE


def _one_of(choices: tuple[object, ...]) -> str:
    *others, last = map(repr, choices)
    return f"{', '.join(others)} or {last}" if others else last
