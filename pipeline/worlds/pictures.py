"""Simulated pictures: one coloured shape before one scene, with the latent factors behind it.

Because everything in a picture is known, simulated voxels can be driven by exactly the factors
that a region is meant to hold (:func:`object_factors`, :func:`scene_factors`,
:func:`lowlevel_factors`), and a task can ask for a combination of them.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.worlds.outlines import OUTLINES, SHAPE_TRAITS
from pipeline.worlds.scenes import LAYOUT_TRAITS, SCENES

SIDE = 32
SHAPES: tuple[str, ...] = tuple(OUTLINES)
LAYOUTS: tuple[str, ...] = tuple(SCENES)
_HUES = {"red": 0.0, "yellow": 0.15, "green": 0.34, "cyan": 0.51, "blue": 0.63, "purple": 0.81}
COLOURS: tuple[str, ...] = tuple(_HUES)
_RGB = {name: np.array(colorsys.hsv_to_rgb(hue, 0.9, 0.95)) for name, hue in _HUES.items()}

_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64) + 0.5


@dataclass(frozen=True)
class Picture:
    """What is drawn; :func:`draw` adds only noise and the tint of the scene.

    Parameters
    ----------
    shape, colour, layout : str
        Names in SHAPES, COLOURS and LAYOUTS.
    size : float
        Radius of the circle around the shape, in pixels.
    x, y : float
        Centre of the shape in pixels from the left and the upper edge.
    rotation : float
        Clockwise, in radians.
    contrast : float
        1 shows the shape in its full colour, 0 in the mean colour of the scene.
    noise : float
        Standard deviation of the noise of each pixel, as a share of full scale.
    """

    shape: str
    colour: str
    layout: str
    size: float = 9.0
    x: float = SIDE / 2
    y: float = SIDE / 2
    rotation: float = 0.0
    contrast: float = 1.0
    noise: float = 0.03

    @property
    def identity(self) -> str:
        """What stays the same over exemplars of a picture."""
        return f"{self.colour}-{self.shape}-{self.layout}"


def sample_pictures(
    n: int,
    seed: int,
    shapes: Sequence[str] = SHAPES,
    colours: Sequence[str] = COLOURS,
) -> tuple[Picture, ...]:
    """Draw pictures with shape x colour and layout as balanced as their number allows.

    Parameters
    ----------
    n, seed : int
        The same seed gives the same pictures.
    shapes, colours : sequence of str, optional
        Names to draw from.

    Returns
    -------
    tuple of Picture, length n
    """
    rng = np.random.default_rng(seed)
    pairs = [(shape, colour) for shape in shapes for colour in colours]
    chosen = [pairs[i] for i in _balanced(n, len(pairs), rng)]
    layouts = [LAYOUTS[i] for i in _balanced(n, len(LAYOUTS), rng)]
    return tuple(
        exemplar(Picture(shape, colour, layout), rng)
        for (shape, colour), layout in zip(chosen, layouts, strict=True)
    )


def _balanced(n: int, n_values: int, rng: np.random.Generator) -> NDArray[np.int64]:
    rounds = [rng.permutation(n_values) for _ in range(math.ceil(n / n_values))]
    return np.concatenate([*rounds, np.empty(0, dtype=np.int64)])[:n]


def exemplar(picture: Picture, rng: np.random.Generator) -> Picture:
    """Keep shape, colour and layout; draw size, place, rotation, contrast and noise afresh."""
    return replace(
        picture,
        size=float(rng.uniform(6.5, 11.5)),
        x=float(rng.uniform(11, SIDE - 11)),
        y=float(rng.uniform(11, SIDE - 11)),
        rotation=float(rng.uniform(-0.6, 0.6)),
        contrast=float(rng.uniform(0.6, 1.0)),
        noise=float(rng.uniform(0.01, 0.05)),
    )


def draw(picture: Picture, seed: int) -> NDArray[np.uint8]:
    """Draw one picture.

    Parameters
    ----------
    picture : Picture
    seed : int
        Decides the noise, and tint and phase of the scene.

    Returns
    -------
    ndarray of uint8, shape (32, 32, 3)
    """
    rng = np.random.default_rng(seed)
    scene = _scene(picture.layout, rng)
    mean_colour = scene.mean(axis=(0, 1))
    colour = mean_colour + picture.contrast * (_RGB[picture.colour] - mean_colour)
    cover = _cover(picture)[..., np.newaxis]
    image = scene + cover * (colour - scene)
    image = image + rng.normal(scale=picture.noise, size=image.shape)
    return np.asarray(np.clip(np.rint(255 * image), 0, 255), dtype=np.uint8)


def draw_all(pictures: Sequence[Picture], seed: int) -> NDArray[np.uint8]:
    """Draw pictures, each with its own noise.

    Returns
    -------
    ndarray of uint8, shape (n_pictures, 32, 32, 3)
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(pictures))
    drawn = [draw(picture, int(own)) for picture, own in zip(pictures, seeds, strict=True)]
    return np.stack(drawn) if drawn else np.empty((0, SIDE, SIDE, 3), dtype=np.uint8)


def _scene(layout: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Mix two greyish tones by the layout, so that colour stays a mark of the shape."""
    field = SCENES[layout](_COLUMNS / SIDE, _ROWS / SIDE, float(rng.uniform()))
    dark, bright = rng.uniform(0.1, 0.4), rng.uniform(0.55, 0.85)
    tones = np.array([[dark], [bright]]) + rng.uniform(-0.08, 0.08, size=(2, 3))
    mix = field[..., np.newaxis]
    return np.asarray(tones[0] + mix * (tones[1] - tones[0]))


def _cover(picture: Picture) -> NDArray[np.float64]:
    """Share of each pixel that the shape covers, from its signed distance."""
    dx, dy = (_COLUMNS - picture.x) / picture.size, (_ROWS - picture.y) / picture.size
    cos, sin = math.cos(picture.rotation), math.sin(picture.rotation)
    distance = OUTLINES[picture.shape](cos * dx + sin * dy, cos * dy - sin * dx)
    return np.clip(0.5 - picture.size * distance, 0.0, 1.0)


def object_factors(picture: Picture) -> NDArray[np.float64]:
    """Which shape it is, what kind of shape that is, and its size.

    Returns
    -------
    ndarray of float64, shape (n_factors,)
        One indicator a shape, its traits (round, long, hollow, pointed), size.
    """
    identity = np.array([float(name == picture.shape) for name in SHAPES])
    return np.concatenate([identity, SHAPE_TRAITS[picture.shape], [(picture.size - 9.0) / 1.5]])


def scene_factors(picture: Picture) -> NDArray[np.float64]:
    """Which layout it is and what kind of layout that is.

    Returns
    -------
    ndarray of float64, shape (n_factors,)
        One indicator a layout, then its traits (repeating, horizontal, vertical, enclosed).
    """
    identity = np.array([float(name == picture.layout) for name in LAYOUTS])
    return np.concatenate([identity, LAYOUT_TRAITS[picture.layout]])


def lowlevel_factors(picture: Picture) -> NDArray[np.float64]:
    """Colour, contrast, position and orientation.

    Returns
    -------
    ndarray of float64, shape (8,)
        RGB of the colour, contrast, x and y from the middle, cosine and sine of twice the rotation.
    """
    place = [(picture.x - SIDE / 2) / 3, (picture.y - SIDE / 2) / 3]
    turn = [math.cos(2 * picture.rotation), math.sin(2 * picture.rotation)]
    return np.concatenate([_RGB[picture.colour], [picture.contrast], place, turn])
