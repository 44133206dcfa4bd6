"""Questions whose answers stand in a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.data.forms.examples import digest_of


class Span(NamedTuple):
    """A question, the passage that holds its answer, every accepted answer, where the first is."""

    question: str
    passage: str
    answers: tuple[str, ...]
    start: int


@dataclass(frozen=True)
class TextSpans:
    """Questions, the texts that hold the answers, and where.

    Parameters
    ----------
    questions, contexts : tuple of str
    answers : tuple of tuple of str
        Every accepted answer of each question; the first is the one to learn. None where the text
        does not answer it.
    starts : ndarray of int64, shape (n_questions,)
        Position of the first character of the first answer within its context; -1 where there is
        none.
    """

    questions: tuple[str, ...]
    contexts: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    starts: NDArray[np.int64]
    n_segments = 2

    def __len__(self) -> int:
        return len(self.questions)

    @property
    def digest(self) -> str:
        """SHA-256 of questions, contexts, answers and places in order."""
        answers = ("\1".join(accepted) for accepted in self.answers)
        return digest_of((*self.questions, *self.contexts, *answers), self.starts)

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count the words of each question with its text; none is written."""
        for question, context in zip(self.questions, self.contexts, strict=True):
            yield len(question.split()) + len(context.split()), 0


def gather_spans(items: Sequence[Span]) -> TextSpans:
    """Put questions together."""
    questions, passages, answers, starts = zip(*items, strict=True)
    return TextSpans(questions, passages, answers, np.array(starts, dtype=np.int64))
