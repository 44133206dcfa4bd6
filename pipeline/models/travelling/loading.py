"""From the folder of a tuned model to a model that works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .card import Card, weights_digest
from .insertions import INSERTIONS
from .text import TextModel, load_text_network, load_tokenizer
from .vision import VisionModel, load_vision_base

TunedModel = TextModel | VisionModel


def load_tuned(folder: Path, base_folder: Callable[[], Path]) -> TunedModel:
    """Load a tuned model from its folder.

    Parameters
    ----------
    folder : Path
        With ``card.json``, ``weights/`` and, for text, ``tokenizer/``.
    base_folder : callable
        Fetches the base's folder; called only when the tuned model does not hold all weights.

    Raises
    ------
    ValueError
        When the base that was fetched is not the one the model was tuned from.
    """
    card = Card.read(folder)
    weights = folder / "weights"
    start = weights if card.storage == "whole" else base_folder()
    if card.storage != "whole" and weights_digest(start) != card.base_digest:
        raise ValueError(f"{start} does not hold the weights of {card.base} that were tuned")
    if card.modality == "text":
        return _load_text(folder, start, card)
    network, picture = load_vision_base(start, len(card.classes))
    if card.storage == "part":
        from safetensors.torch import load_file

        if card.insertion:
            network = INSERTIONS[card.insertion](network, card)
        network.load_state_dict(load_file(weights / "model.safetensors"), strict=False)
    return VisionModel(network, picture, card)


def _load_text(folder: Path, start: Path, card: Card) -> TextModel:
    network = load_text_network(start, card)
    if card.storage == "part":
        from peft import PeftModel

        network = PeftModel.from_pretrained(network, folder / "weights")
    return TextModel(network, load_tokenizer(folder / "tokenizer"), card)
