"""Where the parts of each supported architecture are that methods put something into."""

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
        The embedding of absolute positions; empty where there is none to shift.
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
    after_sublayers=r"(encoder\.block\.\d+\.layer\.[01]|decoder\.block\.\d+\.layer\.[02])\.dropout"
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
    "bart": Places(after_sublayers=r"layers\.\d+\.(self_attn|fc2)"),
    "mbart": Places(after_sublayers=r"layers\.\d+\.(self_attn|fc2)"),
    "vit": Places(after_sublayers=r"blocks\.\d+\.(attn|mlp)"),
}


def architecture(network: Any) -> str:
    """Name the architecture of a network as PLACES does: transformers' model type, or ``vit``."""
    config = getattr(network, "config", None)
    return "vit" if config is None else str(config.model_type)


def modules_at(network: Any, pattern: str) -> Iterator[Any]:
    """Find, in order, the modules of a network whose names end in a pattern."""
    wanted = re.compile(rf"(^|\.)({pattern})$")
    return (module for name, module in network.named_modules() if wanted.search(name))
