"""The examples of a split, whatever form of task they are of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Examples(Protocol):
    """Labelled examples, in one class for each form of task."""

    def __len__(self) -> int:
        """Count the examples."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that the examples hold, in order."""

    @property
    def n_segments(self) -> int:
        """Most texts that one example is made of; 0 for pictures."""

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count the words of each example that are read and written; nothing for pictures."""


def digest_of(texts: Iterable[str], *numbers: NDArray[np.int64]) -> str:
    """SHA-256 of texts and arrays in order."""
    digest = hashlib.sha256("\0".join(texts).encode())
    for array in numbers:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
