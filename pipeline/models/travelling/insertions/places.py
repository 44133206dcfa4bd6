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

_GPT2 = Places(
    after_sublayers=r"h\.\d+\.(attn\.resid_dropout|mlp\.dropout)",
    self_attention=r"h\.\d+\.attn",
    positions=r"wpe",
)
# their attention calls no function of transformers: a prefix has no place
_GPT_J = Places(after_sublayers=r"h\.\d+\.(attn|mlp)")
_AS_BART = ("bart", "mbart", "pegasus", "marian", "blenderbot-small", "m2m_100")
_BESIDE_BERT = (
    *("deberta-v2", "megatron-bert", "roformer", "layoutlm"),
    *("convbert", "big_bird", "rembert"),
)
_AS_LLAMA = (
    *("llama", "mistral", "mixtral", "ministral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe"),
    *("gemma", "gemma3_text", "phi", "phi3", "granite", "starcoder2", "smollm3", "stablelm"),
    *("olmo", "olmo2", "olmo3", "olmoe", "cohere", "cohere2", "nemotron", "glm", "glm4"),
    *("exaone4", "ernie4_5", "helium", "persimmon"),
)

PLACES: dict[str, Places] = {
    **dict.fromkeys(("gpt2", "gpt_bigcode"), _GPT2),
    **dict.fromkeys(("gptj", "gpt_neo", "codegen"), _GPT_J),
    "falcon": Places(after_sublayers=r"h\.\d+\.(self_attention|mlp)"),
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "camembert": _BERT,
    "t5": _T5,
    "mt5": _T5,
    **dict.fromkeys(_AS_BART, _BART),
    **dict.fromkeys(("electra", "ernie"), _BERT),
    # attentions of their own
    **dict.fromkeys(_BESIDE_BERT, Places(after_sublayers=_BERT.after_sublayers)),
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
    **dict.fromkeys(_AS_LLAMA, _LLAMA),
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
