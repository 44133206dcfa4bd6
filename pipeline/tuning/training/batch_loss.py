"""A network and its loss as one module, whose state is what trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import _IncompatibleKeys

from pipeline.tuning.forms.form import Loss


class BatchLoss(nn.Module):
    """Computes the loss of a batch.

    One module, so that gradients are shared between devices and precision is chosen for the loss
    as for the network. Its state leaves out the frozen weights: a checkpoint of a prompt holds the
    prompt, not the base.

    Parameters
    ----------
    network : Module
    loss : callable
        ``loss(network, batch) -> Tensor``; parameters of its own train with the network's.
    """

    def __init__(self, network: Any, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self.loss = loss

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Mean loss over what is supervised in a batch."""
        return self.loss(self.network, batch)

    def state_dict(self, *_: Any, **__: Any) -> dict[str, torch.Tensor]:  # type: ignore[override]
        """Give the parameters that train, each once, and the buffers that are kept."""
        parameters = dict(self.named_parameters(remove_duplicate=False))
        whole = super().state_dict()
        state = {name: whole[name] for name in whole if name not in parameters}
        trained = {name: p.detach() for name, p in self.named_parameters() if p.requires_grad}
        return {name: value.contiguous() for name, value in {**state, **trained}.items()}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Take over a state of this same module."""
        own = self.state_dict()
        missing = [name for name in own if name not in state_dict]
        if missing:
            raise KeyError(f"a checkpoint without {', '.join(missing)}")
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(state_dict[name])
        return _IncompatibleKeys([], [])


@contextmanager
def lean(network: Any, checkpointing: bool) -> Iterator[None]:
    """Let a network keep less for the backward pass while it is trained.

    GPT-2's activation is replaced by the same function as one operation: written out in eight, it
    keeps four arrays of the width of the MLP where one is enough.

    Parameters
    ----------
    network : module
        As it was before when the block ends.
    checkpointing : bool
        Whether to compute activations twice instead of keeping them.
    """
    from transformers.activations import NewGELUActivation

    gelus = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, NewGELUActivation)
    ]
    for parent, name, _ in gelus:
        setattr(parent, name, nn.GELU(approximate="tanh"))
    if checkpointing:
        _set_checkpointing(network, True)
    try:
        yield
    finally:
        if checkpointing:
            _set_checkpointing(network, False)
        for parent, name, child in gelus:
            setattr(parent, name, child)


def _set_checkpointing(network: Any, on: bool) -> None:
    """Switch gradient checkpointing, which transformers and timm each do in a way of their own."""
    if hasattr(network, "set_grad_checkpointing"):
        network.set_grad_checkpointing(on)
    elif on:
        network.activation_checkpointing_enable({"use_reentrant": False})
    else:
        network.activation_checkpointing_disable()
