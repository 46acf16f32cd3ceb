"""What becomes of images that are neither plain grey nor plain colour."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from biasinit.data.folder_faults import Fault
from biasinit.data.image_pixels import Note, UnusableImageError, endings, formats, pixels_of
from packing import flat, image

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], axis=-1)


def read(content: bytes, *, size=None, notes=frozenset()):
    found = pixels_of(content, size=size)
    assert found.notes == notes
    return found.grey_levels


def saved(made: Image.Image, form: str, **options) -> bytes:
    content = BytesIO()
    made.save(content, form, **options)
    return content.getvalue()


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "TGA", "PPM"])
def test_a_grey_image_is_what_was_stored_whatever_the_format(form):
    assert np.array_equal(read(image(GREY, form=form)), GREY[..., None])


@pytest.mark.parametrize(
    ("form", "options", "notes"),
    [("GIF", {}, {Note.PALETTE}), ("WEBP", {"lossless": True}, set())],
)
def test_a_format_without_grey_gives_colours(form, options, notes):
    found = read(image(GREY, form=form, **options), notes=notes)
    assert np.array_equal(found, np.repeat(GREY[..., None], 3, axis=-1))


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "TGA", "PPM"])
def test_a_colour_image_is_what_was_stored_whatever_the_format(form):
    assert np.array_equal(read(image(COLOUR, form=form)), COLOUR)


def test_black_and_white_becomes_grey():
    found = read(image(GREY, mode="1"))
    assert found.shape == (3, 4, 1)
    assert set(found.ravel().tolist()) <= {0, 255}


def test_a_palette_becomes_colours():
    made = Image.fromarray(COLOUR).quantize(12)
    expected = np.asarray(made.convert("RGB"))
    assert np.array_equal(read(saved(made, "PNG"), notes={Note.PALETTE}), expected)


def test_inks_become_colours():
    found = read(saved(Image.new("CMYK", (2, 2), (255, 0, 0, 0)), "TIFF"),
                 notes={Note.OTHER_COLOURS})  # fmt: skip
    assert found[0, 0].tolist() == [0, 255, 255]


@pytest.mark.parametrize(("mode", "channels"), [("LA", 1), ("RGBA", 3)])
def test_what_is_transparent_becomes_black_in_its_share(mode, channels):
    levels = np.array([[200, 200, 200]], dtype=np.uint8)
    alpha = np.array([[255, 0, 51]], dtype=np.uint8)
    bands = [*[levels] * channels, alpha]
    content = saved(Image.merge(mode, [Image.fromarray(band) for band in bands]), "PNG")
    found = read(content, notes={Note.TRANSPARENT})
    assert found.shape == (1, 3, channels)
    assert found[0, :, 0].tolist() == [200, 0, 40]


def test_a_transparent_colour_is_black_too():
    content = saved(Image.fromarray(COLOUR), "PNG", transparency=(0, 160, 255))
    found = read(content, notes={Note.TRANSPARENT})
    assert found[0, 0].tolist() == [0, 0, 0]
    assert np.array_equal(found[1:], COLOUR[1:])


def test_an_opaque_image_with_alpha_is_as_without():
    assert np.array_equal(read(image(COLOUR, mode="RGBA")), COLOUR)
    assert np.array_equal(read(image(GREY, mode="LA")), GREY[..., None])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_stands_as_its_exif_says(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    notes = set() if orientation == 1 else {Note.TURNED}
    found = read(image(COLOUR, exif=exif.tobytes()), notes=notes)
    upright = {
        **{1: COLOUR, 2: COLOUR[:, ::-1], 3: COLOUR[::-1, ::-1], 4: COLOUR[::-1]},
        **{5: COLOUR.swapaxes(0, 1), 6: np.rot90(COLOUR, -1), 8: np.rot90(COLOUR)},
        7: np.rot90(COLOUR, 2).swapaxes(0, 1),
    }
    assert np.array_equal(found, upright[orientation])


@pytest.mark.parametrize(
    ("form", "notes"), [("GIF", {Note.PALETTE}), ("TIFF", set()), ("PNG", set()), ("WEBP", set())]
)
def test_of_several_frames_the_first_is_taken(form, notes):
    first, second = (Image.new("L", (4, 4), level) for level in (5, 250))
    options = {"lossless": True} if form == "WEBP" else {}
    content = saved(first, form, save_all=True, append_images=[second], **options)
    assert (read(content, notes={Note.FIRST_FRAME, *notes}) == 5).all()


def test_the_upper_8_of_16_bits_for_a_colour_are_taken():
    row = b"\0" + struct.pack(">6H", 0x1234, 0x8000, 0xFFFF, 0, 1, 256)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)),
              (b"IDAT", zlib.compress(row)), (b"IEND", b"")]  # fmt: skip
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    assert read(content, notes={Note.DEEP_COLOURS})[0].tolist() == [[0x12, 0x80, 0xFF], [0, 0, 1]]


@pytest.mark.parametrize(("mode", "form"), [("I;16", "PNG"), ("I", "TIFF"), ("F", "TIFF")])
def test_more_than_8_bits_of_grey_are_refused(mode, form):
    with pytest.raises(UnusableImageError) as caught:
        pixels_of(image(GREY, mode=mode, form=form), size=None)
    assert caught.value.fault is Fault.DEEP


@given(height=st.integers(1, 40), width=st.integers(1, 40), size=st.tuples(
    st.integers(1, 12), st.integers(1, 12)))  # fmt: skip
def test_every_image_gets_the_size_and_a_flat_one_stays_flat(height, width, size):
    found = pixels_of(flat(77, height=height, width=width), size=size).grey_levels
    assert found.shape == (*size, 1)
    assert (found == 77).all()


def test_an_image_of_the_size_stays_as_it_is():
    assert np.array_equal(read(image(COLOUR), size=(3, 4)), COLOUR)


def test_the_middle_of_the_longer_side_is_kept():
    wide = np.repeat(np.array([[0, 100, 100, 250]], dtype=np.uint8), 2, axis=0)
    found = read(image(wide), size=(2, 2), notes={Note.CROPPED})
    assert found[..., 0].tolist() == [[100, 100], [100, 100]]


def test_shrinking_averages_instead_of_leaving_pixels_out():
    stripes = np.tile(np.array([[0], [200]], dtype=np.uint8), (32, 64))
    found = read(image(stripes), size=(8, 8))
    assert np.abs(found[1:-1].astype(int) - 100).max() <= 3


def test_shrinking_is_pillows_antialiased_bilinear_filter():
    levels = np.random.default_rng(3).integers(0, 256, (22, 32, 3), dtype=np.uint8)
    expected = Image.fromarray(levels).resize((16, 11), Image.Resampling.BILINEAR)
    assert np.array_equal(read(image(levels), size=(11, 16)), np.asarray(expected))


def test_enlarged_images_are_noted():
    read(image(GREY), size=(6, 8), notes={Note.ENLARGED})
    read(flat(1, height=8, width=8), size=(4, 4), notes=set())


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.EMPTY_FILE),
        (b"no image", Fault.NO_IMAGE),
        (image(GREY)[:-30], Fault.DAMAGED),
        (image(GREY, form="BMP")[:-4], Fault.DAMAGED),
    ],
)
def test_what_is_no_image_is_told_apart_from_what_is_damaged(content, fault):
    with pytest.raises(UnusableImageError) as caught:
        pixels_of(content, size=None)
    assert caught.value.fault is fault
    assert "\n" not in caught.value.reason


@given(st.data())
def test_whatever_is_broken_in_a_file_is_one_fault_or_an_image(data):
    """No reader's own error gets out, whichever byte is wrong."""
    form = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "TGA"]))
    content = bytearray(image(COLOUR, form=form))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(content[: data.draw(st.integers(1, len(content)))])
    with suppress(UnusableImageError):
        assert pixels_of(broken, size=(2, 2)).grey_levels.shape[:2] == (2, 2)


def test_no_format_is_read_that_runs_a_program():
    assert "EPS" not in formats()
    assert ".eps" not in endings()
    assert {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".webp", ".gif"} <= set(endings())
    with pytest.raises(UnusableImageError) as caught:
        pixels_of(saved(Image.fromarray(COLOUR), "EPS"), size=None)
    assert caught.value.fault is Fault.NO_IMAGE
