"""The table of torchvision's models in docs/extending.md, found again."""

import re

import pytest

from biasinit.errors import ConfigurationError
from biasinit.networks.inspection import Asked, inspect_module
from biasinit.networks.levels import SHIFTS, WITHOUT, levels_of
from biasinit.networks.own_module import Factory, OwnModuleNetwork, sites_on_images
from repository import REPOSITORY
from torchvision_models import models

OPTIONS = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "vit_b_16": {"image_size": 32},
}
SIDES = {"squeezenet1_1": 64}


def rows():
    """Return the cells of each row, by the name of the model."""
    text = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
    table = text.split("| model | hidden places |", 1)[1].split("\n\n", 1)[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return {re.match(r"\w+", row[0])[0]: row for row in cells}


def only_draws(factory, asked):
    """Return whether nothing is wrong but that members that draw cannot be mapped."""
    try:
        inspect_module(factory, asked)
    except ConfigurationError as error:
        (problem,) = error.problems
        return "called random operation" in problem.what
    return False


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("name", rows())
def test_the_models_tried_are_what_the_docs_say(name):
    side = SIDES.get(name, 32)
    build = getattr(models(), name)
    factory = Factory(name=name, make=lambda: build(num_classes=10, **OPTIONS.get(name, {})))
    asked = {"image_shape": (side, side, 3), "classes": 10}
    levels = levels_of(sites_on_images(factory.module(0), **asked))
    hidden = {
        level: len(OwnModuleNetwork(factory, **asked, normalization=level).scheme_biases()) - 1
        for level in levels
        if level in (WITHOUT, *SHIFTS)
    }
    places = " with, ".join(map(str, dict.fromkeys(reversed(hidden.values()))))
    draws = only_draws(factory, Asked(**asked, normalizations=levels, engine="eager"))
    found = [
        places + (" without norm" if " with, " in places else ""),
        ", ".join(f"`{level}`" for level in levels),
        "no: it draws" if draws else "yes",
    ]
    assert rows()[name][1:4] == found
