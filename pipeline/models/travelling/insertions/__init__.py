"""Insertions of methods into a network, by the name that a card gives: see ``Card.insertion``.

Each entry takes the network of a base and the card, puts new parameters in, at their start, and
returns the network to use, another one or the same. A method calls it before training, and loading
calls it again before the trained values are laid over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..card import Card
from .adapters import insert_adapters
from .prefix import insert_prefix
from .prompt import insert_prompt
from .vpt import insert_deep_prompts, insert_shallow_prompts

INSERTIONS: dict[str, Callable[[Any, Card], Any]] = {
    "prompt": insert_prompt,
    "prefix": insert_prefix,
    "adapters": insert_adapters,
    "vpt-shallow": insert_shallow_prompts,
    "vpt-deep": insert_deep_prompts,
}
