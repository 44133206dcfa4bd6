"""The grid that voxels lie on, found from their coordinates alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.errors import DataError, Problem

# A voxel may lie this share of a voxel's edge away from its place on the grid.
NEAR = 0.05
# Beyond this a volume would not be a brain, but coordinates that are on no common grid.
MOST_VOXELS = 512**3
NEIGHBOURS = 27


@dataclass(frozen=True)
class VoxelGrid:
    """The smallest grid that holds all voxels.

    Parameters
    ----------
    shape : tuple of int
        Grid points along the three axes.
    affine : ndarray of float64, shape (4, 4)
        From indices on the grid to the coordinates that were given.
    indices : ndarray of int64, shape (n_voxels, 3)
        Where each voxel lies on the grid.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]
    indices: NDArray[np.int64]


def find_grid(coordinates: NDArray[np.floating], where: str) -> VoxelGrid:
    """Find the grid of voxels: its directions, spacing and extent.

    Brain datasets give the places of voxels and not the grid that they were taken from, in
    millimetres or in indices. Neighbouring voxels tell its three edges, which are at right angles
    but need not be parallel to the axes; the grid is refined to all voxels by least squares and
    then checked at every one of them. Where voxels fill only a plane, a line or a point, the
    missing edges are set at right angles to those found, as long as the shortest of them, or 1.

    Parameters
    ----------
    coordinates : ndarray of float, shape (n_voxels, 3)
    where : str
        Whose they are, for messages.

    Raises
    ------
    DataError
        The coordinates are no finite (n_voxels, 3) array, two voxels share a place, or they lie
        on no common grid.
    """
    places = np.asarray(coordinates, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 3 or not len(places) or not np.isfinite(places).all():
        raise _refusal(where, "finite coordinates of shape (n_voxels, 3)", f"{places.shape}")
    if len(np.unique(places, axis=0)) < len(places):
        raise _refusal(where, "a place of its own for every voxel", "voxels that share a place")
    edges = _along_axes(_edges(places))
    origin = places[0]
    steps = np.linalg.solve(edges.T, (places - origin).T).T
    indices = np.rint(steps).astype(np.int64)
    indices -= indices.min(axis=0)
    affine = _affine(edges, indices, places)
    missed = places - (indices @ affine[:3, :3].T + affine[:3, 3])
    lengths = np.linalg.norm(edges, axis=1)
    if np.abs(missed).max() > NEAR * lengths.min():
        raise _refusal(where, "voxels on a common grid", f"{np.abs(missed).max():.3g} away from it")
    shape = tuple(int(size) for size in indices.max(axis=0) + 1)
    if np.prod([float(size) for size in shape]) > MOST_VOXELS:
        raise _refusal(where, "voxels on a common grid", f"places that span a grid of {shape}")
    return VoxelGrid((shape[0], shape[1], shape[2]), affine, indices)


def _edges(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Three edges of a grid cell at right angles, shape (3, 3), one in each row.

    On a grid with right angles the shortest step between voxels is an edge, so is the shortest at
    right angles to it, and the shortest at right angles to both.
    """
    _, near = cKDTree(places).query(places, k=min(NEIGHBOURS, len(places)))
    near = np.atleast_2d(near.reshape(len(places), -1))
    steps = (places[near] - places[:, None]).reshape(-1, 3)
    lengths = np.linalg.norm(steps, axis=1)
    steps, lengths = steps[lengths > 0], lengths[lengths > 0]
    edges = np.empty((0, 3))
    while len(edges) < 3:
        unit = edges / np.linalg.norm(edges, axis=1, keepdims=True)
        upright = (np.abs(steps @ unit.T) < 0.01 * lengths[:, None]).all(axis=1)
        if upright.any():
            edges = np.vstack([edges, steps[upright][np.argmin(lengths[upright])]])
        else:
            length = np.linalg.norm(edges, axis=1).min(initial=np.inf)
            missing = np.linalg.svd(unit)[2][-1] if len(edges) else np.array([1.0, 0.0, 0.0])
            edges = np.vstack([edges, missing * (length if np.isfinite(length) else 1.0)])
    return edges


def _along_axes(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Order and turn edges so that each runs up the axis that it is most parallel to."""
    from scipy.optimize import linear_sum_assignment

    slopes = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    order = linear_sum_assignment(-np.abs(slopes.T))[1]
    ordered = edges[order]
    upward: NDArray[np.float64] = ordered * np.sign(np.diagonal(slopes[order]))[:, None]
    return upward


def _affine(
    edges: NDArray[np.float64], indices: NDArray[np.int64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit the affine to all voxels; along edges that no two voxels span it stays as it is."""
    origin = places[0] - indices[0] @ edges
    design = np.column_stack([indices, np.ones(len(indices))])
    missed = places - (indices @ edges + origin)
    correction = np.linalg.lstsq(design, missed, rcond=None)[0]
    affine = np.eye(4)
    affine[:3, :3] = (edges + correction[:3]).T
    affine[:3, 3] = origin + correction[3]
    return affine


def _refusal(where: str, expected: str, finding: str) -> DataError:
    remedy = "Maps of voxels without a grid are written as .npy only: leave the coordinates out."
    return DataError(Problem(f"{where}: coordinates", expected, finding, remedy))
