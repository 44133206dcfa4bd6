"""The grid of voxels that a file's responses lie on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEAR = 0.01


@dataclass(frozen=True)
class VolumeSpace:
    """The grid of a volume and where it lies.

    Parameters
    ----------
    shape : tuple of int
        Voxels along the three axes.
    affine : ndarray of float64, shape (4, 4)
        From voxel indices to millimetres.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    def coordinates(self, voxels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Places of voxels in millimetres, shape (n_voxels, 3).

        Parameters
        ----------
        voxels : ndarray of int64, shape (n_voxels,)
            Positions in a volume whose first axis runs fastest, as in the files.
        """
        indices = np.stack(np.unravel_index(voxels, self.shape, order="F"), axis=1)
        return (indices @ self.affine[:3, :3].T + self.affine[:3, 3]).astype(np.float32)

    def same_as(self, other: VolumeSpace) -> bool:
        """Say whether shapes are equal and all corners of the grid within 0.01 mm."""
        if self.shape != other.shape:
            return False
        last = np.array(self.shape) - 1
        corners = np.array([(*(last * bits), 1) for bits in np.ndindex(2, 2, 2)])
        moved = corners @ (self.affine - other.affine)[:3].T
        return bool(np.abs(moved).max() <= _NEAR)

    def __str__(self) -> str:
        rows = "; ".join(" ".join(f"{x:g}" for x in row) for row in self.affine[:3])
        return f"shape {self.shape}, affine [{rows}]"
