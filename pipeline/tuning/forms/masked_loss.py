"""Loss of an encoder that names masked words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from pipeline.models.travelling.forms.form import head_inputs
from pipeline.tuning.forms.form import IGNORED

#: Share of tokens that are masked (Devlin et al. 2019), one of each text at least.
SHARE = 0.15


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
