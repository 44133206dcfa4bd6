"""Picture files as tasks and brain datasets see them, by one rule: upright, opaque, 8-bit RGB."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem

if TYPE_CHECKING:
    from PIL.Image import Image

#: Formats that Pillow reads itself: for others it would start programs.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
)
MOST_PIXELS = 50_000_000
_WHITE = (255, 255, 255, 255)
_SIXTEEN_BITS = {"I;16", "I;16B", "I;16L", "I;16N"}
#: Tags of a TIFF: BitsPerSample, and PhotometricInterpretation, which is 0 where 0 is white.
_BITS, _WHICH_IS_BLACK = 258, 262
_REMEDY = "Copy the original file there again, or save it as 8-bit RGB, upright and opaque."


def read_picture(source: Path | bytes, where: str, size: int = 0) -> NDArray[np.uint8]:
    """Read a picture.

    It is turned as its orientation tag says; grey of 12 or 16 bits is scaled to 8; what is
    transparent is laid on white, whatever colour it hides; palettes, grey and CMYK become RGB.

    Parameters
    ----------
    source : Path or bytes
        A file, or what one holds.
    where : str
        File or row, for the messages.
    size : int
        Side in pixels: the largest square at the centre is brought to it by bicubic interpolation.
        0 leaves the picture as it is.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    DataError
        If it is no whole picture in a known format, holds several pictures, is larger than 50
        million pixels, or has numbers whose range is not known (32 bits).
    """
    from PIL import Image

    try:
        opened = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(opened, formats=FORMATS) as picture:
            _check(picture, where)
            upright = _opaque(_upright(picture), picture, where)
            return np.asarray(resized(upright, size), dtype=np.uint8)
    except DataError:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for damaged files
        reason = " ".join(str(error).split())[:200]
        raise _refusal(where, "a whole picture", f"{type(error).__name__}: {reason}") from error


def resized(picture: Image, size: int) -> Image:
    """Bring the largest square at the centre to a size; 0 leaves the picture as it is.

    The square is cut out first, so that nothing beside it is mixed into its edges.

    Parameters
    ----------
    picture : Image
    size : int
        Side in pixels.
    """
    from PIL import Image

    if not size:
        return picture
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return square.resize((size, size), Image.Resampling.BICUBIC)


def _check(picture: Image, where: str) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        finding = f"{picture.width} x {picture.height}"
        raise _refusal(where, f"at most {MOST_PIXELS:,} pixels", finding)
    n_frames = getattr(picture, "n_frames", 1)
    # a photograph with a preview or a depth map behind it (MPO) is one picture
    if n_frames > 1 and picture.format != "MPO":
        raise _refusal(where, "one picture", f"{n_frames} in one {picture.format} file")


def _upright(picture: Image) -> Image:
    from PIL import ImageOps

    picture.load()
    return ImageOps.exif_transpose(picture)


def _opaque(picture: Image, stored: Image, where: str) -> Image:
    from PIL import Image

    if picture.mode in _SIXTEEN_BITS or picture.mode in {"I", "F"}:
        return _from_wide_grey(picture, stored, where)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    background = Image.new("RGBA", picture.size, _WHITE)
    return Image.alpha_composite(background, picture.convert("RGBA")).convert("RGB")


def _from_wide_grey(picture: Image, stored: Image, where: str) -> Image:
    """Take the upper 8 of 16 (or 12) bits, as is done to colours of 16 bits."""
    from PIL import Image

    values, kind = np.asarray(picture), stored.format
    known = picture.mode in _SIXTEEN_BITS or (picture.mode == "I" and kind in {"PNG", "PPM"})
    if not known or values.min() < 0 or values.max() > 65535:
        raise _refusal(where, "8 or 16 bits a pixel", f"mode {picture.mode} of {kind}")
    n_bits, is_negative = _stored_grey(stored)
    grey = (values >> max(n_bits - 8, 0)).astype(np.uint8)
    if is_negative:
        grey = 255 - grey
    hidden = picture.info.get("transparency")
    if isinstance(hidden, int):
        grey[values == hidden] = 255
    return Image.fromarray(grey).convert("RGB")


def _stored_grey(picture: Image) -> tuple[int, bool]:
    """Say how many bits hold the brightest grey, and whether 0 is white, as a TIFF may have it."""
    tags = getattr(picture, "tag_v2", {})
    n_bits: int = tags.get(_BITS, (16,))[0]
    return n_bits, tags.get(_WHICH_IS_BLACK, 1) == 0


def _refusal(where: str, expected: str, finding: str) -> DataError:
    return DataError(Problem(where, expected, finding, _REMEDY))
