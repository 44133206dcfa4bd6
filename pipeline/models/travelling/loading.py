"""From the folder of a tuned model to a model that works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from .card import Card, base_digest
from .parts import load_part
from .pictures import picture_form
from .text import TextModel
from .text_networks import load_text_network, load_tokenizer
from .torchvision_on_cpu import declare_torchvision_operators
from .vision import VisionModel
from .vision_networks import load_vision_network

TunedModel = TextModel | VisionModel
# here every process without the project comes in, before transformers, peft or timm are imported
declare_torchvision_operators()

INSERTED = "inserted"  # beside all weights: what a method put in that no plain network holds


def load_tuned(folder: Path, base_folder: Callable[[], Path], device: str = "cpu") -> TunedModel:
    """Load a tuned model from its folder.

    Parameters
    ----------
    folder : Path
        With ``card.json``, ``weights/`` and, for texts and where all weights are here,
        ``tokenizer/``.
    base_folder : callable
        Fetches the base's folder; called only when the tuned model does not hold all weights.
    device : str
        Where its network is to be, as torch names it.

    Raises
    ------
    ValueError
        When the base that was fetched is not the one the model was tuned from, or what is stored
        does not fit it.
    UnfitBaseError
        When the base lacks something.
    """
    card = Card.read(folder)
    weights = folder / "weights"
    start = weights if card.storage == "whole" else base_folder()
    if card.storage != "whole" and base_digest(start) != card.base_digest:
        raise ValueError(f"{start} is not {card.base} as it was tuned")
    if card.modality == "text":
        network = _laid_over(load_text_network(start, card), card, weights).to(device)
        own = folder / "tokenizer"
        return TextModel(network, load_tokenizer(own if own.is_dir() else start), card)
    network = load_vision_network(start, len(card.classes))
    return VisionModel(_laid_over(network, card, weights).to(device), picture_form(network), card)


def load_untouched(base_folder: Path, card: Card) -> TunedModel:
    """Load a base to which nothing was done: for its features alone.

    Parameters
    ----------
    base_folder : Path
    card : Card
        Of form 'features'.

    Raises
    ------
    UnfitBaseError
        When the base lacks something.
    """
    if card.modality == "text":
        network = load_text_network(base_folder, card)
        return TextModel(network, load_tokenizer(base_folder), card)
    network = load_vision_network(base_folder, 0)
    return VisionModel(network, picture_form(network), card)


def own_device() -> str:
    """Name the device that networks run on where nobody says otherwise: a GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _laid_over(network: Any, card: Card, weights: Path) -> Any:
    if card.storage == "part":
        return load_part(network, card, weights)
    if card.storage == "whole" and card.insertion:
        return load_part(network, card, weights / INSERTED)
    return network
