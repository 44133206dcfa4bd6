"""Pictures that ``tiny-vit`` learns from: half letters, half simulated, made as they are needed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.models.pretraining.letters import bend_letters, colour_letters, letter_masters
from pipeline.worlds.pictures import COLOURS, LAYOUTS, SHAPES, draw_all, sample_pictures


@dataclass(frozen=True)
class PictureBatch:
    """Letters first, then pictures; ``attributes`` are shape, colour and layout."""

    images: Tensor
    letters: Tensor
    attributes: Tensor
    placement: Tensor


class PictureMixture:
    """Makes one batch after another; the n-th depends on the seed and n only."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.fields, self.labels = letter_masters()

    def make(self, seed: int) -> PictureBatch:
        """Draw letters and pictures for one seed."""
        generator = torch.Generator().manual_seed(seed)
        half = self.batch // 2
        which = torch.randint(len(self.fields), (half,), generator=generator)
        letters = colour_letters(bend_letters(self.fields[which], generator), generator)
        pictures = sample_pictures(self.batch - half, seed)
        drawn = torch.from_numpy(draw_all(pictures, seed)).permute(0, 3, 1, 2) / 255
        attributes = [
            (SHAPES.index(p.shape), COLOURS.index(p.colour), LAYOUTS.index(p.layout))
            for p in pictures
        ]
        placement = [((p.x - 16) / 3, (p.y - 16) / 3, (p.size - 9) / 1.5) for p in pictures]
        return PictureBatch(
            images=(torch.cat([letters, drawn]) - 0.5) / 0.5,
            letters=self.labels[which],
            attributes=torch.tensor(attributes),
            placement=torch.tensor(placement),
        )
