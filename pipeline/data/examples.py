"""Labelled examples, in one class for each form of task.

What a model is asked for is one of four forms: to write a text (generation), to name the class of a
text, a pair of texts or a picture (classification), to tag every word (tagging), or to find the
answer to a question within a text (spans).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TextPairs:
    """Texts and what a model should write after them.

    Parameters
    ----------
    sources, targets : tuple of str
        One target for each source; the task's cue is not part of the source.
    accepted : tuple of tuple of str
        Further answers that count as right, for each source; empty where there is none.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    accepted: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def digest(self) -> str:
        """SHA-256 of sources, targets and accepted answers in order."""
        further = ("\1".join(answers) for answers in self.accepted)
        return _digest_of((*self.sources, *self.targets, *further))


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
        return _digest_of(("\1".join(text) for text in self.texts), self.labels)


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

    def __len__(self) -> int:
        return len(self.words)

    @property
    def digest(self) -> str:
        """SHA-256 of words and tags in order."""
        return _digest_of(("\1".join(words) for words in self.words), *self.tags)


@dataclass(frozen=True)
class TextSpans:
    """Questions, the texts that hold the answers, and where.

    Parameters
    ----------
    questions, contexts : tuple of str
    answers : tuple of tuple of str
        Every accepted answer of each question; the first is the one to learn.
    starts : ndarray of int64, shape (n_questions,)
        Position of the first character of the first answer within its context.
    """

    questions: tuple[str, ...]
    contexts: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.questions)

    @property
    def digest(self) -> str:
        """SHA-256 of questions, contexts, answers and places in order."""
        answers = ("\1".join(accepted) for accepted in self.answers)
        return _digest_of((*self.questions, *self.contexts, *answers), self.starts)


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

    def __len__(self) -> int:
        return len(self.images)

    @property
    def digest(self) -> str:
        """SHA-256 of pictures and labels in order."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()


Examples = TextPairs | LabelledTexts | TaggedTexts | TextSpans | LabelledImages


def _digest_of(texts: Iterable[str], *numbers: NDArray[np.int64]) -> str:
    digest = hashlib.sha256("\0".join(texts).encode())
    for array in numbers:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
