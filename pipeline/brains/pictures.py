"""Picture files as one array of one size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.errors import DataError, Problem, refuse

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
_MOST_PIXELS = 50_000_000
_LISTED = 5


def missing_pictures(where: str, paths: Mapping[str, Path]) -> Iterator[Problem]:
    """Yield one problem that counts the pictures that are not there and lists the first few.

    Parameters
    ----------
    where : str
        The folder looked in, for the message.
    paths : mapping of str to Path
        Name of each picture -> the file it should be.
    """
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        more = ", ..." if len(missing) > _LISTED else ""
        yield Problem(
            where,
            f"{len(paths)} pictures",
            f"{len(missing)} missing: {', '.join(missing[:_LISTED])}{more}",
            "Unpack all stimuli there, under their original names.",
        )


def read_pictures(paths: Mapping[str, Path], size: int) -> NDArray[np.uint8]:
    """Read pictures as RGB, the largest square at the centre, resized by bicubic interpolation.

    Parameters
    ----------
    paths : mapping of str to Path
        Name -> file, in the order wanted.
    size : int
        Height and width in pixels.

    Returns
    -------
    ndarray of uint8, shape (n_pictures, size, size, 3)

    Raises
    ------
    DataError
        If a file is no whole picture in a known format or is larger than 50 million pixels.
    """
    if size < 1:
        raise DataError(Problem("image_size", "at least 1 pixel", f"{size}", "Raise it."))
    pictures = np.empty((len(paths), size, size, 3), dtype=np.uint8)
    for position, path in enumerate(paths.values()):
        pictures[position] = _read(path, size)
    return pictures


def _read(path: Path, size: int) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            refuse(_too_large(path, picture.width, picture.height), DataError)
            side = min(picture.size)
            left, top = (picture.width - side) // 2, (picture.height - side) // 2
            square = picture.convert("RGB").crop((left, top, left + side, top + side))
            return np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
    except DataError:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for damaged files
        found = f"{type(error).__name__}: {error}"
        remedy = "Copy the original file there again."
        raise DataError(Problem(str(path), "a whole picture", found, remedy)) from error


def _too_large(path: Path, width: int, height: int) -> Iterator[Problem]:
    if width * height > _MOST_PIXELS:
        yield Problem(
            str(path),
            f"at most {_MOST_PIXELS} pixels",
            f"{width} x {height} pixels",
            "Save the picture smaller.",
        )
