"""Keys that studies had once: what says so, and plans that were registered with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A key of a section that is no key any more.

    Attributes:
        idle: the value at which it did nothing, so that a plan with it is today's plan.
        what: why it is gone.
        mend: what to write instead.

    """

    idle: object
    what: str
    mend: str


RETIRED: Mapping[str, Mapping[str, Retired]] = MappingProxyType(
    {
        "analysis": {
            "tuning_seeds": Retired(
                idle=0,
                what="is no key any more: every study with several learning rates compares each "
                "scheme at its own, chosen by some of the seeds and judged on the others.",
                mend="Leave it out.",
            ),
        },
    }
)


def without_idle(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a registered study without retired ones that did nothing."""
    return _without(keys, lambda retired, value: value == retired.idle)


def without_retired(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a registered study that are keys today, for its runs to be judged anew."""
    return _without(keys, lambda _retired, _value: True)


def _without(keys: Mapping[str, Any], leaves: Callable[[Retired, object], bool]) -> dict[str, Any]:
    found = dict(keys)
    for section, retired in RETIRED.items():
        part = keys.get(section)
        if isinstance(part, Mapping):
            found[section] = {
                name: value
                for name, value in part.items()
                if name not in retired or not leaves(retired[name], value)
            }
    return found
