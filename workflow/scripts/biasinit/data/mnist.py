"""MNIST and Fashion-MNIST: 70,000 grey images of 28×28 pixels in ten classes each.

Fashion-MNIST was made to take MNIST's place file by file, so one reader does for both.

Sources: LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11); Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a
novel image dataset for benchmarking machine learning algorithms", arXiv:1708.07747.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biasinit.data.downloads import RemoteFile, fetch
from biasinit.data.idx import read_idx
from biasinit.data.source import Source
from biasinit.data.source_images import SourceImages, parts
from biasinit.errors import DataError
from biasinit.specs.datasets.base import OfficialDataset, OfficialImages
from biasinit.specs.datasets.mnist import OFFICIAL, SIDE

CLASSES = 10
REPLACE = (
    "Replace it by the official file, or leave out 'directory' in the study to have it downloaded."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdxFile:
    """Checksums of one file: as it is downloaded, and uncompressed."""

    compressed: str
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdxRelease:
    """The four files of a data set, and where they are.

    Attributes:
        kind: names the folder of downloads.
        title: the name for messages.
        mirrors: addresses of the folders that hold the files, tried in order.
        instead: what to do where there is no internet.
        sizes: numbers of images.
        files: checksums, by the file's name without '.gz'.

    """

    kind: str
    title: str
    mirrors: tuple[str, ...]
    instead: str
    sizes: OfficialImages
    files: Mapping[str, IdxFile]

    def remote(self, name: str) -> RemoteFile:
        """Return how one of the files is downloaded."""
        return RemoteFile(
            name=f"{name}.gz",
            urls=tuple(f"{mirror}{name}.gz" for mirror in self.mirrors),
            checksum=self.files[name].compressed,
            instead=self.instead,
        )


FASHION_MNIST = IdxRelease(
    kind="fashion_mnist",
    title="Fashion-MNIST",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    instead="Debian's package dataset-fashion-mnist installs it: set 'directory: "
    "/usr/share/datasets/fashion-mnist' in the study. Or copy the four files from elsewhere, and "
    "name their folder there.",
    sizes=OFFICIAL,
    files={
        "train-images-idx3-ubyte": IdxFile(
            compressed="sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            content="md5:f4a8712d7a061bf5bd6d2ca38dc4d50a",
        ),
        "train-labels-idx1-ubyte": IdxFile(
            compressed="sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            content="md5:9018921c3c673c538a1fc5bad174d6f9",
        ),
        "t10k-images-idx3-ubyte": IdxFile(
            compressed="sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            content="md5:8181f5470baa50b63fa0f6fddb340f0a",
        ),
        "t10k-labels-idx1-ubyte": IdxFile(
            compressed="sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            content="md5:15d484375f8d13e6eb1aabb0c3f46965",
        ),
    },
)

MNIST = IdxRelease(
    kind="mnist",
    title="MNIST",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    instead="Copy the four files from elsewhere, and name their folder as 'directory' in the "
    "study.",
    sizes=OFFICIAL,
    files={
        "train-images-idx3-ubyte": IdxFile(
            compressed="sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            content="md5:6bbc9ace898e44ae57da46a324031adb",
        ),
        "train-labels-idx1-ubyte": IdxFile(
            compressed="sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            content="md5:a25bea736e30d166cdddb491f175f624",
        ),
        "t10k-images-idx3-ubyte": IdxFile(
            compressed="sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            content="md5:2646ac647ad5339dbf082846283269ea",
        ),
        "t10k-labels-idx1-ubyte": IdxFile(
            compressed="sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            content="md5:27ae3e4e09519cfbb04c329615203637",
        ),
    },
)


def read_release(release: IdxRelease, directory: Path | None) -> SourceImages:
    """Return all images of MNIST or Fashion-MNIST, the official training images first.

    Args:
        release: which of the two.
        directory: folder with the four official files, compressed or not; None downloads them.

    Returns:
        Images (70000, 28, 28, 1) in 0..255 and labels (70000,) in 0..9.

    Raises:
        DataError: a file is missing, damaged, swapped with another, or cannot be downloaded.

    """
    training, test = release.sizes.training, release.sizes.test
    images = [
        _numbers(release, "train-images-idx3-ubyte", (training, SIDE, SIDE), directory),
        _numbers(release, "t10k-images-idx3-ubyte", (test, SIDE, SIDE), directory),
    ]
    labels = [
        _labels(release, "train-labels-idx1-ubyte", training, directory),
        _labels(release, "t10k-labels-idx1-ubyte", test, directory),
    ]
    return SourceImages(
        images=np.concatenate(images)[..., None],
        labels=np.concatenate(labels),
        part=parts(training=training, test=test),
    )


def _labels(
    release: IdxRelease, name: str, count: int, directory: Path | None
) -> NDArray[np.uint8]:
    labels = _numbers(release, name, (count,), directory)
    if labels.max() >= CLASSES:
        raise DataError(
            f"{name} of {release.title} must hold labels from 0 to {CLASSES - 1}, got "
            f"{labels.max()}. {REPLACE}"
        )
    return labels


def _numbers(
    release: IdxRelease, name: str, shape: tuple[int, ...], directory: Path | None
) -> NDArray[np.uint8]:
    if directory is None:
        path = fetch(release.remote(name), release.kind)
    else:
        path = _in_directory(name, directory)
    return read_idx(
        path,
        shape=shape,
        checksum=release.files[name].content,
        what=f"{name} of {release.title}",
        mend=REPLACE,
    )


def _in_directory(name: str, directory: Path) -> Path:
    """Return the file in a folder, compressed or not."""
    for path in (directory / f"{name}.gz", directory / name):
        if path.exists():
            return path
    raise DataError(
        f"{directory} has neither {name}.gz nor {name}. Correct 'directory' in the study, or leave "
        "it out to have the file downloaded."
    )


def _source(release: IdxRelease) -> Source:
    def read(dataset: OfficialDataset) -> SourceImages:
        directory = None if dataset.directory is None else Path(dataset.directory)
        return read_release(release, directory)

    return Source(read=read, files=tuple(release.remote(name) for name in release.files))


SOURCE = _source(MNIST)
FASHION_SOURCE = _source(FASHION_MNIST)
