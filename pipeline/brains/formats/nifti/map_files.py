"""Maps of voxels as files: .npy, and NIfTI where it is known where the voxels are."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.nifti.voxel_grid import find_grid
from pipeline.errors import DataError, Problem


def write_voxel_map(
    stem: Path,
    values: NDArray[np.floating],
    coordinates: NDArray[np.floating] | None = None,
) -> list[Path]:
    """Write a map of one ROI of one subject, fold by fold and as a picture of the mean.

    Parameters
    ----------
    stem : Path
        Where to, without suffix; what is there is replaced.
    values : ndarray of float, shape (n_folds, n_voxels)
        For instance r or R² of :func:`pipeline.alignment.maps.map_voxels`.
    coordinates : ndarray of float, shape (n_voxels, 3), optional
        Of the voxels of this ROI, as the brain dataset gives them.

    Returns
    -------
    list of Path
        ``<stem>.npy`` holds all values as float32, and ``<stem>.nii.gz``, where there are
        coordinates, their mean over folds.

    Raises
    ------
    DataError
        Values and coordinates do not match, or the coordinates lie on no grid.

    Notes
    -----
    The volume is the smallest grid that holds the voxels, NaN where there is none. Its affine
    leads to the coordinates as they were given: to millimetres for BOLD5000 2.0 and NIfTI, so
    that the map lies where the brain is, and to voxel indices where the source gave those, as
    Pereira 2018 does. Datasets do not say which, so the volume names no standard space.
    """
    _check(stem, values, coordinates)
    grid = None if coordinates is None else find_grid(coordinates, stem.name)
    stem.parent.mkdir(parents=True, exist_ok=True)
    # Not with_suffix: names of layers hold dots.
    arrays = stem.with_name(f"{stem.name}.npy")
    np.save(arrays, values.astype(np.float32))
    if grid is None:
        return [arrays]
    volume = np.full(grid.shape, np.nan, dtype=np.float32)
    volume[tuple(grid.indices.T)] = values.mean(axis=0)
    image = nibabel.Nifti1Image(volume, grid.affine)
    picture = stem.with_name(f"{stem.name}.nii.gz")
    nibabel.save(image, picture)
    return [arrays, picture]


def _check(
    stem: Path, values: NDArray[np.floating], coordinates: NDArray[np.floating] | None
) -> None:
    n_voxels = values.shape[1] if values.ndim == 2 else -1
    if n_voxels < 0 or (coordinates is not None and len(coordinates) != n_voxels):
        places = "" if coordinates is None else f" and {len(coordinates)} coordinates"
        raise DataError(
            Problem(
                f"voxel map {stem.name}",
                "values of shape (n_folds, n_voxels) and coordinates for each voxel",
                f"values of shape {values.shape}{places}",
                "Give the coordinates of the voxels of this ROI only.",
            )
        )
