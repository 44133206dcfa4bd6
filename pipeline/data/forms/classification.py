"""Texts to classify, alone or in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.data.forms.examples import digest_of


class Labelled(NamedTuple):
    """One or two texts, and their class."""

    text: tuple[str, ...]
    label: int


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, or pairs of texts, and the class of each.

    Parameters
    ----------
    texts : tuple of tuple of str
        One or two segments each: (sentence,) or (premise, hypothesis).
    labels : ndarray of int64, shape (n_texts,)
        0-based positions in the task's ``classes``.
    """

    texts: tuple[tuple[str, ...], ...]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def digest(self) -> str:
        """SHA-256 of texts and labels in order."""
        return digest_of(("\1".join(text) for text in self.texts), self.labels)

    @property
    def n_segments(self) -> int:
        """2 where any text is a pair."""
        return max(map(len, self.texts), default=1)

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count the words of each text; none is written."""
        for text in self.texts:
            yield sum(len(segment.split()) for segment in text), 0


def gather_labelled(items: Sequence[Labelled]) -> LabelledTexts:
    """Put labelled texts together."""
    labels = np.array([item.label for item in items], dtype=np.int64)
    return LabelledTexts(tuple(item.text for item in items), labels)
