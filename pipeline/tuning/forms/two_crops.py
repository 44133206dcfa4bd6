"""Loss of a vision base on pictures without labels: two crops of one picture find each other.

Chen et al. 2020, SimCLR, with crops alone: a mirrored digit or a scene in other colours is another
picture to a brain. The vectors compared are those that features are; no head is put on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional

#: Least side of a crop, in sides of the picture, and what similarities are divided by.
LEAST_SIDE, TEMPERATURE = 0.6, 0.2


def crops_loss(model: Any, network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of the other crop of a picture among the other crops of a batch.

    A batch of one picture has nothing to tell apart: its loss is 0.

    Parameters
    ----------
    model : VisionModel
    network : Module
        In training, crops are drawn by torch's own generator; else they are always the same.
    batch : mapping of str to Tensor
        ``images`` of shape (n_pictures, 3, size, size).

    References
    ----------
    Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations, eq. 1.
    """
    images = batch["images"]
    generator = None if network.training else torch.Generator().manual_seed(0)
    vectors = torch.cat(
        [
            functional.normalize(model.last_layer({"images": crop(images, generator)}).float())
            for _ in range(2)
        ]
    )
    n = len(images)
    similarities = vectors @ vectors.T / TEMPERATURE
    similarities.fill_diagonal_(-math.inf)
    partners = torch.arange(2 * n, device=images.device).roll(n)
    return functional.cross_entropy(similarities, partners)


def crop(images: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    """Cut a square out of each picture at random, and bring it to the picture's size.

    Parameters
    ----------
    images : Tensor, shape (n_pictures, 3, size, size)
    generator : Generator, optional
        None: torch's own.
    """
    drawn = torch.rand(len(images), 3, generator=generator).to(images)
    side = LEAST_SIDE + (1 - LEAST_SIDE) * drawn[:, 0]
    shifts = (1 - side)[:, None] * (2 * drawn[:, 1:] - 1)
    placed = torch.zeros(len(images), 2, 3, device=images.device, dtype=images.dtype)
    placed[:, 0, 0] = placed[:, 1, 1] = side
    placed[:, :, 2] = shifts
    shape = (len(images), *images.shape[1:])
    grid = functional.affine_grid(placed, list(shape), align_corners=False)
    return functional.grid_sample(
        images, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
