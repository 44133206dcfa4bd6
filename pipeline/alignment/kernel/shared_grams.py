"""Gram matrices of responses that the models of a process share."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns, VoxelColumns, forget_pages
from pipeline.alignment.kernel.grams import FormGrams, RoisByFold, grams_by_fold
from pipeline.words import Similarity

#: Four ROIs, ten folds and 627 stimuli take 0.25 GB.
MOST_BYTES = 2**30


class SharedGrams:
    """Does what :func:`grams_by_fold` does, and has it ready the next time, as room allows.

    Responses are known by their content: reading it once is a hundredth of the work.

    Parameters
    ----------
    most_bytes : int
        Of all matrices together. Those that were not asked for the longest make room for new ones.
    form : callable
        That makes them.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, form: FormGrams = grams_by_fold) -> None:
        self._most_bytes, self._form = most_bytes, form
        self._grams: OrderedDict[str, RoisByFold] = OrderedDict()
        self._lock = Lock()

    def __call__(
        self,
        responses: Mapping[str, Columns],
        trains: Sequence[NDArray[np.int64]],
        similarity: Similarity,
    ) -> RoisByFold:
        """Give the Gram matrices of every ROI, fold by fold: see :func:`grams_by_fold`."""
        key = _digest(responses, trains, similarity)
        with self._lock:
            if key in self._grams:
                self._grams.move_to_end(key)
                return self._grams[key]
        grams = self._form(responses, trains, similarity)
        with self._lock:
            self._grams[key] = grams
            while self._grams and sum(map(n_bytes, self._grams.values())) > self._most_bytes:
                self._grams.popitem(last=False)
        return grams


def n_bytes(grams: RoisByFold) -> int:
    """Count the bytes of all matrices."""
    matrices = (m for fold in grams for g in fold.values() for m in (g.kernel, g.patterns))
    return sum({id(matrix): matrix.nbytes for matrix in matrices}.values())


def _digest(
    responses: Mapping[str, Columns], trains: Sequence[NDArray[np.int64]], similarity: Similarity
) -> str:
    """Digest all that decides Gram matrices; an array that several ROIs share is read once."""
    whole = hashlib.blake2b(similarity.encode())
    digests: dict[int, bytes] = {}
    for roi, values in responses.items():
        array = values.values if isinstance(values, VoxelColumns) else values
        if id(array) not in digests:
            digests[id(array)] = _digest_of_array(array)
            forget_pages(array)
        whole.update(repr(roi).encode() + digests[id(array)])
        if isinstance(values, VoxelColumns):
            whole.update(_digest_of_array(values.columns))
    for train in trains:
        whole.update(_digest_of_array(train))
    return whole.hexdigest()


def _digest_of_array(values: NDArray[np.generic]) -> bytes:
    """Digest type, shape and content, row by row: a mapped array is never copied whole."""
    digest = hashlib.blake2b(f"{values.dtype} {values.shape}".encode())
    for row in values:
        digest.update(np.ascontiguousarray(row).data)
    return digest.digest()
