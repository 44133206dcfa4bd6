"""Differences of architectures: how long a text may be, what it holds, where its head is."""

from __future__ import annotations

from typing import Any, Literal

Kind = Literal["decoder", "encoder", "encoder-decoder"]
_ADAPTERS = (
    "default"  # the name that PEFT gives an adapter, a part of each of its parameters' names
)
_UNCHANGED = "original_module"  # what PEFT keeps of a module that it trains a copy of


class UnfitBaseError(ValueError):
    """A base lacks something: what was expected of it, what is there, and what to do.

    Parameters
    ----------
    expected, finding, remedy : str
    """

    def __init__(self, expected: str, finding: str, remedy: str) -> None:
        super().__init__(expected, finding, remedy)  # as given, to come whole out of a process
        self.expected, self.finding, self.remedy = expected, finding, remedy

    def __str__(self) -> str:
        return f"expected {self.expected}; found {self.finding}. {self.remedy}"


def kind_of(config: Any) -> Kind:
    """Say which way a language model reads: only backwards, both ways, or first one, then other."""
    if config.is_encoder_decoder:
        return "encoder-decoder"
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    reads_both_ways = config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return "encoder" if reads_both_ways and not getattr(config, "is_decoder", False) else "decoder"


def context_length(config: Any) -> int | None:
    """Count the positions that a language model has for tokens; None where there is no limit.

    RoBERTa types number their positions from the padding index on, which leaves fewer than their
    configuration says; T5 types know distances only.
    """
    if config.model_type in ("t5", "mt5", "umt5", "longt5"):
        return None
    names = ("n_positions", "max_position_embeddings", "max_seq_len")
    lengths = [int(getattr(config, name, None) or 0) for name in names]
    lengths = [length for length in lengths if length > 0]  # XLNet says -1: distances only
    if not lengths:
        return None
    rotary = getattr(config, "position_embedding_type", "absolute") == "rotary"  # ESM's
    counts_from_padding = config.model_type in _FROM_PADDING and not rotary
    return lengths[0] - (int(config.pad_token_id) + 1 if counts_from_padding else 0)


_FROM_PADDING = (
    *("roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod", "camembert"),
    *("data2vec-text", "longformer", "mpnet", "ibert", "luke", "esm", "lilt", "markuplm"),
)


def head_names(network: Any) -> tuple[str, ...]:
    """Name the modules that stand on top of a transformers model's body and hold parameters."""
    body = network.base_model
    named = ((n, module) for n, module in network.named_children() if [*module.parameters()])
    if body is not network:
        return tuple(name for name, module in named if module is not body)
    # a T5's head stands beside the parts of its body
    return tuple(name for name, _ in named if name not in ("shared", "encoder", "decoder"))


def stack_of(network: Any) -> Any:
    """Find what reads a text in a network: an encoder, or a stack without the head on top."""
    return network.get_encoder() if network.config.is_encoder_decoder else network.base_model


def unwrapped(network: Any) -> Any:
    """Take off what stands around a network while it trains on several devices, and PEFT."""
    network = getattr(network, "module", network)
    return network.get_base_model() if hasattr(network, "peft_config") else network


def base_name(name: str) -> str | None:
    """Give the name that a parameter had before PEFT wrapped it; None if PEFT brought it."""
    parts = name.split(".")
    if _ADAPTERS in parts:
        return None
    plain = [part for part in parts if part not in (_UNCHANGED, "base_layer")]
    if plain[0] == "base_model":
        plain = plain[2:] if plain[1] == "model" else plain[1:]
    return ".".join(plain)


def remember_base(network: Any, new: set[str]) -> Any:
    """Note on a network which parameters its base brought, so that saving knows what is new.

    Parameters
    ----------
    network : Module
        As loaded; gains ``from_base``, the names, and ``plain``, all names before anything is
        put in.
    new : set of str
        Names of the task's head, which is never taken for the base's even where the base has one,
        and of whatever else the base's weights do not hold.
    """
    network.plain = frozenset(network.state_dict())
    network.from_base = network.plain - new
    return network
