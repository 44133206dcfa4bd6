"""Stimuli of a brain dataset, and the responses to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RespondedStimuli:
    """Stimuli, and what voxels responded.

    Parameters
    ----------
    items : tuple of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        Sentences, or pictures in RGB.
    responses : ndarray of float32, shape (n_stimuli, n_voxels)
        Voxels of all subjects side by side; none where nothing is learned of them.
    """

    items: tuple[str, ...] | NDArray[np.uint8]
    responses: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def digest(self) -> str:
        """SHA-256 of stimuli and responses in order."""
        digest = hashlib.sha256(repr((self.responses.shape, len(self.items))).encode())
        if isinstance(self.items, tuple):
            digest.update("\0".join(self.items).encode())
        else:
            digest.update(np.ascontiguousarray(self.items).tobytes())
        digest.update(np.ascontiguousarray(self.responses).tobytes())
        return digest.hexdigest()

    @property
    def n_segments(self) -> int:
        """1 for sentences, 0 for pictures."""
        return 1 if isinstance(self.items, tuple) else 0

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count the words of each sentence; nothing for pictures."""
        if isinstance(self.items, tuple):
            for text in self.items:
                yield len(text.split()), 0
