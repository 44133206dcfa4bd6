"""Values of voxels in the brain: nilearn's glass brain, and below it the surface of the cortex."""

from __future__ import annotations

import nibabel
import numpy as np
from matplotlib import rc_context
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial import KDTree

from pipeline.brains.formats.nifti.voxel_grid import find_grid
from pipeline.reporting.figures.style import STYLE, plain

_SIZE = (9.0, 2.9)  # inches, without a surface
_SIZE_WITH_SURFACE = (9.0, 5.4)
_MESH = "fsaverage5"  # comes with nilearn, in MNI space
_VIEWS = (("left", "lateral"), ("left", "medial"), ("right", "medial"), ("right", "lateral"))
_REACH = 4.0  # millimetres from a place of the surface to the voxel that it shows
#: A surface is drawn where this share of voxels lies as near as that: not for deep ones alone, and
#: not for coordinates in another space.
_NEAR = 0.2


def voxels_figure(
    title: str,
    coordinates: NDArray[np.floating],
    values: NDArray[np.floating],
    passing: NDArray[np.bool_],
    signed: bool = False,
) -> Figure:
    """Draw values of voxels, seen through the brain and, where they reach it, on the cortex.

    Parameters
    ----------
    title : str
    coordinates : ndarray of float, shape (n_voxels, 3)
        As the brain dataset gives them: outline and surface are those of MNI space, in
        millimetres, which fit only where they are too.
    values : ndarray of float, shape (n_voxels,)
    passing : ndarray of bool, shape (n_voxels,)
        The others are left blank.
    signed : bool
        Whether values are differences, around 0, and not correlations, above it.

    Raises
    ------
    DataError
        The coordinates lie on no grid.
    """
    from nilearn.plotting import plot_glass_brain  # takes seconds to import

    grid = find_grid(coordinates, title)
    on_map = np.where(passing, values, 0.0).astype(np.float32)
    volume = np.zeros(grid.shape, dtype=np.float32)
    volume[tuple(grid.indices.T)] = on_map
    largest = max(0.02 if signed else 0.1, float(np.abs(on_map).max()))
    scale = Normalize(-largest if signed else 0.0, largest)
    colours = "RdBu_r" if signed else "inferno_r"
    of_vertices = _on_surface(coordinates, on_map)
    with rc_context(STYLE):
        figure = Figure(figsize=_SIZE_WITH_SURFACE if of_vertices else _SIZE)
        height = 0.46 if of_vertices else 0.86
        plot_glass_brain(
            nibabel.Nifti1Image(volume, grid.affine),
            display_mode="lyrz",
            threshold=1e-6,  # what is not shown is left blank
            vmin=scale.vmin,
            vmax=scale.vmax,
            cmap=colours,
            plot_abs=not signed,
            colorbar=False,
            figure=figure,
            axes=(0.01, 0.94 - height, 0.88, height),
        )
        if of_vertices:
            _draw_surface(figure, of_vertices, scale, colours)
        place = figure.add_axes((0.93, 0.2, 0.015, 0.6))
        figure.colorbar(ScalarMappable(scale, colours), cax=place)
        figure.suptitle(plain(title), x=0.01, ha="left")
    return figure


def _on_surface(
    coordinates: NDArray[np.floating], values: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    """Give every vertex of both hemispheres the value of the nearest voxel, NaN far from any.

    Nothing where the voxels do not lie at the surface.
    """
    from nilearn.datasets import fetch_surf_fsaverage
    from nilearn.surface import load_surf_mesh

    meshes = fetch_surf_fsaverage(_MESH)
    vertices = {
        side: load_surf_mesh(meshes[f"pial_{side}"]).coordinates for side in ("left", "right")
    }
    surface = KDTree(np.concatenate(list(vertices.values())))
    if np.mean(surface.query(coordinates)[0] <= _REACH) < _NEAR:
        return {}
    voxels = KDTree(coordinates)
    of_vertices = {}
    for side, places in vertices.items():
        distance, nearest = voxels.query(places)
        of_vertices[side] = np.where(distance <= _REACH, values[nearest], np.nan)
    return of_vertices


def _draw_surface(
    figure: Figure, of_vertices: dict[str, NDArray[np.float64]], scale: Normalize, colours: str
) -> None:
    from nilearn.datasets import fetch_surf_fsaverage
    from nilearn.plotting import plot_surf_stat_map

    meshes = fetch_surf_fsaverage(_MESH)
    for number, (side, view) in enumerate(_VIEWS):
        panel = figure.add_axes((0.01 + 0.22 * number, 0.02, 0.22, 0.46), projection="3d")
        plot_surf_stat_map(
            meshes[f"infl_{side}"],
            of_vertices[side],
            bg_map=meshes[f"sulc_{side}"],
            hemi=side,
            view=view,
            threshold=1e-6,
            vmin=scale.vmin,
            vmax=scale.vmax,
            cmap=colours,
            symmetric_cbar=False,
            colorbar=False,
            axes=panel,
            figure=figure,
        )
        for faces in panel.collections:  # twenty thousand, which no page should hold as paths
            faces.set_rasterized(True)
