"""Handwritten digits: 1,797 real images of 8×8 pixels that ship with scikit-learn.

Source: Alpaydin and Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine
Learning Repository, test part; grey levels 0 to 16.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages
from biasinit.specs.datasets.digits import Digits

MAXIMUM_GREY = 16  # grey level of full ink


def digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images (1797, 8, 8, 1) in 0..16 and labels (1797,) in 0..9."""
    bunch = load_digits()
    return bunch.images[..., None].astype(np.uint8), bunch.target.astype(np.uint8)


def _read(_: Digits) -> SourceImages:
    images, labels = digits()
    return SourceImages(images=images, labels=labels, maximum=MAXIMUM_GREY)


SOURCE = Source(read=_read)
