"""Images in files, and files in folders, zips and tars, for tests."""

import tarfile
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

KINDS = ("folder", "zip", "tar", "tar.gz", "tar.bz2", "tar.xz")
TIME = 1_700_000_000  # of every file, so that archives have the same bytes


def image(
    levels: object, *, form: str = "PNG", mode: str | None = None, **options: object
) -> bytes:
    """Return the bytes of a file with these grey levels."""
    content = BytesIO()
    made = Image.fromarray(np.asarray(levels, dtype=np.uint8))
    (made if mode is None else made.convert(mode)).save(content, form, **options)
    return content.getvalue()


def flat(level: int, *, height: int = 4, width: int = 4, **options: object) -> bytes:
    """Return a file of one grey level."""
    return image(np.full((height, width), level), **options)


def classes(*, each: int = 3, names: tuple[str, ...] = ("cat", "dog"), **options: object):
    """Return files of some classes without a split."""
    return {
        f"{name}/{number}.png": flat(10 * label + number, **options)
        for label, name in enumerate(names)
        for number in range(each)
    }


def parts(*, each: int = 3, names: tuple[str, ...] = ("train", "test"), **options: object):
    """Return files of two classes in some parts."""
    return {
        f"{part}/{path}": content
        for part in names
        for path, content in classes(each=each, **options).items()
    }


def packed(files: Mapping[str, bytes], path: Path, *, kind: str) -> Path:
    """Write files as a folder or an archive; a path that ends with a slash is a folder."""
    if kind == "folder":
        _as_folder(files, path)
    elif kind == "zip":
        _as_zip(files, path)
    else:
        _as_tar(files, path, form=kind.partition(".")[2])
    return path


def _as_folder(files: Mapping[str, bytes], path: Path) -> None:
    path.mkdir()
    for name, content in files.items():
        if name.endswith("/"):
            (path / name).mkdir(parents=True, exist_ok=True)
        else:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)


def _as_zip(files: Mapping[str, bytes], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def _as_tar(files: Mapping[str, bytes], path: Path, *, form: str) -> None:
    with tarfile.open(path, f"w:{form}") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.rstrip("/"))
            info.size, info.mtime = len(content), TIME
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(info, BytesIO(content))
