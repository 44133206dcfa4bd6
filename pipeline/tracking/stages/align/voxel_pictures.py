"""Pictures of voxel maps: for each subject whose voxels have places, and what they are drawn of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.dataset.chosen_layers import first_parts, map_file
from pipeline.alignment.dataset.plan import Plan
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.voxel_tests import RATE, fisher_z, predicted_voxels
from pipeline.reporting.figures.cortex import voxels_figure

VOXELS = "voxels.parquet"


def draw_maps(plan: Plan, title: str, folder: Path) -> None:
    """Draw r of every voxel that is predicted, beside the maps.

    Parameters
    ----------
    plan : Plan
    title : str
        Of the model.
    folder : Path
        As :func:`pipeline.alignment.dataset.chosen_layers.write_maps` has filled it; gains, where
        voxels have coordinates, ``<subject>/brain.svg``, and ``<subject>/voxels.parquet``:
        subject, x, y, z, r (mean over folds), and fisher_z with its weight, by which models can be
        compared voxel by voxel.
    """
    for name, subject in plan.brain.subjects.items():
        if subject.coordinates is None:
            continue
        columns, r, n_groups = _maps_of(plan, name, folder)
        places, mean = subject.coordinates[columns], r.mean(axis=0)
        passing = predicted_voxels(r, n_groups)
        figure = voxels_figure(
            f"{title}, {plan.brain.name}, {name}: encoding r of {passing.sum():,} of "
            f"{len(passing):,} voxels (false discovery rate {RATE:g})",
            places,
            mean,
            passing,
        )
        figure.savefig(map_file(folder, name, "brain.svg"))
        z, weight = fisher_z(r, n_groups)
        axes = dict(zip("xyz", places.T, strict=True))
        values = {"r": mean, "fisher_z": z, "weight": weight}
        table = pd.DataFrame({"subject": name, **axes, **values})
        table.to_parquet(map_file(folder, name, VOXELS))


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
