"""A form of task for texts, as a tuned model needs it to do the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from ..card import Card
    from ..framing import Text
    from ..text import TextModel

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def head_inputs(batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Select what a network with a task's head is given of a batch."""
    return {name: batch[name] for name in _INPUTS if name in batch}


def head_logits(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Compute what a head says of each text or token, as transformers gives it.

    Parameters
    ----------
    network : transformers model
    batch : mapping of str to Tensor, shape (n_texts, n_tokens)

    Returns
    -------
    Tensor, shape (n_texts, n_classes) or (n_texts, n_tokens, n_classes)
    """
    return network(**head_inputs(batch)).logits  # type: ignore[no-any-return]


def _leave(*_: Any) -> None:
    """Note nothing."""


@dataclass(frozen=True)
class TextForm:
    """An entry of FORMS.

    Parameters
    ----------
    factory : callable
        ``factory(config)``: name of transformers' auto class for such networks, less ``AutoModel``;
        empty where a base of this configuration cannot do it.
    logits : callable
        ``logits(network, batch) -> Tensor``: what the head says of each text or token.
    perform : callable
        ``perform(model, items, batch_size)`` answers each item.
    own_head : bool
        Whether the base answers with the head that it was pretrained with. All others put a new
        head on top.
    settle : callable
        ``settle(network, tokenizer, card)`` notes on a plain network what ``logits`` or ``perform``
        need of them.
    takes_pairs : bool
        Whether an item may be two texts.
    n_outputs : int
        Outputs of the head; 0 where it has one for each class.
    """

    factory: Callable[[Any], str]
    logits: Callable[[Any, Mapping[str, torch.Tensor]], torch.Tensor]
    perform: Callable[[TextModel, Sequence[Text], int], list[str]]
    own_head: bool = False
    settle: Callable[[Any, Any, Card], None] = _leave
    takes_pairs: bool = False
    n_outputs: int = 0
