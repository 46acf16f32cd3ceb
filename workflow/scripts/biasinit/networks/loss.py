"""What networks that name classes minimise."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from biasinit.specs.training import LossKind


@dataclass(frozen=True, slots=True)
class ClassLoss:
    """A loss of outputs against labels.

    Attributes:
        kind: "cross_entropy" takes outputs as logits; "squared_error" compares them with 1 for the
            class of an image and 0 for the others.
        label_smoothing: share of each label that is spread over all classes.

    """

    kind: LossKind
    label_smoothing: float = 0.0

    def mean(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over images; of squares, over images and classes.

        Args:
            outputs: (batch, classes).
            labels: whole numbers, (batch,).

        """
        if self.kind == "cross_entropy":
            return functional.cross_entropy(outputs, labels, label_smoothing=self.label_smoothing)
        # not functional.one_hot, which looks at values and so cannot be traced
        classes = torch.arange(outputs.shape[-1], device=labels.device)
        wanted = (labels[..., None] == classes).to(outputs.dtype)
        smoothed = wanted + self.label_smoothing * (1 / outputs.shape[-1] - wanted)
        return functional.mse_loss(outputs, smoothed if self.label_smoothing else wanted)


CROSS_ENTROPY = ClassLoss(kind="cross_entropy")
