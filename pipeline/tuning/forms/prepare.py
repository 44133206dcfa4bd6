"""Labelled examples in the form the training loop takes: items, and a way to batch them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from pipeline.data.examples import (
    Examples,
    LabelledImages,
    LabelledTexts,
    TaggedTexts,
    TextPairs,
    TextSpans,
)
from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.framing import cut_source, frame_of, token_ids
from pipeline.models.travelling.labelling import form_of
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import PictureForm, VisionModel
from pipeline.tuning.forms.generation import causal_loss, writes_one_token_after_another
from pipeline.tuning.forms.items import IGNORED, Item, TextPadding
from pipeline.tuning.forms.labelled import labelled_items, labelled_loss

__all__ = ["IGNORED", "Collate", "Item", "Items", "loss_of", "n_supervised", "prepare"]


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


class Collate(Protocol):
    """Puts items together into one batch."""

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Stack items, padded where they differ in length."""


def prepare(model: TunedModel, examples: Examples) -> tuple[Items, Collate]:
    """Turn examples into what the network of a model is trained on.

    Raises
    ------
    TuningError
        When a prompt or a target does not fit into the context, or the examples are of the other
        modality.
    """
    if isinstance(model, TextModel) and isinstance(examples, TextPairs):
        items = _tokenise(model, examples)
        return Items(items, _positions(model, items)), TextPadding(model.tokenizer.pad_token_id)
    if isinstance(model, TextModel) and isinstance(
        examples, (LabelledTexts, TaggedTexts, TextSpans)
    ):
        items = labelled_items(model, examples)
        return Items(items, _positions(model, items)), TextPadding(model.tokenizer.pad_token_id)
    if isinstance(model, VisionModel) and isinstance(examples, LabelledImages):
        images, labels = map(torch.from_numpy, (examples.images, examples.labels))
        items = [{"images": x, "labels": y} for x, y in zip(images, labels, strict=True)]
        positions = np.full((len(items), 1), model.n_positions)
        return Items(items, positions), _Pictures(model.picture)
    raise TuningError(wrong_examples(model.card.task, model.card.modality, examples))


def _positions(model: TextModel, items: Sequence[Item]) -> NDArray[np.int64]:
    """Count positions that are read and, by an encoder-decoder, those that are written."""
    read = [len(item["input_ids"]) + model.card.prompt_length for item in items]
    if model.kind != "encoder-decoder":
        return np.array(read)[:, np.newaxis]
    writes = model.card.form == "generation"
    # asked for classes or spans, the decoder reads the text again
    n_written = [len(item["labels" if writes else "input_ids"]) for item in items]
    return np.stack([read, n_written], axis=1)


def wrong_examples(task: str, modality: str, examples: Examples) -> Problem:
    """Say that a model cannot take examples of the other modality."""
    return Problem(
        f"task {task}",
        f"{modality} examples",
        type(examples).__name__,
        "Choose a task of the base's modality.",
    )


def _tokenise(model: TextModel, pairs: TextPairs) -> list[Item]:
    """Source, cue, target, end; the loss sees the target and the end only.

    An encoder-decoder reads source and cue, and has the target and the end as labels alone.
    """
    tokenizer, card, room = model.tokenizer, model.card, model.room
    writes_apart = model.kind == "encoder-decoder"
    frame = frame_of(tokenizer, 1)
    n_cue = len(token_ids(tokenizer, [card.cue])[0])
    cue = n_cue + frame.size
    sources = token_ids(tokenizer, [f"{source}{card.cue}" for source in pairs.sources])
    space = "" if writes_apart else " "
    targets = token_ids(tokenizer, [f"{space}{target}" for target in pairs.targets])
    items: list[Item] = []
    for source, target in zip(sources, targets, strict=True):
        answer = [*target, tokenizer.eos_token_id]
        left = room - frame.size - (0 if writes_apart else len(answer))
        if len(answer) > room - cue - 1:
            raise TuningError(_too_long(card.task, len(answer), room - cue - 1))
        before = frame.join([cut_source(source, n_cue, left, card.keeps)])["input_ids"]
        read, labels = before + answer, [IGNORED] * len(before) + answer
        if writes_apart:
            read, labels = before, answer
        items.append({"input_ids": torch.tensor(read), "labels": torch.tensor(labels)})
    return items


def _too_long(task: str, answer: int, most: int) -> Problem:
    return Problem(
        f"task {task}: target",
        f"at most {most} tokens, so that some of the source fits before it",
        f"a target of {answer} tokens",
        "Shorten the targets or the prompt, or choose a base with a longer context.",
    )


class _Pictures:
    """Brings pictures to the base's form batch by batch: as bytes they take least memory."""

    def __init__(self, picture: PictureForm) -> None:
        self.picture = picture

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        images = np.stack([item["images"].numpy() for item in items])
        labels = torch.stack([item["labels"] for item in items])
        return {"images": self.picture.prepare(images), "labels": labels}


def loss_of(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over what is supervised: target tokens (text) or pictures (image)."""
    if "images" in batch:
        return torch.nn.functional.cross_entropy(network(batch["images"]), batch["labels"])
    if form_of(network) != "generation":
        return labelled_loss(network, batch)
    if writes_one_token_after_another(network):
        return causal_loss(network, batch)
    loss: torch.Tensor = network(**batch).loss
    return loss


def n_supervised(batch: Mapping[str, torch.Tensor]) -> int:
    """Count what the loss of a batch is the mean over: tokens, texts or pictures."""
    if "labels" in batch:
        return int((batch["labels"] != IGNORED).sum())
    return len(next(iter(batch.values())))
