"""Examples in the form the training loop takes: items, and a way to batch them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from pipeline.data.forms.examples import Examples
from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.form import IGNORED
from pipeline.tuning.forms.items import Collate, Item, collate_of


class Items(Dataset[Item]):
    """A list of items, prepared once: the loop passes over them many times.

    Parameters
    ----------
    items : sequence of Item
    positions : ndarray of int, shape (n_items, n_sides)
        Positions of each item on each side of the network, its prompt's among them: those that
        are read and, by an encoder-decoder, those that are written. Each side is padded alone.
    """

    def __init__(self, items: Sequence[Item], positions: NDArray[np.int64]) -> None:
        self.items = items
        self.positions = positions

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Positions of each item, shape (n_items,), for batches of about the same length."""
        return np.asarray(self.positions.sum(axis=1))

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Item:
        return self.items[index]


def prepare(model: TunedModel, examples: Examples) -> tuple[Items, Collate]:
    """Turn examples into what the network of a model is trained on.

    Raises
    ------
    TuningError
        When a prompt or a target does not fit into the context, or the examples are of another
        form.
    """
    refuse_other_examples(model.card, examples)
    items = form_of(model.card).items(model, examples)
    positions = (
        _positions(model, items)
        if isinstance(model, TextModel)
        else np.full((len(items), 1), model.n_positions)
    )
    return Items(items, positions), collate_of(model)


def _positions(model: TextModel, items: Sequence[Item]) -> NDArray[np.int64]:
    """Count positions that are read and, by an encoder-decoder, those that are written."""
    read = [len(item["input_ids"]) + model.card.prompt_length for item in items]
    if model.kind != "encoder-decoder":
        return np.array(read)[:, np.newaxis]
    # where a head is asked, the decoder reads the text again
    side = "labels" if form_of(model.card).writing else "input_ids"
    n_repeated = [len(item[side]) for item in items]
    return np.stack([read, n_repeated], axis=1)


def refuse_other_examples(card: Card, examples: Examples) -> None:
    """Refuse examples of another form than a model's task is of.

    Raises
    ------
    TuningError
    """
    if not isinstance(examples, form_of(card).examples):
        problem = Problem(
            f"task {card.task}",
            f"{card.modality} examples",
            type(examples).__name__,
            "Choose a task of the base's modality.",
        )
        raise TuningError(problem)


def n_supervised(batch: Mapping[str, torch.Tensor]) -> int:
    """Count what the loss of a batch is the mean over: tokens, texts or pictures."""
    if "labels" in batch:
        return int((batch["labels"] != IGNORED).sum())
    return len(next(iter(batch.values())))
