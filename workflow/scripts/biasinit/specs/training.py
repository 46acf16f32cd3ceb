"""What is the same in every run of a study: how long and how its networks are trained.

Keys alone: jobs get every value, so this module is no part of what decides whether a shard is
trained again (``plugins.digest``).
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from biasinit.specs.keys import Keys, key
from biasinit.specs.limits import Count, Limits, Natural

Precision = Literal["float32", "float64", "bfloat16"]
AugmentationKind = Literal["none", "crop", "flip", "crop_flip"]
LossKind = Literal["cross_entropy", "squared_error"]
Engine = Literal["eager", "compiled", "serial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Keys):
    """What is the same in every run of the study."""

    epochs: Annotated[int, Limits(ge=1, le=10_000)] = field(
        metadata=key(
            "Number of passes over the training images; final accuracy is measured after the last."
        )
    )
    batch_size: Count = field(
        metadata=key("Images per step; a last incomplete batch of an epoch is left out.")
    )
    points_per_epoch: Count = field(
        default=4, metadata=key("Validation points in each of the first dense_epochs epochs.")
    )
    dense_epochs: Natural = field(
        default=8,
        metadata=key(
            "Epochs with points_per_epoch validation points; later epochs have one, at their end."
        ),
    )
    test_epochs: Count = field(
        default=3,
        metadata=key(
            "The test set is looked at after each of the last test_epochs epochs; the last one "
            "counts."
        ),
    )
    probe_images: Count = field(
        default=200,
        metadata=key(
            "Size of the fixed training subset on which active and dead units are counted."
        ),
    )
    precision: Precision = field(
        default="float32",
        metadata=key(
            "Floating-point type; 'bfloat16' rounds activations and products, and keeps weights, "
            "batch norm and the loss in float32."
        ),
    )
    loss: LossKind = field(
        default="cross_entropy",
        metadata=key(
            "What is minimised; 'squared_error' compares outputs with 1 for the class of an image "
            "and 0 for the others.",
            left_out_at="cross_entropy",
        ),
    )
    label_smoothing: Annotated[float, Limits(ge=0, lt=1)] = field(
        default=0.0, metadata=key("Share of each label that is spread over all classes.")
    )
    augmentation: AugmentationKind = field(
        default="none",
        metadata=key(
            "Random changes of training images: shifted crops over a black border, mirroring, both."
        ),
    )
    crop_margin: Annotated[int, Limits(ge=1, le=64)] = field(
        default=4, metadata=key("crop: largest shift in pixels, in each direction.")
    )
    engine: Engine = field(
        default="eager",
        metadata=key(
            "How steps are run: 'compiled' is faster on long work and needs a C++ compiler; "
            "'serial' trains one network after another with PyTorch's own layers, and any module; "
            "results of the three differ in the last bits."
        ),
    )
    width: Annotated[int, Limits(ge=1, le=65_536)] = field(
        default=20,
        metadata=key(
            "Seeds of a shard that are computed side by side; on a CPU it changes the speed alone."
        ),
    )
