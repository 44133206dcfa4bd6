"""Labelled examples in the form the training loop takes: items, and a way to batch them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from pipeline.data.examples import Examples, LabelledImages, TextPairs
from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.vision import VisionModel
from pipeline.tuning.causal_loss import IGNORED, causal_loss, writes_one_token_after_another

__all__ = ["IGNORED", "Collate", "Item", "Items", "loss_of", "n_supervised", "prepare"]

Item = Mapping[str, torch.Tensor]


class Items(Dataset[Item]):
    """A list of items, prepared once: the loop passes over them many times.

    Parameters
    ----------
    items : sequence of Item
    lengths : ndarray of int, shape (n_items,), optional
        Tokens of each item, for batches of about the same length; else those of ``input_ids``.
    """

    def __init__(self, items: Sequence[Item], lengths: NDArray[np.int64] | None = None) -> None:
        self.items = items
        if lengths is None:
            lengths = np.array([len(item["input_ids"]) for item in items], dtype=np.int64)
        self.lengths = lengths

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
        pad = model.tokenizer.pad_token_id
        if model.network.config.is_encoder_decoder:
            return Items(_encoder_and_decoder(model, examples)), _Padding(pad)
        return Items(_one_text(model, examples)), _Padding(pad)
    if isinstance(model, VisionModel) and isinstance(examples, LabelledImages):
        pictures = model.picture.prepare(examples.images)
        labels = torch.from_numpy(examples.labels)
        items = [{"images": p, "labels": y} for p, y in zip(pictures, labels, strict=True)]
        tokens = model.network.patch_embed.num_patches + 1 + model.card.prompt_length
        return Items(items, np.full(len(items), tokens)), _stack
    raise TuningError(wrong_examples(model.card.task, model.card.modality, examples))


def wrong_examples(task: str, modality: str, examples: Examples) -> Problem:
    """Say that a model cannot take examples of the other modality."""
    return Problem(
        f"task {task}",
        f"{modality} examples",
        type(examples).__name__,
        "Choose a task of the base's modality.",
    )


def _one_text(model: TextModel, pairs: TextPairs) -> list[Item]:
    """Source, cue, target, end, for a decoder; the loss sees the target and the end only."""
    tokenizer, card = model.tokenizer, model.card
    room = _room(model)
    sources = tokenizer(list(pairs.sources))["input_ids"]
    cue = tokenizer(card.cue)["input_ids"]
    targets = tokenizer([" " + target for target in pairs.targets])["input_ids"]
    items: list[Item] = []
    for source, target in zip(sources, targets, strict=True):
        answer = [*target, tokenizer.eos_token_id]
        left = room - len(answer) - len(cue)
        if left < 1:
            most = room - len(cue) - 1
            raise TuningError(_too_long(card.task, len(answer), most))
        before = [*source[-left:], *cue]
        items.append(
            {
                "input_ids": torch.tensor(before + answer),
                "labels": torch.tensor([IGNORED] * len(before) + answer),
            }
        )
    return items


def _encoder_and_decoder(model: TextModel, pairs: TextPairs) -> list[Item]:
    """Source and cue for the encoder, which loses its beginning if it is too long; the target."""
    tokenizer, card = model.tokenizer, model.card
    room = _room(model)
    tokenizer.truncation_side = "left"
    texts = [source + card.cue for source in pairs.sources]
    sources = tokenizer(texts, truncation=True, max_length=room)["input_ids"]
    end = [tokenizer.eos_token_id]  # which some tokenizers add of themselves
    targets = [
        target if target[-1:] == end else target + end
        for target in tokenizer(text_target=list(pairs.targets))["input_ids"]
    ]
    longest = max(map(len, targets))
    if longest > room + card.prompt_length:
        raise TuningError(_too_long(card.task, longest, room + card.prompt_length))
    return [
        {"input_ids": torch.tensor(source), "labels": torch.tensor(target)}
        for source, target in zip(sources, targets, strict=True)
    ]


def _room(model: TextModel) -> int:
    """Tokens that the context holds beside the prompt."""
    limits = [
        getattr(model.network.config, "max_position_embeddings", None),
        model.tokenizer.model_max_length,
    ]
    context = min(limit for limit in limits if limit)
    room = int(context) - model.card.prompt_length
    if room < 1:
        raise TuningError(
            Problem(
                "prompt_length",
                f"less than the context of {context} tokens, so that a text fits behind the prompt",
                f"{model.card.prompt_length}",
                "Shorten the prompt, or choose a base with a longer context.",
            )
        )
    return room


def _too_long(task: str, answer: int, most: int) -> Problem:
    return Problem(
        f"task {task}: target",
        f"at most {most} tokens, so that some of the source fits before it",
        f"a target of {answer} tokens",
        "Shorten the targets or the prompt, or choose a base with a longer context.",
    )


class _Padding:
    """Pads on the right to the longest text, and the labels to the longest of theirs."""

    def __init__(self, pad_token_id: int) -> None:
        self.pad_token_id = pad_token_id

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        def padded(name: str, filler: int) -> torch.Tensor:
            return torch.nn.utils.rnn.pad_sequence(
                [item[name] for item in items], batch_first=True, padding_value=filler
            )

        lengths = torch.tensor([len(item["input_ids"]) for item in items])
        input_ids = padded("input_ids", self.pad_token_id)
        mask = torch.arange(input_ids.shape[1])[None] < lengths[:, None]
        labels = padded("labels", IGNORED)
        return {"input_ids": input_ids, "attention_mask": mask.long(), "labels": labels}


def _stack(items: Sequence[Item]) -> dict[str, torch.Tensor]:
    return {name: torch.stack([item[name] for item in items]) for name in items[0]}


def loss_of(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over what is supervised: target tokens (text) or pictures (image)."""
    if "images" in batch:
        return torch.nn.functional.cross_entropy(network(batch["images"]), batch["labels"])
    if writes_one_token_after_another(network):
        return causal_loss(network, batch)
    loss: torch.Tensor = network(**batch).loss
    return loss


def n_supervised(batch: Mapping[str, torch.Tensor]) -> int:
    """Count what the loss of a batch is the mean over: tokens, texts or pictures."""
    if "labels" in batch:
        return int((batch["labels"] != IGNORED).sum())
    return len(next(iter(batch.values())))
