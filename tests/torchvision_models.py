"""torchvision's models, for tests of networks as users have them."""

from functools import cache

import pytest
import torch

MISSING = "torchvision is not there: pip install -r requirements-dev.txt"
OPERATORS = ("nms", "qnms")  # beside a CPU build of PyTorch, the import asks for them

_kept: list[torch.library.Library] = []  # a library that is collected takes its operators along


def models():
    """Return ``torchvision.models``; skip the test where there is none."""
    return _imported() or pytest.skip(MISSING)


@cache
def _imported():
    try:
        import torchvision.models
    except ImportError:
        return None
    except RuntimeError:  # 'operator torchvision::nms does not exist'
        _declare()
        import torchvision.models
    return torchvision.models


def _declare() -> None:
    library = torch.library.Library("torchvision", "DEF")
    for name in OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _kept.append(library)
