"""``biasinit initialise --list``: the schemes that can start biases, with their keys.

In Python, ``biasinit.initialise(model, scheme)`` starts the biases of a model in hand by any of
them; docs/schemes.md says where each comes from.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields

from biasinit.plugins.registry import SCHEMES
from biasinit.plugins.resolve import resolve
from biasinit.specs.schemes.base import BiasScheme

COMMON = {"kind", *(item.name for item in fields(BiasScheme))}


def main(words: Sequence[str]) -> int:
    """Print the schemes, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="biasinit initialise",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--list", action="store_true", required=True, help="list the schemes")
    parser.parse_args(words)
    print("\n".join(_lines()))
    return 0


def _lines() -> Iterator[str]:
    for name, place in SCHEMES.items():
        kind: type[BiasScheme] = resolve(place)
        what = str(kind.__doc__).split("\n\n")[0]
        yield name
        yield f"    {' '.join(what.split())}"
        for item in fields(kind):
            if item.name not in COMMON:
                default = "" if item.default is MISSING else f" ({item.default})"
                yield f"      {item.name}: {item.metadata['description']}{default}"
    yield ""
    yield "Every scheme has besides:"
    for item in fields(BiasScheme):
        yield f"      {item.name}: {item.metadata['description']}"
