"""``wise-ft``: a point on the line from the base to a version of it tuned by ``full``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.errors import Problem, TuningError
from pipeline.models.travelling.card import Card
from pipeline.tuning.loading import load_base
from pipeline.tuning.method import Method
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start

if TYPE_CHECKING:
    import torch

    from pipeline.models.travelling.loading import TunedModel

ALPHAS = tuple(step / 10 for step in range(11))


def _build(start: Start) -> TunedModel:
    from pipeline.models.travelling.loading import load_tuned
    from pipeline.tuning.heads import head_modules

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


def interpolate(
    base: Mapping[str, torch.Tensor],
    tuned: Mapping[str, torch.Tensor],
    alpha: float,
    new_parts: tuple[str, ...] = (),
) -> dict[str, torch.Tensor]:
    """Compute (1 - alpha)·base + alpha·tuned, tensor by tensor.

    Parameters
    ----------
    base, tuned : mapping of str to tensor
        With the same names and shapes, each tensor of the same kind in both.
    alpha : float
        Between 0, which gives exactly the base, and 1, which gives exactly the tuned.
    new_parts : tuple of str
        Beginnings of names that are taken from ``tuned`` as they are: a head that the base never
        had.

    Returns
    -------
    dict of str to tensor
        New tensors in the names and kinds of ``tuned``; those without a fraction (counters,
        positions) are its own.

    Raises
    ------
    TuningError
        When names or shapes differ.

    References
    ----------
    Wortsman et al. 2022, Robust fine-tuning of zero-shot models, Eq. 1.
    """
    differing = sorted(
        {name for name in base.keys() | tuned.keys() if _shape(base, name) != _shape(tuned, name)}
    )
    if differing:
        raise TuningError(_different(differing))
    return {
        name: value.clone()
        if not value.is_floating_point() or name.startswith(new_parts)
        else ((1 - alpha) * base[name] + alpha * value).to(value.dtype)
        for name, value in tuned.items()
    }


def _shape(weights: Mapping[str, torch.Tensor], name: str) -> torch.Size | None:
    return weights[name].shape if name in weights else None


def _different(names: list[str]) -> Problem:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return Problem(
        "interpolation of weights",
        "two networks of one architecture",
        f"different names or shapes: {', '.join(names[:3])}{more}",
        "Interpolate between a base and a version tuned from it.",
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
