"""Torchvision's models beside a CPU build of PyTorch.

The index has torchvision for CUDA alone, whose import asks for two operators that such a build
does not have: they are declared, and never called.
"""

import torch

LIBRARY = torch.library.Library("torchvision", "DEF")
LIBRARY.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
LIBRARY.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision.models import vgg11_bn as vgg11_bn  # noqa: E402
