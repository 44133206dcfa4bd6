"""The current release, ``data_*.mat``: 15 atlases with regions as columns counted from 1."""

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
)


def read_current(path: Path, part: ExperimentFile) -> Recording:
    """Read everything but the responses of a file of the current release.

    Parameters
    ----------
    path : Path
        A file data_180concepts_*.mat, data_384sentences.mat or data_243sentences.mat.
    part : ExperimentFile
        The experiment it should hold.

    Raises
    ------
    DataError
        If a field is missing, damaged or does not fit the others.
    """
    with MatFile(path) as file:
        responses = "examples" if part.concepts else "examples_passagesentences"
        n_voxels = voxels_of(file, responses, part)
        stimuli, groups = stimuli_and_groups(file, part)
        meta = file.value("meta", MOST_META).fields()
        atlases = _atlases(path, meta, n_voxels)
        coordinates = coordinates_of(meta, n_voxels)
    return Recording(path, responses, n_voxels, stimuli, groups, atlases, coordinates, older=False)


def _atlases(
    path: Path, meta: Mapping[str, MatValue], n_voxels: int
) -> dict[str, dict[str, NDArray[np.int64]]]:
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
