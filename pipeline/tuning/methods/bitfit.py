"""``bitfit``: every bias, weights frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.tuning.loading import load_frozen, text_config
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


_NO_VECTORS = ("relative", "position", "correction", "expert_bias")


def _build(start: Start) -> TunedModel:
    model = load_frozen(start)
    for name, parameter in model.network.named_parameters():
        if _is_bias(name):
            parameter.requires_grad_(True)
    return model


def _is_bias(name: str) -> bool:
    """Say whether a parameter is a bias: a vector added to what a layer computes.

    Some hold it under a name of its own: of queries (BEiT, EVA), of an expert's two layers
    (GPT-OSS), of the time step (Mamba-2). Ben Zaken et al. 2022, §3, train the b of every W·x + b
    and of the layer norms; a table of biases by distance (T5, Swin) is not one of those, nor is
    what evens out the load of experts.
    """
    own = name.rpartition(".")[2]
    return (own == "bias" or own.endswith("_bias")) and not any(word in own for word in _NO_VECTORS)


def _lacks(start: Start) -> Iterator[Problem]:
    if start.card.modality == "image":
        return
    import torch
    from transformers import AutoModel

    config = text_config(start.base_folder)
    with torch.device("meta"):  # names alone
        outline = AutoModel.from_config(config)
    if not any(_is_bias(name) for name, _ in outline.named_parameters()):
        yield Problem(
            "method 'bitfit'",
            "a base with biases",
            f"{start.card.base}, of type {config.model_type}, which has none",
            "Choose another base, or another method.",
        )


BITFIT = Method(
    name="bitfit",
    summary="every bias; weights frozen (BitFit)",
    source="Ben Zaken et al. 2022, BitFit; Ding et al. 2023, delta-tuning",
    storage={"text": "part", "image": "part"},
    build=_build,
    recipes={"text": Recipe(1e-3, 1e-4, 1e-2), "image": Recipe(1e-3, 1e-4, 2e-2)},
    lacks=_lacks,
)
