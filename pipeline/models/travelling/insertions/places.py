"""Places in each supported architecture that methods put something into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Places:
    """Where things are in one architecture, as patterns that names of modules end in.

    Parameters
    ----------
    after_sublayers : str
        The modules that give out what an attention or an MLP adds to the residual stream.
    self_attention : str
        The modules that call transformers' attention function; empty where a prefix has no place.
    positions : str
        What embeds absolute positions, or turns by them; empty where there is nothing to shift.
    """

    after_sublayers: str
    self_attention: str = ""
    positions: str = ""


_BERT = Places(
    after_sublayers=r"encoder\.layer\.\d+\.(attention\.)?output\.dropout",
    self_attention=r"encoder\.layer\.\d+\.attention\.self",
    positions=r"embeddings\.position_embeddings",
)
_T5 = Places(
    # in a decoder block, layer 1 attends to the encoder: it gets nothing
    after_sublayers=r"(encoder\.block\.\d+\.layer\.[01]|decoder\.block\.\d+\.layer\.[02])\.dropout",
    self_attention=r"block\.\d+\.layer\.0\.SelfAttention",
)
_BART = Places(
    after_sublayers=r"layers\.\d+\.(self_attn|fc2)", self_attention=r"layers\.\d+\.self_attn"
)
_LLAMA = Places(
    after_sublayers=r"layers\.\d+\.(self_attn|mlp)",
    self_attention=r"layers\.\d+\.self_attn",
    positions=r"rotary_emb",
)

PLACES: dict[str, Places] = {
    "gpt2": Places(
        after_sublayers=r"h\.\d+\.(attn\.resid_dropout|mlp\.dropout)",
        self_attention=r"h\.\d+\.attn",
        positions=r"wpe",
    ),
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "camembert": _BERT,
    "t5": _T5,
    "mt5": _T5,
    "bart": _BART,
    "mbart": _BART,
    "electra": _BERT,
    "deberta-v2": Places(after_sublayers=_BERT.after_sublayers),  # an attention of its own
    "distilbert": Places(
        after_sublayers=r"layer\.\d+\.(attention\.out_lin|ffn)",
        self_attention=r"layer\.\d+\.attention",
        positions=r"embeddings\.position_embeddings",
    ),
    "modernbert": Places(
        after_sublayers=r"layers\.\d+\.(attn|mlp)",
        self_attention=r"layers\.\d+\.attn",
        positions=r"rotary_emb",
    ),
    # one layer, passed again and again: its adapters are shared as its weights are
    "albert": Places(after_sublayers=r"albert_layers\.\d+\.(attention\.output_dropout|ffn_output)"),
    "opt": Places(
        after_sublayers=r"layers\.\d+\.(self_attn|fc2)",
        self_attention=r"layers\.\d+\.self_attn",
        positions=r"embed_positions",
    ),
    "gpt_neox": Places(
        after_sublayers=r"layers\.\d+\.(attention|mlp)",
        self_attention=r"layers\.\d+\.attention",
        positions=r"rotary_emb",
    ),
    # it turns distances into biases of its attention, which calls no function of transformers
    "bloom": Places(after_sublayers=r"h\.\d+\.(self_attention\.dense|mlp\.dense_4h_to_h)"),
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "gemma", "phi"), _LLAMA),
    "vit": Places(after_sublayers=r"blocks\.\d+\.(attn|mlp)"),
}


def architecture(network: Any) -> str:
    """Name the architecture of a network as PLACES does: transformers' model type, or ``vit``."""
    config = getattr(network, "config", None)
    return "vit" if config is None else str(config.model_type)


def modules_at(network: Any, pattern: str) -> Iterator[Any]:
    """Find, in order, the modules of a network whose names end in a pattern."""
    ending = re.compile(rf"(^|\.)({pattern})$")
    return (module for name, module in network.named_modules() if ending.search(name))
