"""Words to tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.data.forms.examples import digest_of


class Tagged(NamedTuple):
    """Words, and the tag of each."""

    words: tuple[str, ...]
    tags: tuple[int, ...]


@dataclass(frozen=True)
class TaggedTexts:
    """Words, and a tag for every word.

    Parameters
    ----------
    words : tuple of tuple of str
        The words of each text.
    tags : tuple of ndarray of int64, shape (n_words,)
        0-based positions in the task's ``classes``, which are the tags.
    """

    words: tuple[tuple[str, ...], ...]
    tags: tuple[NDArray[np.int64], ...]
    n_segments = 1

    def __len__(self) -> int:
        return len(self.words)

    @property
    def digest(self) -> str:
        """SHA-256 of words and tags in order."""
        return digest_of(("\1".join(words) for words in self.words), *self.tags)

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count the words of each text; none is written."""
        for words in self.words:
            yield len(words), 0


def gather_tagged(items: Sequence[Tagged]) -> TaggedTexts:
    """Put tagged texts together."""
    tags = tuple(np.array(item.tags, dtype=np.int64) for item in items)
    return TaggedTexts(tuple(item.words for item in items), tags)
