"""``wise-ft``: a point on the line from the base to a version of it tuned by ``full``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import Problem
from pipeline.models.travelling.card import Card
from pipeline.tuning.loading import load_base
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    from pipeline.models.travelling.loading import TunedModel

ALPHAS = tuple(step / 10 for step in range(11))


def _build(start: Start) -> TunedModel:
    from pipeline.models.travelling.loading import load_tuned
    from pipeline.tuning.heads import head_modules
    from pipeline.tuning.interpolation import interpolate

    where = start.interpolation
    if where is None:
        raise ValueError("wise-ft was started without the version to interpolate towards")
    base = load_base(start)
    model = load_tuned(where.full_folder, lambda: start.base_folder, start.device)
    new = tuple(f"{name}." for name in head_modules(base.network))
    between = interpolate(
        base.network.state_dict(), model.network.state_dict(), where.alpha, new_parts=new
    )
    model.network.load_state_dict(between)
    model.network.requires_grad_(False)
    model.card = start.card
    return model


def _lacks(start: Start) -> Iterator[Problem]:
    where = start.interpolation
    if where is None:
        yield Problem(
            "method 'wise-ft'",
            "a version of the same base and task tuned by full",
            "none",
            "Tune with method=full first.",
        )
        return
    if not 0 <= where.alpha <= 1:
        yield Problem("alpha", "between 0 and 1", str(where.alpha), "Choose one in between.")
    full, card = Card.read(where.full_folder), start.card
    if (full.method, full.task, full.base_digest) != ("full", card.task, card.base_digest):
        yield Problem(
            "version to interpolate towards",
            f"{card.base} tuned on {card.task} by full",
            f"{full.base} tuned on {full.task} by {full.method}",
            "Point to a version of the same base, task and seed.",
        )


WISE_FT = Method(
    name="wise-ft",
    summary="weights between the base and a version tuned by full, in steps of a tenth",
    source="Wortsman et al. 2022, Robust fine-tuning of zero-shot models",
    storage={"text": "whole", "image": "whole"},
    build=_build,
    recipes={
        "text": Recipe(3e-5, 1e-5, 3e-3, weight_decay=0.1),
        "image": Recipe(3e-5, 1e-5, 3e-3, weight_decay=0.1),
    },
    interpolates=True,
    lacks=_lacks,
)
