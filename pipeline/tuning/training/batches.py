"""Batches: the examples of each, and the parts in which it goes through the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Sampler

from pipeline.tuning.forms.items import Collate, Item
from pipeline.tuning.forms.prepare import Items

POOL = 50  # batches that are put in order of length together, as in transformers' own sampler
BatchParts = list[dict[str, torch.Tensor]]
Sized = tuple[Item, tuple[int, ...]]  # an item, and its positions on each side of the network


class Batches(Sampler[list[int]]):
    """The examples of each step, as a function of the seed and the step alone.

    Examples are drawn without replacement, pass after pass; no batch is cut short where a pass
    ends, so that all steps weigh the same. Several processes get shares of the same batches, hence
    the same training as one process.

    Parameters
    ----------
    lengths : ndarray of int, shape (n_examples,)
        Tokens of each example.
    batch_size, steps, seed : int
    grouped : bool
        Whether a batch is made of examples of about the same length: each pool of batches is drawn
        at random, put in order of length, cut into batches, and these are put in random order.
    rank, world_size : int
        Which share of each batch to give, out of how many.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        batch_size: int,
        steps: int,
        seed: int,
        grouped: bool,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.steps = steps
        self.seed = seed
        self.grouped = grouped
        self.rank = rank
        self.world_size = world_size

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        batches = self._grouped() if self.grouped else self._drawn(1)
        for _, batch in zip(range(self.steps), batches, strict=False):
            ordered = batch[np.argsort(self.lengths[batch], kind="stable")]
            yield ordered[self.rank :: self.world_size].tolist()

    def _grouped(self) -> Iterator[NDArray[np.int64]]:
        rng = np.random.default_rng((self.seed, 1))
        n_batches = int(np.clip(len(self.lengths) // (2 * self.batch_size), 1, POOL))
        for pool in self._drawn(n_batches):
            ordered = pool[np.argsort(self.lengths[pool], kind="stable")]
            for number in rng.permutation(n_batches):
                yield ordered[number * self.batch_size : (number + 1) * self.batch_size]

    def _drawn(self, n_batches: int) -> Iterator[NDArray[np.int64]]:
        """Cut one permutation of the examples after another into runs of whole batches."""
        rng = np.random.default_rng((self.seed, 0))
        size = n_batches * self.batch_size
        rest = np.empty(0, dtype=np.int64)
        while True:
            while len(rest) < size:
                rest = np.concatenate([rest, rng.permutation(len(self.lengths))])
            yield rest[:size]
            rest = rest[size:]


@dataclass(frozen=True)
class Parts:
    """Collates a batch in parts that go through the network one after another.

    The gradients of the parts add up to that of the batch. Each part is padded to its own longest
    text, and memory is bounded by ``tokens_at_once`` whatever the size of the batch.

    Parameters
    ----------
    collate : Collate
    tokens_at_once : int
        Most positions of a part, padding, prompt and a decoder's labels included; a longer single
        example is a part of its own. 0: a batch is one part.
    padded : bool
        Whether a part may hold texts of several lengths: not where a network reads padding.
    """

    collate: Collate
    tokens_at_once: int
    padded: bool = True

    def __call__(self, items: Sequence[Sized]) -> BatchParts:
        """Collate items that come with their positions, in order of length."""
        return list(self.of(items))

    def of(self, items: Sequence[Sized]) -> Iterator[dict[str, torch.Tensor]]:
        """Collate one part after another."""
        return (self.collate(part) for part in self._cut(items))

    def _cut(self, items: Sequence[Sized]) -> Iterator[list[Item]]:
        part: list[Item] = []
        longest: tuple[int, ...] = ()
        for item, positions in items:
            wider = tuple(map(max, longest, positions)) if part else positions
            full = (len(part) + 1) * sum(wider) > self.tokens_at_once > 0
            if part and (full or not (self.padded or positions == longest)):
                yield part
                part, wider = [], positions
            part.append(item)
            longest = wider
        if part:
            yield part


def in_order_of_length(items: Items, rank: int = 0, world_size: int = 1) -> list[Sized]:
    """Give this process's share of items with their positions, shortest first: a validation's."""
    order = np.argsort(items.lengths, kind="stable")[rank::world_size]
    return [(items[int(index)], tuple(items.positions[index].tolist())) for index in order]
