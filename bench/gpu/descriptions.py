"""Write ``shards.json``: what is trained on a GPU, as a study describes it.

    PYTHONPATH=workflow/scripts:bench/training python bench/gpu/descriptions.py [--check]

A machine with a GPU may lack what reads a study, so descriptions are made beforehand; a test says
when they are stale. With each stands what a study refuses to do with the network, and why.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine import REPOSITORY
from shards import NETWORKS, shard_mapping

from biasinit.errors import ConfigurationError
from biasinit.study.reading import load_study

PATH = Path(__file__).with_name("shards.json")
DIGITS = "small_cnn on digits"
CHOICES = (
    *({"engine": "eager"}, {"engine": "compiled"}, {"engine": "serial"}),
    *(
        {"engine": "eager", "precision": "bfloat16"},
        {"engine": "compiled", "precision": "bfloat16"},
    ),
)


def descriptions() -> dict[str, Any]:
    """Return descriptions with what is refused, by network, and a shard of the default study."""
    found: dict[str, Any] = {}
    for name, sizes in NETWORKS.items():
        # the batches of the default study
        measured = replace(sizes, batch=32) if name == DIGITS else sizes
        refused = {}
        for keys in CHOICES:
            try:
                shard_mapping(measured, **keys)
            except ConfigurationError as error:
                refused[choice(keys)] = str(error).split("  - ")[1].strip()
        found[name] = {"description": shard_mapping(measured), "refused": refused}
    study = load_study(REPOSITORY / "config.yaml")
    found["default study"] = {
        "description": study.shard_description(
            cell=study.cells[0], normalization="none", scheme="zeros", shard=0
        ),
        "refused": {},
    }
    return found


def choice(keys: Mapping[str, str]) -> str:
    """Return the name of an engine with its precision."""
    return f"{keys['engine']}, {keys.get('precision', 'float32')}"


def main() -> int:
    """Write the file, or say that it is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    text = json.dumps(descriptions(), indent=1) + "\n"
    if parser.parse_args().check:
        fresh = PATH.exists() and PATH.read_text(encoding="utf-8") == text
        print(
            f"{PATH.name} is {'as it should be' if fresh else 'stale; run this without --check'}."
        )
        return int(not fresh)
    PATH.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
