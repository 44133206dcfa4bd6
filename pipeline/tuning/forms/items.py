"""Items that the training loop passes over, and how several are put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch

from pipeline.models.travelling.framing import Encoded
from pipeline.models.travelling.loading import TunedModel
from pipeline.models.travelling.pictures import PictureForm
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms.form import IGNORED

Item = Mapping[str, torch.Tensor]


class Collate(Protocol):
    """Puts items together into one batch."""

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Stack items, padded where they differ in length."""


def collate_of(model: TunedModel) -> Collate:
    """Give what puts items of a model together."""
    if isinstance(model, TextModel):
        return TextPadding(model.padding)
    return Pictures(model.picture)


def item_of(encoded: Encoded, labels: torch.Tensor) -> Item:
    """Make an item of an encoded text and what is to be learned of it."""
    return {**{name: torch.tensor(ids) for name, ids in encoded.items()}, "labels": labels}


class TextPadding:
    """Pads texts on the right to the longest of a batch, and labels that tokens or places have."""

    def __init__(self, pad_token_id: int) -> None:
        self.fillers = {"input_ids": pad_token_id, "token_type_ids": 0, "labels": IGNORED}

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Stack items, with the mask that says what is padding."""
        lengths = torch.tensor([len(item["input_ids"]) for item in items])
        batch = {name: self._stacked(name, [item[name] for item in items]) for name in items[0]}
        mask = torch.arange(batch["input_ids"].shape[1])[None] < lengths[:, None]
        return {**batch, "attention_mask": mask.long()}

    def _stacked(self, name: str, tensors: list[torch.Tensor]) -> torch.Tensor:
        if not tensors[0].ndim or name not in self.fillers:  # the class of a text, responses to it
            return torch.stack(tensors)
        return torch.nn.utils.rnn.pad_sequence(
            tensors, batch_first=True, padding_value=self.fillers[name]
        )


class Pictures:
    """Brings pictures to the base's form batch by batch: as bytes they take least memory."""

    def __init__(self, picture: PictureForm) -> None:
        self.picture = picture

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Stack items."""
        images = np.stack([item["images"].numpy() for item in items])
        further = [name for name in items[0] if name != "images"]
        beside = {name: torch.stack([item[name] for item in items]) for name in further}
        return {"images": self.picture.prepare(images), **beside}
