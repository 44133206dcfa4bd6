"""Padding that a network does not ignore: found out on the network itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .architecture import unwrapped
from .framing import frame_of
from .vocabulary import words_of

if TYPE_CHECKING:
    from .text import TextModel

_N_TOKENS = 5
_TOLERANCE = 1e-3  # of the largest state of a layer
_LONGER = 3  # times as long is the text beside which the other is padded


@torch.no_grad()
def ignores_padding(model: TextModel) -> bool:
    """Say whether the states of a text are the same beside a longer one as alone.

    They are where attention leaves out what the mask says. A Fourier transform over all positions
    (FNet), a convolution (ConvBERT) or a sum over all keys (YOSO) knows no mask.

    Parameters
    ----------
    model : TextModel
        Left in training or evaluation, and in the type of its numbers, as it was.
    """
    words = words_of(unwrapped(model.network), model.tokenizer)
    tokens = words[:: max(1, len(words) // _N_TOKENS)][:_N_TOKENS]
    frame = frame_of(model.tokenizer, 1)
    text, longer = frame.join([tokens]), frame.join([tokens * _LONGER])
    in_training, own_type = model.network.training, next(model.network.parameters()).dtype
    model.network.eval().float()  # numbers of 16 bits differ by more than padding may
    try:
        alone, beside = model.states(model.batch([text])), model.states(model.batch([text, longer]))
    finally:
        model.network.train(in_training).to(own_type)
    return all(
        bool((padded[:1, : own.shape[1]] - own).abs().max() <= _TOLERANCE * own.abs().max())
        for own, padded in zip(alone, beside, strict=True)
    )
