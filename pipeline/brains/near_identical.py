"""Stimuli that are nearly the same, and so may not be split between train and test either.

A dataset's groups say what belongs together by design; they do not see that two pictures of
different names are the same picture, or that a sentence comes twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.dataset import Stimuli
from pipeline.brains.moved_copies import moved_copies, unit_rows
from pipeline.files.spelling import bare_words

#: Pictures are averaged down to at most this many pixels a side before they are compared.
LARGEST_SIDE = 32
# Rows of the matrix of correlations that are held at once.
_BLOCK = 512
# Two equal pictures may miss a correlation of 1 by rounding.
_ROUNDING = 1e-6


def merged_groups(stimuli: Stimuli, threshold: float) -> NDArray[np.str_]:
    """Merge the stimulus groups that near-identical stimuli connect.

    Parameters
    ----------
    stimuli : Stimuli
    threshold : float
        Pixel correlation, above 0 and at most 1, from which two pictures are near-identical, as
        they are, shifted by up to an eighth of their sides, or mirrored; 1 merges equal pictures
        and exact copies only. Equal pictures are so even when empty. Sentences are near-identical
        when they are the same but for case, spaces, punctuation and forms of Unicode, whatever the
        threshold.

    Returns
    -------
    ndarray of str, shape (n_stimuli,)
        The groups, connected components of "same group or near-identical" made one: it goes by
        the name that sorts first. Groups without near-identical stimuli keep theirs.

    Notes
    -----
    Connection is transitive: with a low threshold a chain of pictures, each a little like the
    next, becomes one large group, and few groups are left to make folds of.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, members = np.unique(stimuli.groups, return_inverse=True)
    items = stimuli.items
    pairs = _equal_texts(items) if isinstance(items, tuple) else _alike(items, threshold)
    # near-identical stimuli connect their groups; a group is connected in itself
    edges = np.array([(members[i], members[j]) for i, j in pairs], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(names),) * 2)
    _, component = connected_components(graph, directed=False)
    first = dict(reversed(list(zip(component.tolist(), names, strict=True))))
    return np.array([first[c] for c in component[members].tolist()])


def _equal_texts(sentences: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Pair every sentence with the first that says the same."""
    first: dict[str, int] = {}
    for place, sentence in enumerate(sentences):
        yield first.setdefault(bare_words(sentence), place), place


def _alike(pictures: NDArray[np.uint8], threshold: float) -> Iterator[tuple[int, int]]:
    """Pair pictures that are equal, or correlate as the threshold says, shifted or mirrored too."""
    first: dict[bytes, int] = {}
    for place, picture in enumerate(pictures):
        digest = hashlib.sha256(np.ascontiguousarray(picture).data).digest()
        yield first.setdefault(digest, place), place
    small = shrink(pictures)
    # an empty picture has no correlation: it is like nothing but itself
    unit = unit_rows(small.reshape(len(pictures), -1))
    for start in range(0, len(unit), _BLOCK):
        alike = unit[start : start + _BLOCK] @ unit.T >= threshold - _ROUNDING
        for row, column in zip(*np.nonzero(alike), strict=True):
            yield start + int(row), int(column)
    yield from moved_copies(small, threshold)


def shrink(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Average square blocks of pixels, so that each side has at most ``LARGEST_SIDE`` of them.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n_pictures, height, width, 3)

    Returns
    -------
    ndarray of float64, shape (n_pictures, rows, columns, 3)
        From 0 to 255; what is left over at the right and lower edge is cut off.
    """
    n_pictures, height, width, channels = pictures.shape
    step = -(-max(height, width) // LARGEST_SIDE)
    rows, columns = height // step, width // step
    inner = pictures[:, : rows * step, : columns * step]
    blocks = inner.reshape(n_pictures, rows, step, columns, step, channels)
    averaged: NDArray[np.float64] = blocks.mean(axis=(2, 4))
    return averaged
