"""``prefix``: learned keys and values in every layer, weights frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.tuning.loading import lacks_type, load_frozen
from pipeline.tuning.method import Method
from pipeline.tuning.prompt_room import lacks_room
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel


def _build(start: Start) -> TunedModel:
    """Insert a prefix, of which training may drop parts, as the code of P-Tuning v2 does."""
    model = load_frozen(start)
    plain = model.network.base_model.prefix
    plain.dropout.p = start.settings.prefix_dropout
    if start.settings.prefix_mlp:
        from pipeline.models.travelling.insertions.prefix import ReparameterisedPrefix, put_prefix

        maker = ReparameterisedPrefix(plain, start.settings.prefix_mlp)
        put_prefix(model.network, maker.to(start.device))
    return model


def _lacks(start: Start) -> Iterator[Problem]:
    from pipeline.models.travelling.insertions.places import PLACES

    able = [name for name, places in PLACES.items() if places.self_attention]
    yield from list(lacks_type(start, able)) or lacks_room(start)


def _fold(model: TunedModel) -> None:
    from pipeline.models.travelling.insertions.prefix import fold_prefix

    fold_prefix(model.network)


PREFIX = Method(
    name="prefix",
    summary="learned keys and values in every layer; weights frozen (prefix tuning, P-Tuning v2)",
    source="Li & Liang 2021, Prefix-Tuning; Liu et al. 2022, P-Tuning v2",
    storage={"text": "part"},
    insertion="prefix",
    build=_build,
    recipes={"text": Recipe(1e-2, 1e-3, 1e-1)},
    has_prompt=True,
    trains_prompts_only=True,
    lacks=_lacks,
    finish=_fold,
)
