"""One rule for all pictures: upright, opaque, 8-bit RGB, whole, and one in a file."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import DataError
from pipeline.files.picture_files import read_picture

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def saved(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def read(content, size=0):
    return read_picture(content, "here", size)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_plain_colours_are_read_as_they_are(kind):
    np.testing.assert_array_equal(read(saved(Image.fromarray(COLOURS), kind)), COLOURS)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("TIFF", "RGB"), ("PNG", "RGBA")])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_tags_are_followed(kind, mode, orientation):
    upright = Image.fromarray(COLOURS).convert(mode)
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
            6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}  # fmt: skip
    stored = upright
    if orientation > 1:
        stored = upright.transpose(Image.Transpose[undo[orientation]])
    tags = Image.Exif()
    tags[0x0112] = orientation
    np.testing.assert_array_equal(read(saved(stored, kind, exif=tags)), COLOURS)


@given(st.lists(st.integers(0, 65535), min_size=4, max_size=4))
@settings(deadline=None)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_16_bits_is_scaled_and_not_clipped(kind, values):
    wide = np.array(values, dtype=np.uint16).reshape(2, 2)
    expected = np.repeat((wide >> 8).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    np.testing.assert_array_equal(read(saved(Image.fromarray(wide), kind)), expected)


def test_a_turned_grey_picture_of_16_bits_is_scaled_too():
    wide = np.arange(6, dtype=np.uint16).reshape(2, 3) * 10_000
    tags = Image.Exif()
    tags[0x0112] = 3
    pixels_read = read(saved(Image.fromarray(wide), exif=tags))
    np.testing.assert_array_equal(pixels_read[..., 0], (wide[::-1, ::-1] >> 8).astype(np.uint8))


def grey_tiff(values, n_bits, interpretation):
    """Write an uncompressed TIFF of grey, as scanners and cameras do."""
    packed = "".join(f"{value:0{n_bits}b}" for value in values)
    if n_bits == 16:
        data = np.array(values, "<u2").tobytes()
    else:
        data = int(packed, 2).to_bytes(len(packed) // 8, "big")
    tags = {256: len(values), 257: 1, 258: n_bits, 259: 1, 262: interpretation, 273: 8, 277: 1,
            278: 1, 279: len(data)}  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    start = b"II*\0" + struct.pack("<I", 8 + len(data))
    return start + data + struct.pack("<H", len(tags)) + entries + bytes(4)


@pytest.mark.parametrize(("n_bits", "interpretation", "expected"), [
    (16, 1, [0, 127, 128, 255]),
    (12, 1, [0, 127, 128, 255]),
    (16, 0, [255, 128, 127, 0]),  # 0 is white
])  # fmt: skip
def test_wide_grey_of_a_tiff_is_scaled_by_its_bits_and_turned_where_0_is_white(
    n_bits, interpretation, expected
):
    half = 1 << (n_bits - 1)
    content = grey_tiff([0, half - 1, half, 2 * half - 1], n_bits, interpretation)
    assert read(content)[0, :, 0].tolist() == expected


def test_a_portable_greymap_of_16_bits_is_scaled():
    pixels_read = read(b"P5\n2 1\n65535\n\xff\xff\x80\x00")
    np.testing.assert_array_equal(pixels_read[..., 0], [[255, 128]])


@pytest.mark.parametrize("values", [np.ones((2, 2), np.float32), np.full((2, 2), 70_000, np.int32)])
def test_numbers_without_a_known_range_are_refused(values):
    with pytest.raises(DataError, match="here: expected 8 or 16 bits a pixel; found mode"):
        read(saved(Image.fromarray(values), "TIFF"))


@given(hidden=st.tuples(*[st.integers(0, 255)] * 3))
@settings(deadline=None)
def test_what_is_transparent_is_white_whatever_colour_it_hides(hidden):
    pixels = np.dstack([COLOURS, np.full((5, 7), 255, np.uint8)])
    pixels[0, :3] = (*hidden, 0)
    pixels_read = read(saved(Image.fromarray(pixels)))
    assert (pixels_read[0, :3] == 255).all()
    np.testing.assert_array_equal(pixels_read[1:], COLOURS[1:])


def test_half_transparent_colours_are_mixed_with_white():
    pixels_read = read(saved(Image.new("RGBA", (2, 2), (200, 0, 100, 128))))
    assert np.abs(pixels_read[0, 0].astype(int) - (227, 127, 177)).max() <= 1


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGB", "LA"])
def test_every_kind_of_transparency_hides(mode):
    grey = Image.fromarray(np.array([[0, 0], [255, 255]], dtype=np.uint8))
    if mode == "LA":
        image = Image.merge("LA", (grey, grey))
        content = saved(image)
    else:
        image = grey.convert(mode)
        first = image.getpixel((0, 0))
        content = saved(image, transparency=first)
    assert (read(content) == 255).all()


def test_a_transparent_grey_of_16_bits_is_white():
    wide = np.array([[513, 514], [60_000, 0]], dtype=np.uint16)
    content = saved(Image.fromarray(wide), transparency=513)
    np.testing.assert_array_equal(read(content)[..., 0], [[255, 2], [234, 0]])


def test_palettes_and_cmyk_become_colours():
    palette = Image.fromarray(COLOURS).quantize(256)
    expected = np.asarray(palette.convert("RGB"))
    for kind in ("PNG", "GIF", "BMP"):
        np.testing.assert_array_equal(read(saved(palette, kind)), expected)
    red = read(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    assert np.abs(red[4, 4].astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_several_pictures_in_one_file_are_refused(kind):
    frames = [Image.fromarray(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8)) for _ in range(3)]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match=f"here: expected one picture; found 3 in one {kind} file"):
        read(content)


def test_a_photograph_with_a_preview_behind_it_is_one_picture():
    first = Image.fromarray(np.full((16, 16, 3), 90, np.uint8))
    content = saved(first, "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))])
    assert np.abs(read(content).astype(int) - 90).max() <= 2


@given(share=st.floats(0, 0.9), kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP"]))
@settings(deadline=None)
def test_a_file_that_is_cut_short_is_refused(share, kind):
    content = saved(Image.fromarray(RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)), kind)
    with pytest.raises(DataError, match="here: expected a whole picture"):
        read(content[: int(share * len(content))])


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_raise_anything_but_a_refusal(content):
    with pytest.raises(DataError, match=r"^here: expected"):
        read(b"\x89PNG\r\n\x1a\n" + content)


def test_files_that_other_programs_would_have_to_open_are_refused():
    with pytest.raises(DataError, match="expected a whole picture; found UnidentifiedImageError"):
        read(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")


def test_millions_of_pixels_are_refused_unread():
    with pytest.raises(DataError, match="here: expected at most 50,000,000 pixels; found 9000 x"):
        read(saved(Image.new("1", (9000, 6000))))


def test_the_square_at_the_centre_is_brought_to_the_size_asked_for():
    pixels = np.zeros((8, 24, 3), dtype=np.uint8)
    pixels[:, 8:16] = 200
    assert (read(saved(Image.fromarray(pixels)), 4) == 200).all()
    assert read(saved(Image.fromarray(COLOURS)), 3).shape == (3, 3, 3)
