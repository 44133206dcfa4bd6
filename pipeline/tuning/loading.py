"""A base as methods start from it: loaded, with the head of its task, weights frozen or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.errors import Problem, TuningError
from pipeline.tuning.method import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def load_base(start: Start) -> TunedModel:
    """Load a base with the head that its task needs; every weight requires gradients.

    Raises
    ------
    TuningError
        When weights are missing or of other shapes than the configuration says.
    """
    try:
        return _loaded(start)
    except (ValueError, RuntimeError) as error:
        problem = Problem(
            f"base {start.card.base}",
            "weights that are all those of its configuration",
            str(error).splitlines()[0][:300],
            "Copy, download or save the base again.",
        )
        raise TuningError(problem) from error


def _loaded(start: Start) -> TunedModel:
    from pipeline.models.travelling.text import TextModel
    from pipeline.models.travelling.text_networks import load_text_network, load_tokenizer
    from pipeline.models.travelling.vision import VisionModel, load_vision_base

    if start.card.modality == "text":
        network = load_text_network(start.base_folder, start.card)
        return TextModel(network, load_tokenizer(start.base_folder), start.card)
    network, picture = load_vision_base(start.base_folder, len(start.card.classes))
    return VisionModel(network, picture, start.card)


def load_frozen(start: Start) -> TunedModel:
    """Load a base with what the card says is inserted; insertion and head require gradients."""
    from pipeline.models.travelling.insertions import INSERTIONS
    from pipeline.tuning.heads import head_modules

    model = load_base(start)
    model.network.requires_grad_(False)
    for part in head_modules(model.network).values():
        part.requires_grad_(True)
    if start.card.insertion:
        model.network = INSERTIONS[start.card.insertion](model.network, start.card)
    return model


def settle_as_control(start: Start, model: TunedModel) -> TunedModel:
    """Freeze a model that nothing trains; a new head names the class or tag of the nearest mean.

    A head for spans stays as it was drawn: its scores are those of chance.
    """
    from pipeline.tuning.heads import head_modules, put_nearest_class_mean

    head = head_modules(model.network)
    if start.card.form in ("classification", "tagging"):
        put_nearest_class_mean(model, head.values(), start.train)
    model.network.requires_grad_(False)
    return model


def architecture_of(start: Start) -> str:
    """Name the architecture of a base by its configuration: transformers' type, or ``vit``."""
    return "vit" if start.card.modality == "image" else str(text_config(start).model_type)


def text_config(start: Start) -> Any:
    """Read the configuration of a text base."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(start.base_folder, local_files_only=True)
