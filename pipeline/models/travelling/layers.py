"""Layers of a stack of blocks: each state is handed on as soon as it is there, and not kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

#: Positions that keep a device busy; more of them on a CPU leave its cache between two layers.
POSITIONS_AT_ONCE = {"cpu": 512, "cuda": 16_384}
Pooled = tuple[list[int], list[NDArray[np.float32]]]
"""Which stimuli these are, and a vector of each: one array (n_stimuli, n_features) a layer."""
Batch = Mapping[str, torch.Tensor]
Pool = Callable[[torch.Tensor], torch.Tensor]
"""From a state of shape (n_texts, n_positions, n_features) to vectors (n_texts, n_features)."""


class LayerReader:
    """Reads the layers of a language model's stack, pooled one after the other.

    Blocks are read by hooks, so that no more than one state is held. Where a stack has no list of
    its blocks, or hooks see others than the states that transformers gives out (an ALBERT's layers
    are one block, passed again and again), these are taken, all at once.

    Parameters
    ----------
    stack : transformers model
        Without a head, or an encoder.
    trial : mapping of str to Tensor
        A short text on which the two ways are compared once.
    """

    def __init__(self, stack: Any, trial: Batch) -> None:
        self.stack = stack
        self.options = _without_cache(stack)
        self.blocks = _blocks_of(stack)
        if self.blocks is not None and not self._agree(trial):
            self.blocks = None

    def pooled(self, batch: Batch, pool: Pool) -> list[torch.Tensor]:
        """Pool what goes into the first block and what comes out of each, the last after the norm.

        Returns
        -------
        list of Tensor, each of shape (n_texts, n_features)
        """
        if self.blocks is None:
            return [pool(states) for states in states_of(self.stack, batch)]
        vectors: list[torch.Tensor] = []

        def read(states: Any) -> None:
            vectors.append(pool(states[0] if isinstance(states, (tuple, list)) else states))

        def read_given(_: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
            read(args[0] if args else kwargs["hidden_states"])

        hooks = [self.blocks[0].register_forward_pre_hook(read_given, with_kwargs=True)]
        for block in self.blocks[:-1]:
            hooks.append(block.register_forward_hook(lambda _m, _i, output: read(output)))
        try:
            with before_projection(self.stack):
                read(self.stack(**batch, **self.options).last_hidden_state)
        finally:
            for hook in hooks:
                hook.remove()
        return vectors

    def _agree(self, trial: Batch) -> bool:
        """Say whether hooks see the states that transformers gives out."""
        n_tokens = trial["input_ids"].shape[1]

        def pool(states: torch.Tensor) -> torch.Tensor:
            return states[:, -n_tokens:].float().mean(dim=1)

        try:
            by_hooks = self.pooled(trial, pool)
        except (KeyError, AttributeError):  # a block that is called in a way of its own
            return False
        whole = states_of(self.stack, trial)
        return len(by_hooks) == len(whole) and all(
            torch.allclose(pooled, pool(states), rtol=1e-3, atol=1e-4)
            for pooled, states in zip(by_hooks, whole, strict=True)
        )


def states_of(stack: Any, batch: Batch) -> tuple[torch.Tensor, ...]:
    """Read all states of a stack at once, as transformers gives them out.

    Returns
    -------
    tuple of Tensor, each of shape (n_texts, n_positions, n_features)
    """
    with before_projection(stack):
        output = stack(**batch, **_without_cache(stack), output_hidden_states=True)
    return output.hidden_states  # type: ignore[no-any-return]


@contextmanager
def before_projection(stack: Any) -> Iterator[None]:
    """Let the last state leave a stack as wide as it leaves its blocks.

    OPT-350m brings it to the width of its embeddings, for its head.
    """
    projection = getattr(getattr(stack, "decoder", stack), "project_out", None)
    if projection is None:
        yield
        return
    hook = projection.register_forward_hook(lambda _module, inputs, _output: inputs[0])
    try:
        yield
    finally:
        hook.remove()


def _without_cache(stack: Any) -> dict[str, bool]:
    """Tell a stack that can keep keys and values for writing that nothing will be written."""
    return (
        {"use_cache": False} if "use_cache" in inspect.signature(stack.forward).parameters else {}
    )


def _blocks_of(stack: Any) -> nn.ModuleList | None:
    """Find the list of as many modules of one kind as the configuration has layers."""
    for module in stack.modules():
        if isinstance(module, nn.ModuleList) and len(module) == stack.config.num_hidden_layers:
            is_of_one_kind = len({type(block) for block in module}) == 1
            if is_of_one_kind:
                return module
    return None


def positions_at_once(network: Any) -> int:
    """Say how many positions a batch should have where this network is."""
    device = next(network.parameters()).device.type
    return POSITIONS_AT_ONCE.get(device, POSITIONS_AT_ONCE["cuda"])


def in_order(batches: Iterable[Pooled], n_stimuli: int) -> list[NDArray[np.float32]]:
    """Put batches together.

    Returns
    -------
    list of ndarray of float32, each of shape (n_stimuli, n_features)
        One a layer, stimuli in their own order.
    """
    layers: list[NDArray[np.float32]] = []
    for members, vectors in batches:
        layers = layers or [np.empty((n_stimuli, x.shape[1]), np.float32) for x in vectors]
        for layer, of_members in zip(layers, vectors, strict=True):
            layer[members] = of_members
    return layers
