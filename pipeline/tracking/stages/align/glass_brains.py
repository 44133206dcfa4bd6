"""Pictures of voxel maps: a glass brain for each subject whose voxels have places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.dataset.chosen_layers import first_parts, map_file
from pipeline.alignment.dataset.plan import Plan
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.voxel_tests import RATE, predicted_voxels
from pipeline.reporting.figures.glass_brain import glass_brain_figure


def draw_maps(plan: Plan, title: str, folder: Path) -> None:
    """Draw r of every voxel that is predicted, beside the maps.

    Parameters
    ----------
    plan : Plan
    title : str
        Of the model.
    folder : Path
        As :func:`pipeline.alignment.dataset.chosen_layers.write_maps` has filled it; gains
        ``<subject>/glass_brain.svg`` where voxels have coordinates.
    """
    for name, subject in plan.brain.subjects.items():
        if subject.coordinates is None:
            continue
        columns, r, n_groups = _maps_of(plan, name, folder)
        passing = predicted_voxels(r, n_groups)
        figure = glass_brain_figure(
            f"{title}, {plan.brain.name}, {name}: encoding r of {passing.sum():,} of "
            f"{len(passing):,} voxels (false discovery rate {RATE:g})",
            subject.coordinates[columns],
            r.mean(axis=0),
            passing,
        )
        figure.savefig(map_file(folder, name, "glass_brain.svg"))


def _maps_of(
    plan: Plan, subject: str, folder: Path
) -> tuple[NDArray[np.intp], NDArray[np.float64], list[int]]:
    """Read the maps of a subject: voxel columns, r (n_folds, n_voxels), groups of each fold."""
    of_voxel: dict[int, NDArray[np.float64]] = {}
    n_groups: list[int] = []
    for part in first_parts(plan):
        if part.subject != subject:
            continue
        folds = [fold.outer for fold in nested_folds(part.some.groups, part.settings)]
        n_groups = [len(np.unique(part.some.groups[fold.test])) for fold in folds]
        for roi, columns in part.some.rois.items():
            r = np.load(map_file(folder, subject, f"{roi}_r.npy"))
            of_voxel |= dict(zip(map(int, columns), r.T, strict=True))
    columns = np.array(sorted(of_voxel))
    return columns, np.stack([of_voxel[column] for column in columns], axis=1), n_groups
