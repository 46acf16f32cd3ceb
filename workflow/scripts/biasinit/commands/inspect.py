"""See a network before training: ``biasinit inspect OBJECT --images CxHxW``.

OBJECT is what a study names: "module:attribute", such as torchvision.models:resnet18, or
"file.py:attribute". Prints every place for biases, in the order in which they run: what kind of
layer it is, how many biases it has, its fans, the normalisation after it, and what each level of
normalisation does there; then the parameters that no scheme starts, with the reason.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd

from biasinit.errors import BiasinitError
from biasinit.networks.architectures import factory_of
from biasinit.networks.inspection import Asked, inspect_module
from biasinit.networks.levels import levels_of
from biasinit.networks.own_module import sites_on_images
from biasinit.networks.site_table import site_table
from biasinit.networks.sites import Sites
from biasinit.plugins.own_network import OwnNetwork
from biasinit.specs.keys import KeysError

SHOWN = ("name", "layer", "biases", "fan_in", "fan_out", "norm", "calls", "role")
WIDEST = 40  # characters of a column


def main(words: Sequence[str]) -> int:
    """Print the sites of the network that the command line names; return the exit status."""
    options = _parser().parse_args(words)
    try:
        sites = _inspected(options)
    except (BiasinitError, KeysError) as error:
        print(error, file=sys.stderr)
        return 1
    levels = levels_of(sites)
    rows = pd.DataFrame(site_table(sites))
    treated = rows[rows["role"] != "untreated"]
    print(_aligned(treated[[*SHOWN, *levels]]))
    left = rows[rows["role"] == "untreated"]
    if len(left):
        print("\nAs built, whatever the scheme:")
        print("\n".join(f"  {row['name']}: {row['note']}" for row in left.to_dict("records")))
    print(f"\nLevels of 'normalizations': {', '.join(levels)}.")
    return 0


def _inspected(options: argparse.Namespace) -> Sites:
    architecture = OwnNetwork(
        name="inspected", object=options.object, parameters=options.parameters
    )
    channels, height, width = options.images
    factory = factory_of(architecture, channels=channels, classes=options.classes)
    shape = (height, width, channels)
    built = sites_on_images(factory.module(0), image_shape=shape, classes=options.classes)
    return inspect_module(
        factory,
        Asked(
            image_shape=shape,
            classes=options.classes,
            normalizations=levels_of(built),
            engine=options.engine,
        ),
    )


def _aligned(rows: pd.DataFrame) -> str:
    return rows.to_string(index=False, justify="left", max_colwidth=WIDEST)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="biasinit inspect",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("object", help="such as torchvision.models:resnet18 or my_net.py:Net")
    parser.add_argument(
        "--images", type=_images, required=True, metavar="CxHxW", help="such as 3x32x32"
    )
    parser.add_argument("--classes", type=int, default=10, help="of the logits (10)")
    parser.add_argument(
        "--parameters",
        type=_parameters,
        default={},
        metavar="JSON",
        help="""what the object is given by keyword, such as '{"num_classes": 10}'""",
    )
    parser.add_argument("--engine", choices=("serial", "eager"), default="serial")
    return parser


def _images(text: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)x([1-9]\d*)", text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"must be channels, height and width, such as 3x32x32, got {text!r}"
        )
    channels, height, width = (int(number) for number in found.groups())
    return channels, height, width


def _parameters(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"must be names and values in braces, got {text!r}")
    return found
