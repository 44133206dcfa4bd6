"""Seconds and bytes of passes through a network."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from pipeline.forecast.facts import NetworkFacts
from pipeline.forecast.machine import Machine

FLOAT = 4  # bytes
#: Floats that a block keeps of each position for its backward pass, in units of the width; and
#: those of a softmax, in units of the positions that a position attends to and of heads.
KEPT_A_BLOCK, KEPT_A_HEAD = 17, 3
WIDTH_OF_A_HEAD = 64
#: Tensors as large as the logits that a loss keeps: themselves, in softmax, and their gradient.
LOGITS = 3


@dataclass(frozen=True)
class Passes:
    """A number of texts or pictures that go through a network.

    Parameters
    ----------
    items : float
    positions : float
        Of one item, what is put in front of it among them.
    headed : float
        Positions of one item that the vocabulary is computed for.
    at_once : float
        Items in a call.
    """

    items: float
    positions: float
    headed: float
    at_once: float

    @property
    def calls(self) -> int:
        """How often the network is called."""
        return ceil(self.items / max(1.0, self.at_once))


def forward_flops(network: NetworkFacts, passes: Passes) -> float:
    """Count operations of a forward pass: weights, attention, and the head over the vocabulary."""
    weights = 2 * network.block_parameters + 4 * network.layers * passes.positions * network.width
    head = 2 * network.width * network.vocabulary
    return passes.items * (passes.positions * weights + passes.headed * head)


def forward_seconds(network: NetworkFacts, passes: Passes, machine: Machine) -> float:
    """Estimate a forward pass."""
    called = passes.calls * network.layers * machine.block_call
    return called + forward_flops(network, passes) / machine.forward_rate(network.width)


def training_seconds(
    network: NetworkFacts, passes: Passes, machine: Machine, every_weight: bool
) -> float:
    """Estimate a forward and a backward pass.

    Parameters
    ----------
    network : NetworkFacts
    passes : Passes
    machine : Machine
    every_weight : bool
        Whether gradients of all weights are computed: a backward pass then takes twice the
        operations of a forward one, else as many.
    """
    called = 3 * passes.calls * network.layers * machine.block_call
    flops = (3 if every_weight else 2) * forward_flops(network, passes)
    return called + flops / machine.training_rate(network.width)


def activation_bytes(network: NetworkFacts, passes: Passes, checkpointing: bool) -> float:
    """Estimate what one call keeps for its backward pass."""
    heads = network.width / WIDTH_OF_A_HEAD
    block = KEPT_A_BLOCK * network.width + KEPT_A_HEAD * heads * passes.positions
    per_position = (
        network.width * network.layers + block if checkpointing else network.layers * block
    )
    logits = LOGITS * network.vocabulary * passes.headed
    return FLOAT * passes.at_once * (passes.positions * per_position + logits)
