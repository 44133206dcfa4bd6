"""The layers of a base that LoRA and IA3 change: PEFT's own choice, and ours where it has none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from torch import nn

#: Queries and values, as Hu et al. 2022 change them, of architectures that PEFT has no choice for.
LORA: Mapping[str, tuple[str, ...]] = {
    "albert": ("query", "value"),
    "distilbert": ("q_lin", "v_lin"),
    "modernbert": ("Wqkv",),  # with the keys in one matrix
    "mamba": ("in_proj", "x_proj"),  # it attends to nothing
    "mamba2": ("in_proj",),
}
# of llama's parts
_UNKNOWN_TO_PEFT = (
    *("olmo", "olmo2", "olmo3", "cohere", "cohere2", "granite", "smollm3", "stablelm"),
    *("ministral", "exaone4", "ernie4_5", "helium"),
)
#: Keys, values and what enters the end of the MLP, and which of them are scaled as they enter.
IA3: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "albert": (("key", "value", "ffn_output"), ("ffn_output",)),
    "distilbert": (("k_lin", "v_lin", "ffn.lin2"), ("ffn.lin2",)),
    "electra": (("key", "value", "output.dense"), ("output.dense",)),
    "modernbert": (("Wqkv", "mlp.Wo"), ("mlp.Wo",)),
    **dict.fromkeys(_UNKNOWN_TO_PEFT, (("k_proj", "v_proj", "down_proj"), ("down_proj",))),
}
_OF_PICTURES = ("qkv", "q_proj", "k_proj", "v_proj")


def text_targets(kind: str, network: Any, head: Collection[str]) -> list[str] | str:
    """Choose what LoRA changes in a language model.

    Parameters
    ----------
    kind : str
        transformers' name of the architecture.
    network : transformers model
    head : collection of str
        Names of the modules that the task put on top.

    Returns
    -------
    list of str, or str
        Names, or a pattern: queries and values where PEFT or we know what they are called; else
        every linear layer of the body.
    """
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN
    from transformers.pytorch_utils import Conv1D

    own: Mapping[str, Collection[str] | str] = {**LORA, **KNOWN}
    if kind in own:  # by name: of a Mixtral PEFT finds no layers unless they are named
        targets = own[kind]
        return targets if isinstance(targets, str) else list(targets)
    output = network.get_output_embeddings()
    return [name for name, m in _layers(network, head, (nn.Linear, Conv1D)) if m is not output]


def picture_targets(network: Any, head: Collection[str]) -> list[str]:
    """Choose what LoRA changes in a vision network.

    Returns
    -------
    list of str
        Queries, keys and values of attentions; every other linear layer where attentions take the
        weights of these past the layer itself (BEiT) or there are none; where there is no linear
        layer, convolutions over all channels.
    """
    linear = dict(_layers(network, head, nn.Linear))
    passed = [name for name in linear if _is_passed_by(network, name)]
    attending = [n for n in linear if n.endswith(_OF_PICTURES) and n not in passed]
    others = [name for name in linear if name not in passed]
    dense = [name for name, m in _layers(network, head, nn.Conv2d) if m.groups == 1]
    return attending or others or dense


def _is_passed_by(network: Any, name: str) -> bool:
    """Say whether an attention multiplies with the weights of a layer without calling it."""
    parent = network.get_submodule(name.rpartition(".")[0])
    biased_apart = getattr(parent, "q_bias", None) is not None
    return name.endswith("qkv") and biased_apart and not parent.qkv_bias_separate


def _layers(
    network: Any, head: Collection[str], kind: type[nn.Module] | tuple[type[nn.Module], ...]
) -> Iterator[tuple[str, Any]]:
    """Find the layers of one kind, or of some, in the body, in order."""
    tops = tuple(f"{name}." for name in head)
    for name, module in network.named_modules():
        if isinstance(module, kind) and not f"{name}.".startswith(tops):
            yield name, module
