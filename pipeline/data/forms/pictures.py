"""Pictures to classify."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem


class LabelledPicture(NamedTuple):
    """A picture, shape (height, width, 3), and its class."""

    image: NDArray[np.uint8]
    label: int


@dataclass(frozen=True)
class LabelledImages:
    """Pictures and the class of each.

    Parameters
    ----------
    images : ndarray of uint8, shape (n_images, height, width, 3)
    labels : ndarray of int64, shape (n_images,)
        0-based positions in the task's ``classes``.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    n_segments = 0

    def __len__(self) -> int:
        return len(self.images)

    @property
    def digest(self) -> str:
        """SHA-256 of pictures and labels in order."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count nothing: pictures have no words."""
        return iter(())


def gather_pictures(items: Sequence[LabelledPicture]) -> LabelledImages:
    """Put pictures together, which must be of one size.

    Raises
    ------
    DataError
        If they are not.
    """
    shapes = {item.image.shape for item in items}
    if len(shapes) > 1:
        sizes = sorted(f"{width} x {height}" for height, width, _ in shapes)
        sizes_found = ", ".join(sizes[:3]) + (f" and {len(sizes) - 3} more" if sizes[3:] else "")
        raise DataError(
            Problem(
                "pictures",
                "all of one size",
                sizes_found,
                "Pass the side in pixels: image_size=224.",
            )
        )
    images = np.stack([item.image for item in items])
    return LabelledImages(images, np.array([item.label for item in items], dtype=np.int64))
