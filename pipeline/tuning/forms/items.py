"""Items that the training loop passes over, and how texts among them are put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

Item = Mapping[str, torch.Tensor]
IGNORED = -100  # the label that torch's and transformers' losses leave out


class TextPadding:
    """Pads texts on the right to the longest of a batch, and labels that tokens or places have.

    Parameters
    ----------
    pad_token_id : int
    """

    def __init__(self, pad_token_id: int) -> None:
        self.fillers = {"input_ids": pad_token_id, "token_type_ids": 0, "labels": IGNORED}

    def __call__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """Stack items, with the mask that says what is padding."""
        lengths = torch.tensor([len(item["input_ids"]) for item in items])
        batch = {name: self._stacked(name, [item[name] for item in items]) for name in items[0]}
        mask = torch.arange(batch["input_ids"].shape[1])[None] < lengths[:, None]
        return {**batch, "attention_mask": mask.long()}

    def _stacked(self, name: str, tensors: list[torch.Tensor]) -> torch.Tensor:
        if not tensors[0].ndim:  # the class of a text
            return torch.stack(tensors)
        return torch.nn.utils.rnn.pad_sequence(
            tensors, batch_first=True, padding_value=self.fillers[name]
        )
