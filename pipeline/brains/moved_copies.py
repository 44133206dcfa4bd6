"""Copies of pictures that were shifted or mirrored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

#: Pictures may be shifted by one part in so many of their sides.
SHARE_OF_SIDE = 8
# Beyond so many pictures, a grid half as fine says which pairs are looked at closely.
_MANY = 1500
# What the middle of two grey pictures may fall short of the correlation of all their pixels.
_SLACK, _COARSE_SLACK = 0.05, 0.2
_BLOCK = 512
_ROUNDING = 1e-6

Pixels = NDArray[np.float64]
_MIRRORS: tuple[Callable[[Pixels], Pixels], ...] = (
    lambda pictures: pictures,
    lambda pictures: pictures[:, :, ::-1],
    lambda pictures: pictures[:, ::-1],
)


def moved_copies(pictures: Pixels, threshold: float) -> Iterator[tuple[int, int]]:
    """Pair pictures of which one is a shifted or mirrored copy of the other, or both.

    Parameters
    ----------
    pictures : ndarray of float64, shape (n_pictures, rows, columns, 3)
        Small: shifts are by whole pixels of theirs, up to an eighth of a side.
    threshold : float
        Correlation of the pixels that both show from which a picture is a copy.

    Yields
    ------
    int, int
        Positions, the smaller one first.
    """
    step = 1 if len(pictures) <= _MANY else 2
    slack = _SLACK if step == 1 else _COARSE_SLACK
    grey = _halved(pictures.mean(axis=3), step)
    margins = tuple(side // SHARE_OF_SIDE for side in grey.shape[1:])
    offsets = list(product(*(range(-margin, margin + 1) for margin in margins)))
    middle = unit_rows(_shifted(grey, margins, (0, 0))).astype(np.float32)
    for mirror in _MIRRORS:
        for start in range(0, len(grey), _BLOCK):
            rows = slice(start, start + _BLOCK)
            best = np.full((len(middle[rows]), len(grey)), -1.0, dtype=np.float32)
            which = np.zeros(best.shape, dtype=np.int16)
            for number, offset in enumerate(offsets):  # held one at a time
                window = unit_rows(_shifted(mirror(grey), margins, offset)).astype(np.float32)
                correlation = middle[rows] @ window.T
                better = correlation > best
                best[better], which[better] = correlation[better], number
            first, second = np.nonzero(np.triu(best >= threshold - slack, k=start + 1))
            offset_of = which[first, second]
            for number in np.unique(offset_of):
                these = offset_of == number
                yield from _confirmed(
                    pictures,
                    mirror(pictures),
                    (start + first[these], second[these]),
                    (step * offsets[number][0], step * offsets[number][1]),
                    (step - 1, threshold),
                )


def unit_rows(values: Pixels) -> Pixels:
    """Centre each row and bring it to length 1; a constant row becomes 0.

    Parameters
    ----------
    values : ndarray, shape (n_rows, ...)

    Returns
    -------
    ndarray, shape (n_rows, n_values)
    """
    rows = values.reshape(len(values), -1)
    centred = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Pixels = centred / np.where(lengths == 0, 1, lengths)
    return unit


def _confirmed(
    pictures: Pixels,
    mirrored: Pixels,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    offset: tuple[int, int],
    limits: tuple[int, float],
) -> Iterator[tuple[int, int]]:
    """Correlate all pixels that both pictures of a pair show, in colour, around one shift."""
    around, threshold = limits
    near = range(-around, around + 1)
    for start in range(0, len(pairs[0]), _BLOCK):
        first, second = (place[start : start + _BLOCK] for place in pairs)
        highest = np.full(len(first), -1.0)
        for down, right in product(near, near):
            one, other = _overlap(
                pictures[first], mirrored[second], offset[0] + down, offset[1] + right
            )
            correlation = np.einsum("ij,ij->i", unit_rows(one), unit_rows(other))
            highest = np.maximum(highest, correlation)
        for place in np.flatnonzero(highest >= threshold - _ROUNDING):
            yield int(first[place]), int(second[place])


def _overlap(one: Pixels, other: Pixels, down: int, right: int) -> tuple[Pixels, Pixels]:
    """Cut out what both show when ``other`` is shifted against ``one``."""
    height, width = one.shape[1:3]
    here = one[:, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    there = other[:, max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    return here, there


def _shifted(grey: Pixels, margins: tuple[int, ...], offset: tuple[int, ...]) -> Pixels:
    """Cut out the window that lies ``offset`` from the middle, ``margins`` from the edges."""
    spans = (
        slice(margin + moved, side - margin + moved)
        for margin, moved, side in zip(margins, offset, grey.shape[1:], strict=True)
    )
    return grey[(slice(None), *spans)]


def _halved(grey: Pixels, step: int) -> Pixels:
    if step == 1:
        return grey
    n, rows, columns = grey.shape
    whole = grey[:, : rows // step * step, : columns // step * step]
    averaged: Pixels = whole.reshape(n, rows // step, step, columns // step, step).mean(axis=(2, 4))
    return averaged
