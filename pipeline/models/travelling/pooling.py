"""Means over the states of a text's tokens, by the weight of each."""

from __future__ import annotations

import torch


def with_prompt(weights: torch.Tensor, length: int) -> torch.Tensor:
    """Let each position of a prompt count as much as a token that is averaged.

    Parameters
    ----------
    weights : Tensor, shape (n_texts, n_tokens)
    length : int
        Of the prompt.

    Returns
    -------
    Tensor, shape (n_texts, length + n_tokens)
    """
    of_prompt = weights.max(dim=1, keepdim=True).values.expand(-1, length)
    whole = torch.cat([of_prompt, weights], dim=1)
    return whole / whole.sum(dim=1, keepdim=True)


def weighted(weights: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Sum states, (n_texts, n_positions, n_features), by the weight of each of the last of them.

    Prompts stand in front of the tokens, where states of them are given out.

    Returns
    -------
    Tensor of float32, shape (n_texts, n_features)
    """
    tokens = states[:, -weights.shape[1] :].float()
    return torch.bmm(weights[:, None], tokens)[:, 0]
