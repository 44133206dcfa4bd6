"""Letters as a stand-in for handwriting: printed once, then bent in batches. Never digits.

Each letter of each typeface that ships with matplotlib is kept as a signed distance field, so
that one field gives every stroke width and edge softness; batches are warped by an affine map
and a smooth displacement.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt
from torch import Tensor

SIDE = 32
_MASTER = 64
# Capitals that differ from their small letters in size only are left out.
_LATIN = "ABDEFGHIJLMNQRTY" + "abcdefghijkmnopqrstuvwxyz"
_GREEK = "αβγδεζηθλμξπσφψωΓΔΛΞΠΣΦΨΩ"
LETTERS = _LATIN + _GREEK
_SANS_AND_SERIF = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif",
    "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic",
    "STIXGeneralBol", "STIXGeneralBolIta",
)  # fmt: skip
_TEX = ("cmr10", "cmss10", "cmtt10", "cmb10")  # these hold Latin letters only


@cache  # 0.8 s of drawing and distances
def letter_masters() -> tuple[Tensor, Tensor]:
    """Print every letter in every typeface.

    Returns
    -------
    Tensor of float32, shape (n_glyphs, 1, 64, 64)
        Signed distance to the edge, positive inside, in units of the widest half stroke.
    Tensor of int64, shape (n_glyphs,)
        Position in LETTERS.
    """
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fields, labels = [], []
    for typeface in (*_SANS_AND_SERIF, *_TEX):
        font = ImageFont.truetype(str(folder / f"{typeface}.ttf"), 52)
        for letter in _LATIN if typeface in _TEX else LETTERS:
            fields.append(_distance_field(letter, font))
            labels.append(LETTERS.index(letter))
    return torch.from_numpy(np.stack(fields))[:, None], torch.tensor(labels)


def _distance_field(letter: str, font: ImageFont.FreeTypeFont) -> NDArray[np.float32]:
    """Print a letter so that it fills the square up to a margin."""
    left, top, right, bottom = (int(edge) for edge in font.getbbox(letter))
    canvas = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), letter, fill=255, font=font)
    scale = 44 / max(canvas.size)
    size = (max(1, round(canvas.width * scale)), max(1, round(canvas.height * scale)))
    square = Image.new("L", (_MASTER, _MASTER))
    square.paste(canvas.resize(size), ((_MASTER - size[0]) // 2, (_MASTER - size[1]) // 2))
    inside = np.asarray(square) > 127
    distance = distance_transform_edt(inside) - distance_transform_edt(~inside)
    return np.asarray(distance / distance.max(), dtype=np.float32)


def bend_letters(fields: Tensor, generator: torch.Generator) -> Tensor:
    """Place letters anew with other angle, slant, size, bends and stroke width.

    Parameters
    ----------
    fields : Tensor, shape (n, 1, 64, 64)
    generator : torch.Generator

    Returns
    -------
    Tensor of float32, shape (n, 1, 32, 32)
        Ink from 0 to 1.
    """
    n = len(fields)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    angle, slant = uniform(-0.35, 0.35), uniform(-0.45, 0.45)
    width, height = uniform(0.65, 1.6), uniform(0.65, 1.25)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([width * cos, width * (slant * cos - sin), uniform(-0.15, 0.15)], dim=1),
        torch.stack([height * sin, height * (slant * sin + cos), uniform(-0.15, 0.15)], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), [n, 1, SIDE, SIDE], align_corners=False)
    knots = torch.randn(n, 2, 4, 4, generator=generator) * uniform(0, 0.13, 1, 1, 1)
    bends = F.interpolate(knots, size=(SIDE, SIDE), mode="bicubic", align_corners=True)
    warped = F.grid_sample(
        fields, grid + bends.permute(0, 2, 3, 1), padding_mode="border", align_corners=False
    )
    # Below 0 the stroke grows over its edge, above 0 only its core is left.
    threshold, softness = uniform(-0.9, 0.35, 1, 1, 1), uniform(0.3, 0.8, 1, 1, 1)
    return torch.clamp(0.5 + (warped - threshold) / softness, 0, 1)


def colour_letters(ink: Tensor, generator: torch.Generator) -> Tensor:
    """Put ink on paper: half white on black, the rest in any two tones, some of them blurred.

    Parameters
    ----------
    ink : Tensor, shape (n, 1, 32, 32)

    Returns
    -------
    Tensor of float32, shape (n, 3, 32, 32)
        RGB from 0 to 1.
    """
    n = len(ink)
    blurred = torch.rand(n, generator=generator) < 0.3
    coarse = F.interpolate(ink[blurred], size=(10, 10), mode="area")
    ink = ink.clone()
    ink[blurred] = F.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    paper = 0.45 * torch.rand(n, 3, 1, 1, generator=generator)
    pen = paper + 0.3 + 0.25 * torch.rand(n, 3, 1, 1, generator=generator)
    inverted = (torch.rand(n, 1, 1, 1, generator=generator) < 0.5).expand_as(paper)
    paper, pen = torch.where(inverted, pen, paper), torch.where(inverted, paper, pen)
    plain = (torch.rand(n, 1, 1, 1, generator=generator) < 0.5).expand_as(paper)
    paper, pen = paper.masked_fill(plain, 0.0), pen.masked_fill(plain, 1.0)
    noise = 0.06 * torch.rand(n, 1, 1, 1, generator=generator)
    pixels = paper + ink * (pen - paper)
    return torch.clamp(pixels + noise * torch.randn(pixels.shape, generator=generator), 0, 1)
