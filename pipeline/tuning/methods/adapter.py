"""``adapter``: bottlenecks behind attention and MLP, and the layer norms, weights frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.tuning.loading import lacks_tokens, lacks_type, load_frozen
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from torch import nn

    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    """Insert adapters of width m; with them train every layer norm, as the source does.

    A base of L layers of width d trains 2·L·(2·d·m + m + d) parameters of adapters, and those of
    its layer norms, which are 2·d each (d for a T5's).
    """
    card = replace(start.card, adapter_width=start.settings.adapter_width)
    model = load_frozen(replace(start, card=card))
    for module in model.network.modules():
        if _is_norm(module):
            module.requires_grad_(True)
    return model


def _is_norm(module: nn.Module) -> bool:
    """Say whether a module is a layer norm, of any build: Nemotron's is a LayerNorm1P."""
    name = type(module).__name__
    is_single = not any(True for _ in module.children())  # RobertaPreLayerNormModel is a network
    return is_single and ("LayerNorm" in name or "RMSNorm" in name)


def _lacks(start: Start) -> Iterator[Problem]:
    from pipeline.models.travelling.insertions.places import PLACES

    if start.card.modality == "image":
        yield from lacks_tokens(start, among=False)
    else:
        yield from lacks_type(start, sorted(set(PLACES) - {"vit"}))


ADAPTER = Method(
    name="adapter",
    summary="bottlenecks behind attention and MLP, and the layer norms; other weights frozen",
    source="Houlsby et al. 2019, Parameter-Efficient Transfer Learning for NLP; Ding et al. 2023",
    storage={"text": "part", "image": "part"},
    insertion="adapters",
    build=_build,
    recipes={"text": Recipe(1e-3, 3e-5, 1e-2), "image": Recipe(1e-3, 3e-5, 1e-2)},
    lacks=_lacks,
)
