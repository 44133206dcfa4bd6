"""Files of both families, read but for their responses: ``data_*.mat`` and ``examples_*.mat``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.matlab import MatFile, MatValue, refuse_field
from pipeline.brains.pereira.fields import (
    MOST_META,
    Atlases,
    ExperimentFile,
    Recording,
    coordinates_of,
    parcels_of,
    stimuli_and_groups,
    texts,
    voxels_of,
    whole_numbers,
)

CURRENT, OLDER = "data", "examples"
_OLDER_ATLASES = {"aal": "AAL", "gordon": "Gordon"}


def read_recording(path: Path, part: ExperimentFile) -> Recording:
    """Read everything but the responses of a file of either family.

    Parameters
    ----------
    path : Path
        Of the current release, ``data_*.mat``, which has 15 atlases; or of the older family,
        ``examples_*.mat``, which has the Gordon and AAL parcels only.
    part : ExperimentFile
        The experiment it should hold.

    Raises
    ------
    DataError
        If a field is missing, damaged or does not fit the others.
    """
    older = path.name.startswith(OLDER)
    responses = "examples" if older or part.concepts else "examples_passagesentences"
    with MatFile(path) as file:
        n_voxels = voxels_of(file, responses, part)
        stimuli, groups = stimuli_and_groups(file, part)
        meta = file.value("meta", MOST_META).fields()
        atlases = (_older_atlases if older else _atlases)(path, meta, n_voxels)
        coordinates = coordinates_of(meta, n_voxels)
    return Recording(path, responses, n_voxels, stimuli, groups, atlases, coordinates, older)


def _atlases(path: Path, meta: Mapping[str, MatValue], n_voxels: int) -> Atlases:
    """Read the regions of every atlas: columns, counted from 1."""
    missing = [field for field in ("atlases", "rois", "roiColumns") if field not in meta]
    if missing:
        refuse_field(f"{path}: meta", f"fields {', '.join(missing)}", f"only {', '.join(meta)}")
    names = texts(meta["atlases"])
    per_atlas = (meta["rois"].cells(), meta["roiColumns"].cells())
    for field, members in zip(("rois", "roiColumns"), per_atlas, strict=True):
        if len(members) != len(names):
            refuse_field(meta[field].where, f"one of {len(names)} atlases each", f"{len(members)}")
    return {
        atlas: parcels_of(texts(rois), columns, n_voxels)
        for atlas, rois, columns in zip(names, *per_atlas, strict=True)
    }


def _older_atlases(path: Path, meta: Mapping[str, MatValue], n_voxels: int) -> Atlases:
    """Read the parcels of the Gordon and AAL atlases: mostly one number per voxel."""
    atlases = {
        atlas: _parcels(meta, field, n_voxels)
        for atlas, field in _OLDER_ATLASES.items()
        if f"rois{field}" in meta
    }
    if not atlases:
        refuse_field(f"{path}: meta", "fields roisAAL or roisGordon", ", ".join(meta))
    return atlases


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
