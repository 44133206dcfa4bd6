"""Pictures as their files hold them, brought to colour and to one size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.items import Picture
from pipeline.data.rows import Record, unreadable
from pipeline.errors import DataError, Problem


def picture_of(record: Record, column: str, label: int, size: int) -> Picture:
    """Decode the picture of a row.

    Parameters
    ----------
    record : Record
        Its column holds a JPEG or PNG file's bytes (the hub: a dictionary with ``bytes``), or an
        array of bytes, shape (height, width) or (height, width, 3).
    column : str
    label : int
    size : int
        Side in pixels to bring it to: the shorter side is scaled to it, and the middle kept of the
        longer one. 0 leaves the picture as it is.

    Raises
    ------
    DataError
        If the picture cannot be decoded to its end.
    """
    value = record.value(column)
    if isinstance(value, np.ndarray) and not size:
        return Picture(_coloured(value), label)
    return Picture(_decoded(value, f"{record.place}, {column}", size), label)


def _coloured(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return grey if grey.ndim == 3 else np.repeat(grey[..., np.newaxis], 3, axis=2)


def _decoded(value: Any, place: str, size: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes | np.ndarray):
        found = type(content).__name__
        raise DataError(Problem(place, "the bytes of a picture", found, "Fetch the data again."))
    try:
        if isinstance(content, bytes):
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
                image = ImageOps.exif_transpose(opened).convert("RGB")
        else:
            image = Image.fromarray(_coloured(content))
        if size:
            image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    except Exception as error:  # damaged pictures make Pillow raise errors of many kinds
        raise unreadable(place, error, "a whole JPEG or PNG picture") from error
    return np.asarray(image, dtype=np.uint8)
