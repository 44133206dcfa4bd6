"""Texts to write: what is read, and what should be written after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.data.forms.examples import digest_of


class Pair(NamedTuple):
    """A text, what to write after it, and what else would be right."""

    source: str
    target: str
    accepted: tuple[str, ...] = ()
    passage: str = ""


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
    n_segments = 1

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def digest(self) -> str:
        """SHA-256 of sources, targets and accepted answers in order."""
        further = ("\1".join(answers) for answers in self.accepted)
        return digest_of((*self.sources, *self.targets, *further))

    @property
    def references(self) -> list[tuple[str, ...]]:
        """Every answer that counts as right, for each source; the target first."""
        further = self.accepted or ((),) * len(self)
        return [(target, *more) for target, more in zip(self.targets, further, strict=True)]

    def word_counts(self) -> Iterator[tuple[int, int]]:
        """Count the words of each source and target."""
        for source, target in zip(self.sources, self.targets, strict=True):
            yield len(source.split()), len(target.split())


def gather_pairs(items: Sequence[Pair]) -> TextPairs:
    """Put texts and targets together."""
    sources, targets, accepted, _ = zip(*items, strict=True)
    return TextPairs(sources, targets, accepted if any(accepted) else ())
