"""Images and labels that a function of one's own returns.

It returns a mapping of arrays as in an .npz file of one's own (``own_images``): 'images' and
'labels', and perhaps 'part' and 'maximum'. Two arrays are short for the first two.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biasinit.data.own_images import NAMES, checked_images
from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages
from biasinit.errors import OwnCodeError
from biasinit.plugins.own_code import call
from biasinit.plugins.own_dataset import OwnDataset


def read_from_function(dataset: OwnDataset) -> SourceImages:
    """Return what the function of a data set returns.

    Raises:
        OwnCodeError: it cannot be called, or returns something else than images and labels.
        DataError: an array is not as one of such a file must be.

    """
    files = {"files": [*dataset.files]} if dataset.files else {}
    found = call(
        dataset.object,
        parameters={**dataset.parameters, **files},
        given="without arguments of ours",
    )
    return checked_images(
        _arrays(dataset, found), channels=dataset.channels, of=f"'object: {dataset.object}'"
    )


def _arrays(dataset: OwnDataset, found: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401  # a user's
    if isinstance(found, tuple) and len(found) == 2:
        found = dict(zip(("images", "labels"), found, strict=True))
    is_mapping = isinstance(found, Mapping)
    if not is_mapping or not {"images", "labels"} <= set(found) <= set(NAMES):
        got = sorted(map(str, found)) if is_mapping else type(found).__name__
        raise OwnCodeError(
            f"'object: {dataset.object}' must return 'images' and 'labels', as two arrays or as a "
            f"mapping that may hold 'part' and 'maximum' too, got {got}. Mend the function."
        )
    return {name: np.asarray(array) for name, array in found.items()}


SOURCE = Source(read=read_from_function)
