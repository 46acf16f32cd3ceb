"""From the bytes of one image file to its pixels, in one of two forms: grey or three colours.

Any format that Pillow reads will do. What is done to an image that is neither plain grey nor
plain colour is noted, so that it can be told how many there were.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from biasinit.data.folder_faults import Fault

# Pillow hands PostScript to Ghostscript, which runs it: no image of a data set may run a program
NOT_READ = frozenset({"EPS"})
GREY_MODES = frozenset({"1", "L", "LA", "La"})
COLOUR_MODES = frozenset({"RGB", "RGBA", "RGBa", "RGBX"})
DEEP_MODES = ("I", "F")  # first letter of modes with 16 or 32 bits of grey
ORIENTATION = 0x0112  # number of the tag of EXIF
UPRIGHT = 1
OPAQUE = 255


class Note(Enum):
    """What was done to images, as the log says it after that word."""

    FIRST_FRAME = "with several frames, of which the first is taken"
    TURNED = "turned as their EXIF says"
    PALETTE = "with a palette, taken as colours"
    OTHER_COLOURS = "in other colours than red, green and blue, converted to these"
    DEEP_COLOURS = "with 16 bits for each colour, of which the upper 8 are taken"
    TRANSPARENT = "transparent in places, which become black"
    CROPPED = "of other proportions than 'size', cut at two edges"
    ENLARGED = "smaller than 'size', enlarged"


class UnusableImageError(Exception):
    """Raised when a file has no pixels that can be used; kept within the reading of a folder."""

    def __init__(self, fault: Fault, reason: str = "") -> None:
        self.fault = fault
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """An image.

    Attributes:
        grey_levels: (height, width, 1) of a grey image, (height, width, 3) of a colour one.
        notes: what was done to it.

    """

    grey_levels: NDArray[np.uint8] = field(repr=False)
    notes: frozenset[Note]


def pixels_of(content: bytes, *, size: tuple[int, int] | None) -> Pixels:
    """Return the pixels of an image file.

    Args:
        content: the bytes of the file.
        size: height and width to bring it to: the shorter side is resized, with an antialiased
            bilinear filter, and the middle of the longer one kept, as torchvision's ``Resize`` and
            ``CenterCrop`` do. None keeps the image as it is.

    Raises:
        UnusableImageError: the file is no image, or not one that can be used.

    """
    if not content:
        raise UnusableImageError(Fault.EMPTY_FILE)
    with _refusals_told(), Image.open(BytesIO(content), formats=formats()) as image:
        notes: set[Note] = set()
        if image.mode.startswith(DEEP_MODES):
            raise UnusableImageError(Fault.DEEP, f"mode {image.mode}")
        if getattr(image, "is_animated", False):
            notes.add(Note.FIRST_FRAME)
        if any(";16" in str(tile.args) for tile in getattr(image, "tile", ())):
            notes.add(Note.DEEP_COLOURS)
        image.load()
        plain = _of_one_form(_upright(image, notes), notes)
        sized = plain if size is None else _of_size(plain, size, notes)
        levels = np.asarray(sized)
    return Pixels(
        grey_levels=levels[..., None] if levels.ndim == 2 else levels, notes=frozenset(notes)
    )


@cache
def formats() -> tuple[str, ...]:
    """Return the formats that are read."""
    Image.init()
    return tuple(name for name in Image.ID if name not in NOT_READ)


def endings() -> tuple[str, ...]:
    """Return the endings that names of such files have, with a dot and in small letters."""
    known = Image.registered_extensions().items()
    return tuple(sorted(ending for ending, name in known if name in formats()))


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata, which nobody here reads
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UnusableImageError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnusableImageError(Fault.BOMB) from None
    except UnidentifiedImageError:
        raise UnusableImageError(Fault.NO_IMAGE) from None
    except Exception as error:
        # readers of forty formats raise whatever they meet in a damaged file
        raise UnusableImageError(Fault.DAMAGED, _one_line(error)) from None


def _one_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _upright(image: Image.Image, notes: set[Note]) -> Image.Image:
    try:
        orientation = image.getexif().get(ORIENTATION, UPRIGHT)
    except Exception:  # damaged EXIF says nothing of how the image stands
        return image
    if orientation == UPRIGHT:
        return image
    notes.add(Note.TURNED)
    return ImageOps.exif_transpose(image)


def _of_one_form(image: Image.Image, notes: set[Note]) -> Image.Image:
    """Return an image of mode L or RGB."""
    is_grey = image.mode in GREY_MODES
    if image.mode in ("P", "PA"):
        notes.add(Note.PALETTE)
    elif not is_grey and image.mode not in COLOUR_MODES:
        notes.add(Note.OTHER_COLOURS)
    if image.has_transparency_data:
        image = _on_black(image, notes)
        return image.getchannel("R") if is_grey else image
    form = "L" if is_grey else "RGB"
    return image if image.mode == form else image.convert(form)


def _on_black(image: Image.Image, notes: set[Note]) -> Image.Image:
    """Return an image laid on black: what lies under transparent pixels is no part of it."""
    layered = image.convert("RGBA")
    if layered.getextrema()[-1] != (OPAQUE, OPAQUE):
        notes.add(Note.TRANSPARENT)
    black = Image.new("RGBA", layered.size, (0, 0, 0, OPAQUE))
    return Image.alpha_composite(black, layered).convert("RGB")


def _of_size(image: Image.Image, size: tuple[int, int], notes: set[Note]) -> Image.Image:
    height, width = size
    if image.height < height or image.width < width:
        notes.add(Note.ENLARGED)
    if image.height * width != image.width * height:
        notes.add(Note.CROPPED)
    return ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
