"""What the name of a run, or of its folder or file, says: '{scheme}/seed={seed}'."""

import re
from collections.abc import Callable, Mapping

NOTHING = "_"  # in braces: a part of a name that says nothing
_PART = re.compile(r"{([^{}]*)}")


def reader_of(pattern: str) -> Callable[[str], Mapping[str, str] | None]:
    """Return what reads a name: the parts in braces by their names; None where it does not match.

    A part is at least one character and holds no slash; a seed is digits.

    Raises (the reader):
        ValueError: the name can be read in two ways.

    """
    greedy, lazy = (_expression(pattern, many) for many in ("+", "+?"))

    def read(name: str) -> Mapping[str, str] | None:
        first, second = greedy.fullmatch(name), lazy.fullmatch(name)
        if first is None or second is None:
            return None
        if first.groupdict() != second.groupdict():
            ways = " or ".join(str(match.groupdict()) for match in (second, first))
            raise ValueError(f"{name!r} can be read as {ways}")
        return first.groupdict()

    return read


def _expression(pattern: str, many: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression; of what lies between braces, all is literal."""
    found, end = "", 0
    for part in _PART.finditer(pattern):
        name = part[1]
        characters = "[0-9]" if name == "seed" else "[^/]"
        group = "(?:" if name == NOTHING else f"(?P<{name}>"
        found += f"{re.escape(pattern[end : part.start()])}{group}{characters}{many})"
        end = part.end()
    return re.compile(found + re.escape(pattern[end:]))
