"""Numbers of parameters that methods train, counted from the size of the base."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.config import TuneConfig
from pipeline.forecast.facts import NetworkFacts

#: Of a block: four biases of attention (its queries, keys and values count for three), two of the
#: MLP of which one is ``inner`` wide, and two of layer norms.
BIASES = 7
MATRICES = 4  # the weights of queries, keys, values and the output of attention

_Count = Callable[[NetworkFacts, TuneConfig], int]

_COUNTS: Mapping[str, _Count] = {
    "base": lambda network, config: 0,
    "untrained": lambda network, config: 0,
    "random-prompt": lambda network, config: 0,
    "probe": lambda network, config: 0,
    "prompt": lambda network, config: config.prompt_length * network.width,
    "vpt-shallow": lambda network, config: config.prompt_length * network.width,
    "prefix": lambda network, config: (
        2 * network.layers * config.prompt_length * network.width
        + config.prefix_mlp * (network.width + 2 * network.layers * network.width)
    ),
    "vpt-deep": lambda network, config: network.layers * config.prompt_length * network.width,
    "lora": lambda network, config: network.layers * MATRICES * network.width * config.lora_rank,
    "ia3": lambda network, config: network.layers * (3 * network.width + network.inner),
    "bitfit": lambda network, config: network.layers * (BIASES * network.width + network.inner),
    "adapter": lambda network, config: (
        2
        * network.layers
        * (2 * network.width * config.adapter_width + config.adapter_width + 3 * network.width)
    ),
    "prompt-full": lambda network, config: (
        network.parameters + config.prompt_length * network.width
    ),
}


def trained_parameters(network: NetworkFacts, config: TuneConfig, classes: int) -> int:
    """Count the parameters that a tuning trains, those of a head among them.

    Parameters
    ----------
    network : NetworkFacts
    config : TuneConfig
        Its method; one that is not known here counts as one that trains every weight.
    classes : int
        Of the task; 0 where it has no head.
    """
    count = _COUNTS.get(config.method)
    own = count(network, config) if count else network.parameters
    return own + (classes * (network.width + 1) if own or config.method == "probe" else 0)


def trains_every_weight(network: NetworkFacts, config: TuneConfig) -> bool:
    """Say whether the gradients of the base's own weights are computed."""
    return trained_parameters(network, config, 0) >= network.parameters
