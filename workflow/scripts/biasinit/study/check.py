"""A check between keys of a study, and those that every study has.

Each check says which keys it reads. Where some keys of a file are wrong, the checks that read
only the others are made all the same, so that a person hears of everything at once.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import partial
from typing import Any

from biasinit.errors import Problem
from biasinit.study.model import ImportedStudy, Study
from biasinit.study.problems import shown


@dataclass(frozen=True, slots=True)
class Check:
    """Finds problems between some keys of a study.

    Attributes:
        find: yields them, given the study.
        reads: the keys that it looks at, and no others.

    """

    find: Callable[[Any], Iterator[Problem]]
    reads: Set[str]


def repeated_levels(study: Study | ImportedStudy, *, key: str) -> Iterator[Problem]:
    """Yield a key whose levels are not all different."""
    values = [getattr(level, "name", level) for level in getattr(study, key)]
    repeated = sorted({str(value) for value in values if values.count(value) > 1})
    if repeated:
        yield Problem(
            key=key,
            what=f"{', '.join(repeated)} stands there more than once.",
            mend="Name each level once.",
        )


def named_schemes(study: Study | ImportedStudy, *, key: str) -> Iterator[Problem]:
    """Yield a key that names a scheme that there is none of."""
    names = [str(getattr(scheme, "name", scheme)) for scheme in study.schemes]
    value = getattr(study, key)
    if value is not None and value not in names:
        yield Problem(
            key=key,
            what=f"names the scheme {value!r}, which the study does not have.",
            mend=f"Use one of {', '.join(names)}.",
        )


def braces(key: str, path: str) -> Iterator[Problem]:
    """Yield a path that Snakemake would take for a pattern; it has no way to write a brace."""
    if set(path) & {"{", "}"}:
        yield Problem(
            key=key,
            what=f"must have no braces, which Snakemake takes for wildcards, got {shown(path)}.",
            mend="Rename it, or the folder that it lies in.",
        )


def _claims_without_braces(study: Study | ImportedStudy) -> Iterator[Problem]:
    yield from braces("claims", study.claims or "")


CLAIMS = Check(_claims_without_braces, {"claims"})
"""Of the key that names a file of claims."""
REFERENCES = [
    Check(partial(named_schemes, key=key), {"schemes", key}) for key in ("reference", "replicate")
]
"""Of the keys that name a scheme."""
