"""A glass brain of nilearn: which voxels are predicted, and how well."""

from __future__ import annotations

import nibabel
import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.brains.formats.nifti.voxel_grid import find_grid
from pipeline.reporting.figures.style import STYLE, plain

_SIZE = (9.0, 2.9)  # inches


def glass_brain_figure(
    title: str,
    coordinates: NDArray[np.floating],
    r: NDArray[np.floating],
    passing: NDArray[np.bool_],
) -> Figure:
    """Draw r of voxels, seen through the brain from the left, behind, right and above.

    Parameters
    ----------
    title : str
    coordinates : ndarray of float, shape (n_voxels, 3)
        As the brain dataset gives them: the outline is that of MNI space, in millimetres, which
        fits only where they are too.
    r : ndarray of float, shape (n_voxels,)
    passing : ndarray of bool, shape (n_voxels,)
        The others are left blank.

    Returns
    -------
    Figure

    Raises
    ------
    DataError
        The coordinates lie on no grid.
    """
    from nilearn.plotting import plot_glass_brain  # takes seconds to import

    grid = find_grid(coordinates, title)
    volume = np.zeros(grid.shape, dtype=np.float32)
    volume[tuple(grid.indices.T)] = np.where(passing, r, 0.0)
    with rc_context(STYLE):
        figure = Figure(figsize=_SIZE)
        plot_glass_brain(
            nibabel.Nifti1Image(volume, grid.affine),
            display_mode="lyrz",
            colorbar=True,
            threshold=1e-6,  # what is not shown is left blank
            vmin=0.0,
            vmax=max(0.1, float(volume.max())),
            cmap="inferno_r",
            symmetric_cbar=False,
            figure=figure,
        )
        figure.suptitle(plain(title), x=0.01, ha="left")
    return figure
