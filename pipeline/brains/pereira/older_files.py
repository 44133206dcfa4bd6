"""The older family, ``examples_*.mat``: Gordon and AAL parcels only, as one number per voxel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.matlab import MatFile, MatValue, refuse_field
from pipeline.brains.pereira.fields import (
    MOST_META,
    ExperimentFile,
    Recording,
    coordinates_of,
    parcels_of,
    stimuli_and_groups,
    texts,
    voxels_of,
    whole_numbers,
)

_ATLASES = {"aal": "AAL", "gordon": "Gordon"}


def read_older(path: Path, part: ExperimentFile) -> Recording:
    """Read everything but the responses of a file of the older family.

    Parameters
    ----------
    path : Path
        A file examples_*.mat.
    part : ExperimentFile
        The experiment it should hold.

    Raises
    ------
    DataError
        If a field is missing, damaged or does not fit the others.
    """
    with MatFile(path) as file:
        n_voxels = voxels_of(file, "examples", part)
        stimuli, groups = stimuli_and_groups(file, part)
        meta = file.value("meta", MOST_META).fields()
        atlases = {
            atlas: _parcels(meta, field, n_voxels)
            for atlas, field in _ATLASES.items()
            if f"rois{field}" in meta
        }
        if not atlases:
            refuse_field(f"{path}: meta", "fields roisAAL or roisGordon", ", ".join(meta))
        coordinates = coordinates_of(meta, n_voxels)
    return Recording(path, "examples", n_voxels, stimuli, groups, atlases, coordinates, older=True)


def _parcels(
    meta: Mapping[str, MatValue], field: str, n_voxels: int
) -> dict[str, NDArray[np.int64]]:
    names = texts(meta[f"rois{field}"])
    mask, listed = f"roiMultimask{field}", f"roiColumns{field}"
    if mask in meta:
        numbers = whole_numbers(meta[mask], 0, len(names))
        if len(numbers) != n_voxels:
            refuse_field(
                meta[mask].where, f"a number for each of {n_voxels} voxels", f"{len(numbers)}"
            )
        return {name: np.flatnonzero(numbers == at) for at, name in enumerate(names, start=1)}
    if listed not in meta:
        refuse_field(meta[f"rois{field}"].where, f"with it {mask} or {listed}", "neither")
    return parcels_of(names, meta[listed], n_voxels)
