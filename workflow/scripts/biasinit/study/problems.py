"""What is wrong with a file of keys, in the words of the project instead of pydantic's."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from pydantic import ValidationError

from biasinit.errors import Problem
from biasinit.specs.schemes import KINDS


class CrossProblemsError(ValueError):
    """Carries problems that concern several keys out of a pydantic validator."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What problems say of the kind of file that has them.

    Attributes:
        name: of the whole, for problems that no key has.
        of: whose keys they are, in words.
        example: where one is to be seen, in words.
        kinds: values that a part's ``kind`` may have.

    """

    name: str
    of: str
    example: str
    kinds: Sequence[str]


STUDY_FILE = Document(
    name="study", of="a study", example="config.yaml shows an example", kinds=tuple(KINDS)
)


def validation_problems(
    error: ValidationError,
    keys: Mapping[str, Sequence[str]],
    document: Document = STUDY_FILE,
) -> Iterator[Problem]:
    """Yield every problem that pydantic found.

    Args:
        error: what pydantic raised.
        keys: the known keys of the document ("") and of each of its sections, to name the one
            that was meant.
        document: what kind of file it is.

    """
    details = error.errors(include_url=False)
    faulty = {detail["loc"] for detail in details}
    misspelt = _misspelt(error, keys)
    for detail in details:
        location = detail["loc"]
        if detail["type"] in _MISSING and location in misspelt:
            continue  # it is there under another name, which is a problem of its own
        if detail["type"] == "too_short" and any(
            len(other) > len(location) and other[: len(location)] == location for other in faulty
        ):
            continue  # entries that were refused do not make the list empty
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, CrossProblemsError):
            place = _key(location, document.kinds)  # of the part whose validator raised
            for problem in cause.problems:
                yield replace(problem, key=".".join(filter(None, (place, problem.key))))
        else:
            yield _problem(detail, keys, document)


def doubtful_keys(error: ValidationError, keys: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the keys of a document that are wrong, or that an unknown key may have meant.

    Args:
        error: what pydantic raised.
        keys: the known keys, as for ``validation_problems``.

    """
    places = {detail["loc"] for detail in error.errors()} | _misspelt(error, keys)
    return {str(place[0]) for place in places if place}


def _misspelt(
    error: ValidationError, keys: Mapping[str, Sequence[str]]
) -> set[tuple[int | str, ...]]:
    """Return the places of the keys that unknown ones seem to have meant."""
    places = [detail["loc"] for detail in error.errors() if detail["type"] in _UNKNOWN]
    meant = [(place, _meant(place[-1], _known(place, keys))) for place in places]
    return {(*place[:-1], key) for place, key in meant if key is not None}


_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
# pydantic's sentences, in the words of our own
_WHAT = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be greater than or equal to {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be less than or equal to {le:g}",
    "finite_number": "must be a finite number",
    "too_short": "must have at least {min_length} entry",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_type": "must be text",
    "string_pattern_mismatch": "is not a name that can be part of a path",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "invalid_key": "must be text, as all keys are",
    "string_too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "model_type": "must hold keys and values",
    "model_attributes_type": "must hold keys and values",
    "dataclass_type": "must hold keys and values",
    "dict_type": "must hold keys and values",
    "tuple_type": "must be a list",
}
_MEND = {
    "string_pattern_mismatch": "Use letters, digits and . _ + - only, at most 64, starting with a "
    "letter or digit.",
    "string_type": "Put it in quotes.",
    "invalid_key": "Put it in quotes.",
}
LONGEST_VALUE = 100  # characters of a value in a message; a slip may put a whole table there


def _problem(
    detail: Mapping[str, Any], keys: Mapping[str, Sequence[str]], document: Document
) -> Problem:
    key = _key(detail["loc"], document.kinds) or document.name
    kind = detail["type"]
    if kind in _UNKNOWN:
        what = f"is not a key of {document.of}."
        return Problem(key=key, what=what, mend=_closest(detail["loc"], keys))
    if kind in _MISSING:
        return Problem(key=key, what="is missing.", mend=f"Add it; {document.example}.")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        found = detail["ctx"].get("tag")
        what = f"has the unknown kind {shown(found)}." if found else "has no 'kind'."
        known = ", ".join(repr(name) for name in document.kinds)
        return Problem(key=key, what=what, mend=f"Use one of {known}.")
    if kind == "value_error":
        return Problem(key=key, what=str(detail["ctx"]["error"]), mend="")
    context = detail.get("ctx", {})
    what = _WHAT.get(kind, detail["msg"]).format(**context)
    return Problem(key=key, what=f"{what}, got {shown(detail['input'])}.", mend=_MEND.get(kind, ""))


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python writes it, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _key(location: Sequence[int | str], kinds: Sequence[str]) -> str:
    text = ""
    for position, part in enumerate(location):
        if part == "[key]":
            continue  # pydantic's word for the key of a mapping, which stands before it
        if isinstance(part, int):
            text += f"[{part}]"
        elif position and isinstance(location[position - 1], int) and part in kinds:
            continue  # pydantic names the kind of an entry within its location
        else:
            text += f".{part}" if text else str(part)
    return text


def _closest(location: Sequence[int | str], keys: Mapping[str, Sequence[str]]) -> str:
    """Say which key was meant, or which there are."""
    known = _known(location, keys)
    meant = _meant(location[-1], known)
    return f"Did you mean '{meant}'?" if meant else f"Known keys: {', '.join(known)}."


def _known(location: Sequence[int | str], keys: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the keys that there are where an unknown one stands."""
    if location[0] == "schemes" and len(location) > 1:
        return [item.name for item in fields(KINDS[str(location[2])])]
    # the innermost section that holds the key
    section = next((part for part in reversed(location[:-1]) if part in keys), "")
    return keys[str(section)]


def _meant(key: int | str, known: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(str(key), known, n=1)), None)
