"""Pictures as a vision base takes them: resized, cropped and scaled as its own weights expect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

CropMode = Literal["center", "squash", "border"]
#: Those of timm's that torch has, without aliasing as PIL does.
INTERPOLATIONS = ("bilinear", "bicubic")


@dataclass(frozen=True)
class PictureForm:
    """The form in which a vision base takes pictures.

    Parameters
    ----------
    size : int
        Height and width.
    mean, std : tuple of float
        Of each colour, in units of its range.
    interpolation : str
        In INTERPOLATIONS.
    crop : float
        Share of the resized picture's height and width that is taken.
    crop_mode : 'center', 'squash' or 'border'
        Cut at the centre, the shape kept; made square first; or no edge cut, and borders of the
        mean colour added.

    References
    ----------
    timm.data.transforms_factory.transforms_imagenet_eval
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"
    crop: float = 1.0
    crop_mode: CropMode = "squash"

    def prepare(
        self, images: NDArray[np.uint8], device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """Turn (n, height, width, 3) bytes into the (n, 3, size, size) floats a base expects.

        Pictures travel to the device as bytes, and are brought to their size there.
        """
        pixels = torch.tensor(np.asarray(images)).to(device).permute(0, 3, 1, 2)
        # a colour after the other: with colours together the gradient of a GroupNorm whose weights
        # are frozen ends the process, in torch
        pixels = pixels.contiguous()
        brought = self._cropped(self._resized(pixels.float())) / 255
        mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (self.mean, self.std))
        return (brought - mean) / std

    def _resized(self, pixels: torch.Tensor) -> torch.Tensor:
        """Resize width, then height, each to whole numbers and without aliasing, as PIL does."""
        height, width = pixels.shape[-2:]
        shape = self._shape(height, width)
        for size in ((height, shape[1]), shape):
            if size != tuple(pixels.shape[-2:]):
                resized = nn.functional.interpolate(
                    pixels, size, mode=self.interpolation, antialias=True
                )
                pixels = (resized + 0.5).floor().clamp(0, 255)  # halves go up there
        return pixels

    def _shape(self, height: int, width: int) -> tuple[int, int]:
        scale = math.floor(self.size / self.crop)
        if self.crop_mode == "squash":
            return scale, scale
        if self.crop_mode == "border":
            ratio = scale / max(height, width)
            return round(height * ratio), round(width * ratio)
        if height < width:
            return scale, int(scale * width / height)
        return int(scale * height / width), scale

    def _cropped(self, pixels: torch.Tensor) -> torch.Tensor:
        """Cut at the centre; what is smaller gets borders of the mean colour first."""
        height, width = pixels.shape[-2:]
        if min(height, width) < self.size:
            pixels = self._with_borders(pixels, max(height, self.size), max(width, self.size))
            height, width = pixels.shape[-2:]
        top, left = round((height - self.size) / 2), round((width - self.size) / 2)
        return pixels[..., top : top + self.size, left : left + self.size]

    def _with_borders(self, pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
        colour = torch.tensor([round(255 * v) for v in self.mean], device=pixels.device)
        whole = colour.to(pixels.dtype).view(1, 3, 1, 1).repeat(len(pixels), 1, height, width)
        top, left = (height - pixels.shape[-2]) // 2, (width - pixels.shape[-1]) // 2
        whole[..., top : top + pixels.shape[-2], left : left + pixels.shape[-1]] = pixels
        return whole


def picture_form(network: Any) -> PictureForm:
    """Read off a network of timm's in which form it takes pictures.

    What the files of the base say counts. Where they say nothing of crop or interpolation, as
    those of bases made here, a picture is taken whole.
    """
    size, mean, std = (network.pretrained_cfg[name] for name in ("input_size", "mean", "std"))
    own = network.own_config.get("pretrained_cfg", network.own_config)
    form = PictureForm(size[-1], tuple(mean), tuple(std))
    if "crop_pct" not in own and "interpolation" not in own:
        return form
    cfg = network.pretrained_cfg
    return PictureForm(
        form.size,
        form.mean,
        form.std,
        cfg.get("interpolation") or "bicubic",
        cfg.get("crop_pct") or 0.875,
        cfg.get("crop_mode") or "center",
    )
