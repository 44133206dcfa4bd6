"""Eigendecompositions of the columns of a source, for all that meet the same source again.

Subjects who were shown the same stimuli are predicted from the same layers in the same folds, and
the ROIs that one model is decoded from are those of the next: most decompositions come up again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray

#: Eigenvalues, none negative, and eigenvectors.
Decomposition = tuple[NDArray[np.float64], NDArray[np.float64]]
#: A thousand sources of 128 columns.
MOST_BYTES = 2**27
#: Wider sources than this share of the room would push each other out before they come up again.
MOST_SHARE = 1 / 100
N_LOCKS = 16


class SharedDecompositions:
    """Decomposes ``Zᵀ Z``, and has the result ready the next time, as room allows.

    Matrices are known by their content: to digest one is a thirtieth of the work.

    Parameters
    ----------
    most_bytes : int
        Of all eigenvectors together. Those that were not asked for the longest make room for new
        ones.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._stored: OrderedDict[bytes, Decomposition] = OrderedDict()
        self._n_bytes = 0
        self._storing = Lock()
        self._computing = [Lock() for _ in range(N_LOCKS)]

    def __call__(self, cross: NDArray[np.float64]) -> Decomposition:
        """Return eigenvalues, none negative, and eigenvectors of ``Zᵀ Z``: 9 n_columns³ flops.

        Parameters
        ----------
        cross : ndarray of float64, shape (n_columns, n_columns)
        """
        if cross.nbytes > MOST_SHARE * self._most_bytes:
            return _decompose(cross)
        key = hashlib.blake2b(np.ascontiguousarray(cross).data).digest()
        with self._computing[key[0] % N_LOCKS]:  # who asks for the same meanwhile finds it ready
            return self._find(key) or self._store(key, _decompose(cross))

    def _find(self, key: bytes) -> Decomposition | None:
        with self._storing:
            if key in self._stored:
                self._stored.move_to_end(key)
            return self._stored.get(key)

    def _store(self, key: bytes, decomposition: Decomposition) -> Decomposition:
        with self._storing:
            self._stored[key] = decomposition
            self._n_bytes += decomposition[1].nbytes
            while self._n_bytes > self._most_bytes:
                _, (_, vectors) = self._stored.popitem(last=False)
                self._n_bytes -= vectors.nbytes
        return decomposition


def _decompose(cross: NDArray[np.float64]) -> Decomposition:
    values, vectors = np.linalg.eigh(cross)
    # What is below 0 is rounding, as in the kernel.
    return np.maximum(values, 0.0), vectors
