"""Single examples in each form, and how many of them are put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.data.examples import LabelledImages, LabelledTexts, TaggedTexts, TextPairs, TextSpans
from pipeline.errors import DataError, Problem


class Pair(NamedTuple):
    """A text, what to write after it, and what else would be right."""

    source: str
    target: str
    accepted: tuple[str, ...] = ()
    passage: str = ""


class Labelled(NamedTuple):
    """One or two texts, and their class."""

    text: tuple[str, ...]
    label: int


class Tagged(NamedTuple):
    """Words, and the tag of each."""

    words: tuple[str, ...]
    tags: tuple[int, ...]


class Span(NamedTuple):
    """A question, the passage that holds its answer, every accepted answer, where the first is."""

    question: str
    passage: str
    answers: tuple[str, ...]
    start: int


class Picture(NamedTuple):
    """A picture, shape (height, width, 3), and its class."""

    image: NDArray[np.uint8]
    label: int


def gather_pairs(items: Sequence[Pair]) -> TextPairs:
    """Put texts and targets together."""
    sources, targets, accepted, _ = zip(*items, strict=True)
    return TextPairs(sources, targets, accepted if any(accepted) else ())


def gather_labelled(items: Sequence[Labelled]) -> LabelledTexts:
    """Put labelled texts together."""
    labels = np.array([item.label for item in items], dtype=np.int64)
    return LabelledTexts(tuple(item.text for item in items), labels)


def gather_tagged(items: Sequence[Tagged]) -> TaggedTexts:
    """Put tagged texts together."""
    tags = tuple(np.array(item.tags, dtype=np.int64) for item in items)
    return TaggedTexts(tuple(item.words for item in items), tags)


def gather_spans(items: Sequence[Span]) -> TextSpans:
    """Put questions together."""
    questions, passages, answers, starts = zip(*items, strict=True)
    return TextSpans(questions, passages, answers, np.array(starts, dtype=np.int64))


def gather_pictures(items: Sequence[Picture]) -> LabelledImages:
    """Put pictures together, which must be of one size.

    Raises
    ------
    DataError
        If they are not.
    """
    shapes = {item.image.shape for item in items}
    if len(shapes) > 1:
        sizes = sorted(f"{width} x {height}" for height, width, _ in shapes)
        found = ", ".join(sizes[:3]) + (f" and {len(sizes) - 3} more" if sizes[3:] else "")
        raise DataError(
            Problem(
                "pictures", "all of one size", found, "Pass the side in pixels: image_size=224."
            )
        )
    images = np.stack([item.image for item in items])
    return LabelledImages(images, np.array([item.label for item in items], dtype=np.int64))
