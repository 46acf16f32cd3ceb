"""What is wrong with a file of keys, in the words of the project instead of pydantic's."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from biasinit.errors import Problem
from biasinit.specs.keys import KeysError
from biasinit.specs.limits import BROKEN, NO_KEYS, NOT_FINITE, OTHER_TYPE
from biasinit.study.retired import Retired

Location = Sequence[int | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What problems say of the kind of file that has them.

    Attributes:
        name: of the whole, for problems that no key has.
        of: whose keys they are, in words.
        example: where one is to be seen, in words.
        keys: the known keys of the document ("") and of each of its sections.
        families: of each list whose entries have a ``kind``, the keys of every kind.
        retired: of each section, the keys that it had once.

    """

    name: str
    of: str
    example: str
    keys: Mapping[str, Sequence[str]]
    families: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    retired: Mapping[str, Mapping[str, Retired]] = field(default_factory=dict)

    def known(self, location: Location) -> Sequence[str]:
        """Return the keys that there are where an unknown one stands."""
        for position, part in enumerate(location[:-3]):
            kinds = self.families.get(str(part), {})
            if location[position + 2] in kinds:
                return kinds[str(location[position + 2])]
        # the innermost section that holds the key
        section = next((part for part in reversed(location[:-1]) if part in self.keys), "")
        return self.keys[str(section)]

    def meant(self, location: Location) -> str | None:
        """Return the key that an unknown one seems to have meant."""
        close = difflib.get_close_matches(str(location[-1]), self.known(location), n=1)
        return next(iter(close), None)

    def key(self, location: Location) -> str:
        """Return a place as a message names it."""
        text = ""
        for position, part in enumerate(location):
            if part == "[key]":
                continue  # pydantic's word for the key of a mapping, which stands before it
            if position > 1 and part in self.families.get(str(location[position - 2]), ()):
                continue  # pydantic names the kind of an entry within its location
            if isinstance(part, int):
                text += f"[{part}]"
            else:
                text += f".{part}" if text else str(part)
        return text


def validation_problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    """Yield every problem that pydantic found in a document."""
    details = error.errors(include_url=False)
    faulty = {detail["loc"] for detail in details}
    misspelt = _misspelt(error, document)
    for detail in details:
        location = detail["loc"]
        if detail["type"] in _MISSING and location in misspelt:
            continue  # it is there under another name, which is a problem of its own
        if detail["type"] == "too_short" and any(
            len(other) > len(location) and other[: len(location)] == location for other in faulty
        ):
            continue  # entries that were refused do not make the list empty
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, KeysError):
            place = document.key(location)  # of the part whose validator raised
            for problem in cause.problems:
                yield replace(problem, key=".".join(filter(None, (place, problem.key))))
        else:
            yield _problem(detail, document)


def doubtful_keys(error: ValidationError, document: Document) -> set[str]:
    """Return the keys of a document that are wrong, or that an unknown key may have meant."""
    places = {detail["loc"] for detail in error.errors()} | _misspelt(error, document)
    return {str(place[0]) for place in places if place}


def _misspelt(error: ValidationError, document: Document) -> set[tuple[int | str, ...]]:
    """Return the places of the keys that unknown ones seem to have meant."""
    places = [detail["loc"] for detail in error.errors() if detail["type"] in _UNKNOWN]
    meant = [(place, document.meant(place)) for place in places]
    return {(*place[:-1], key) for place, key in meant if key is not None}


_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
# pydantic's sentences, in the words of our own
_WHAT = {
    "greater_than": BROKEN["gt"],
    "greater_than_equal": BROKEN["ge"],
    "less_than": BROKEN["lt"],
    "less_than_equal": BROKEN["le"],
    "finite_number": NOT_FINITE,
    "too_short": "must have at least {min_length} entry",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_type": OTHER_TYPE[str],
    "string_pattern_mismatch": BROKEN["pattern"],
    "int_parsing": OTHER_TYPE[int],
    "int_from_float": OTHER_TYPE[int],
    "int_type": OTHER_TYPE[int],
    "float_parsing": OTHER_TYPE[float],
    "float_type": OTHER_TYPE[float],
    "bool_parsing": OTHER_TYPE[bool],
    "bool_type": OTHER_TYPE[bool],
    "invalid_key": "must be text, as all keys are",
    "string_too_short": BROKEN["min_length"],
    "too_long": "must have at most {max_length} entries",
    "model_type": NO_KEYS,
    "model_attributes_type": NO_KEYS,
    "dataclass_type": NO_KEYS,
    "dict_type": NO_KEYS,
    "mapping_type": NO_KEYS,
    "tuple_type": OTHER_TYPE[tuple],
}
IN_QUOTES = "Put it in quotes."
_MEND = {
    "string_pattern_mismatch": "Use letters, digits and . _ + - only, at most 64, starting with a "
    "letter or digit.",
    "string_type": IN_QUOTES,
    "invalid_key": IN_QUOTES,
    "tuple_type": "Write [first, second].",
    **{kind: "Write {key: value}." for kind, what in _WHAT.items() if what is NO_KEYS},
}
LONGEST_VALUE = 100  # characters of a value in a message; a slip may put a whole table there


def _problem(detail: Mapping[str, Any], document: Document) -> Problem:
    location = detail["loc"]
    key = document.key(location) or document.name
    kind = detail["type"]
    if kind in _UNKNOWN:
        return _unknown_key(location, document)
    if kind in _MISSING:
        return Problem(key=key, what="is missing.", mend=f"Add it; {document.example}.")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        found = detail["ctx"].get("tag")
        what = f"has the unknown kind {shown(found)}." if found else "has no 'kind'."
        known = document.families[str(location[-2])]
        return Problem(key=key, what=what, mend=f"Use one of {_quoted(known)}.")
    if kind == "value_error":
        return Problem(key=key, what=str(detail["ctx"]["error"]), mend="")
    context = detail.get("ctx", {})
    what = _WHAT.get(kind, detail["msg"]).format(**context)
    return Problem(key=key, what=f"{what}, got {shown(detail['input'])}.", mend=_MEND.get(kind, ""))


def _unknown_key(location: Location, document: Document) -> Problem:
    retired = document.retired.get(".".join(map(str, location[:-1])), {}).get(str(location[-1]))
    if retired:
        return Problem(key=document.key(location), what=retired.what, mend=retired.mend)
    meant = document.meant(location)
    known = f"Known keys: {', '.join(document.known(location))}."
    return Problem(
        key=document.key(location),
        what=f"is not a key of {document.of}.",
        mend=f"Did you mean '{meant}'?" if meant else known,
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python writes it, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
