"""The folder of a tuned model, as the travelling package reads it, written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def save_tuned(model: TunedModel, folder: Path) -> None:
    """Write card, weights and tokenizer; of these only what the base does not have.

    Parameters
    ----------
    model : TextModel or VisionModel
    folder : Path
        New or empty.
    """
    from pipeline.models.travelling.architecture import unwrapped
    from pipeline.models.travelling.loading import INSERTED
    from pipeline.models.travelling.parts import save_part, whole_of
    from pipeline.models.travelling.text import TextModel

    folder.mkdir(parents=True, exist_ok=True)
    model.card.write(folder)
    if isinstance(model, TextModel) and model.card.storage == "whole":
        model.tokenizer.save_pretrained(folder / "tokenizer")  # else it is the base's
    network, card, weights = model.network, model.card, folder / "weights"
    if card.storage == "part":
        save_part(network, card, weights)
    elif card.storage == "whole":
        if isinstance(model, TextModel):
            unwrapped(network).save_pretrained(weights, state_dict=whole_of(network))
        else:
            _save_vision(network, weights)
        if card.insertion:
            save_part(network, card, weights / INSERTED, trained=False)


def _save_vision(network: Any, folder: Path) -> None:
    from safetensors.torch import save_file

    from pipeline.models.travelling.parts import whole_of
    from pipeline.models.travelling.vision_networks import CONFIG, configuration

    folder.mkdir(parents=True)
    config = json.dumps(configuration(network), indent=1)
    (folder / CONFIG).write_text(config, encoding="utf-8")
    state = {name: value.contiguous().cpu() for name, value in whole_of(network).items()}
    save_file(state, folder / "model.safetensors")
