"""One subject's responses, with the regions of interest of its voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Responses:
    """One subject's responses to the stimuli it was shown.

    Parameters
    ----------
    values : ndarray of float32, shape (n_shown, n_voxels)
        Responses, averaged over repeats where there are any.
    rois : mapping of str to ndarray of int
        Region of interest -> 0-based voxel columns of ``values``.
    repeats : ndarray of float32, shape (n_repeats, n_repeated, n_voxels), optional
        The single presentations behind ``values``: what a noise ceiling is estimated from.
    stimulus_rows : ndarray of int64, shape (n_shown,), optional
        Which stimuli of the dataset the rows of ``values`` answer; None: all, in order.
    repeated : ndarray of int64, shape (n_repeated,), optional
        Which rows of ``values`` the ``repeats`` stand behind; None: all, in order.
    coordinates : ndarray of float32, shape (n_voxels, 3), optional
        Where the voxels are, in millimetres or voxel indices as the source gives them.
    left_out : mapping of str to int
        Region of interest -> its voxels that the source has and that cannot be used: NaN, infinite
        or constant. Only where there are any.
    """

    values: NDArray[np.float32]
    rois: Mapping[str, NDArray[np.int64]]
    repeats: NDArray[np.float32] | None = None
    stimulus_rows: NDArray[np.int64] | None = None
    repeated: NDArray[np.int64] | None = None
    coordinates: NDArray[np.float32] | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def rows(self, n_stimuli: int) -> NDArray[np.int64]:
        """Positions of its stimuli among all ``n_stimuli`` of the dataset, shape (n_shown,)."""
        return np.arange(n_stimuli) if self.stimulus_rows is None else self.stimulus_rows

    def repeated_rows(self) -> NDArray[np.int64]:
        """Rows of ``values`` that have repeats, shape (n_repeated,)."""
        return np.arange(len(self.values)) if self.repeated is None else self.repeated
