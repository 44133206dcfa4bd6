"""Weights between those of two networks of one architecture."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from pipeline.errors import Problem, TuningError


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
