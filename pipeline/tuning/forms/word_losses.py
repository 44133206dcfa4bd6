"""Losses of language models: of the next word or masked ones, with logits where they are asked for.

Logits are the largest thing that training a decoder makes: one float for every word of the
vocabulary at every position, and as many again for their gradient. Where only the target is
supervised most of them are thrown away, so they are not computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from pipeline.models.travelling.forms.form import head_inputs
from pipeline.tuning.forms.form import IGNORED

#: Share of tokens that are masked (Devlin et al. 2019), one of each text at least.
SHARE = 0.15


def writes_one_token_after_another(network: Any) -> bool:
    """Say whether a network is a decoder with a head over the vocabulary, wrapped or not."""
    config = getattr(network, "config", None)
    if config is None or getattr(config, "is_encoder_decoder", False):
        return False
    return network.get_output_embeddings() is not None


def causal_loss(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over the supervised tokens of a batch that is padded on the right.

    Equal to the loss that transformers computes from logits at every position. The attention mask
    is left out: no token looks to its right, so none that is supervised sees the padding.

    Parameters
    ----------
    network : causal language model
        Whose head is given the states of tokens alone, whatever was put in.
    batch : mapping of str to Tensor, shape (n_examples, n_tokens)
        ``input_ids``, and ``labels`` that are IGNORED wherever nothing is supervised.
    """
    # the state at a position predicts the token after it
    next_tokens = batch["labels"][:, 1:]
    supervised = next_tokens != IGNORED
    with _given_only(network.get_output_embeddings(), supervised):
        logits = network(input_ids=batch["input_ids"], use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.float(), next_tokens[supervised])


@contextmanager
def _given_only(head: torch.nn.Module, supervised: torch.Tensor) -> Iterator[None]:
    """Give a head the states at some positions, (n_supervised, n_features), in place of all."""

    def gather(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (inputs[0][:, :-1][supervised], *inputs[1:])

    # a hook, because PEFT and the families of models each reach body and head in a way of their own
    hook = head.register_forward_pre_hook(gather)
    try:
        yield
    finally:
        hook.remove()


def masked_loss(network: Any, batch: Mapping[str, torch.Tensor], mask_token: int) -> torch.Tensor:
    """Mean cross-entropy over masked tokens: others in every step, the same in every validation.

    Parameters
    ----------
    network : masked language model
        In training, masks are drawn by torch's own generator.
    batch : mapping of str to Tensor, shape (n_texts, n_tokens)
        ``labels`` are the tokens themselves, IGNORED where none may be masked.
    mask_token : int
        What stands in the place of a masked one, always.
    """
    labels = batch["labels"]
    generator = None if network.training else torch.Generator().manual_seed(0)
    drawn = torch.rand(labels.shape, generator=generator).to(labels.device)
    drawn = drawn.masked_fill(labels == IGNORED, -1.0)
    masked = (drawn > 1 - SHARE) | (drawn == drawn.max(dim=1, keepdim=True).values)
    masked &= labels != IGNORED
    inputs = {**head_inputs(batch), "input_ids": batch["input_ids"].masked_fill(masked, mask_token)}
    logits = network(**inputs).logits[masked]
    return torch.nn.functional.cross_entropy(logits.float(), labels[masked])
