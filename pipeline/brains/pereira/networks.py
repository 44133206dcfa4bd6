"""From names of regions to voxel columns: networks of the papers, atlases, parcels."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.pereira.fields import Recording
from pipeline.errors import DataError, Problem, nearest, refuse

# The networks of the papers, by the names of atlases in the file (their positions vary).
NETWORKS = {
    "language": ("languageLH", "languageRH"),
    "dmn": ("DMN",),
    "task": ("MD",),
    "visual": ("visual",),
}
DEFAULT_ROIS = tuple(NETWORKS)
_GORDON = re.compile(r"ROI\d+_([A-Za-z]+)_[LR]_")


def regions(recording: Recording, rois: tuple[str, ...]) -> dict[str, NDArray[np.int64]]:
    """Return the voxel columns of regions by name.

    Parameters
    ----------
    recording : Recording
    rois : tuple of str
        Networks (``language``, ``dmn``, ``task``, ``visual``), atlases as a whole
        (``visual_face``, ``languageLH``), Gordon's networks (``gordon:VentralAttn``) or single
        parcels (``gordon:ROI241_VentralAttn_R_48.1_38.3_-9.2``). The networks of the papers are
        not in the older family: DEFAULT_ROIS stands for all of Gordon's networks there.

    Raises
    ------
    DataError
        All names that the file does not have, or has without voxels, at once.
    """
    known = _known(recording)
    if recording.older and rois == DEFAULT_ROIS:
        rois = tuple(name for name in known if _is_gordon_network(name))
    if not rois:
        where = f"{recording.path}: regions"
        raise DataError(Problem(where, "at least one", "none", "Name some regions."))
    empty = np.array([], dtype=np.int64)
    networks = {roi: known.get(roi, empty) for roi in rois}
    short = [name for name in known if ":" not in name or _is_gordon_network(name)]
    refuse(
        (
            Problem(
                f"{recording.path}: region {roi}",
                "a region with voxels",
                "none" if roi in known else "no such region",
                nearest(roi, short),
            )
            for roi, columns in networks.items()
            if not len(columns)
        ),
        DataError,
    )
    return networks


def _is_gordon_network(name: str) -> bool:
    return name.startswith("gordon:") and not name.startswith("gordon:ROI")


def _known(recording: Recording) -> dict[str, NDArray[np.int64]]:
    """Return every region by every name it goes by, wide ones first."""
    networks: dict[str, list[NDArray[np.int64]]] = {}
    for network, atlases in NETWORKS.items():
        if set(atlases) <= set(recording.atlases):
            networks[network] = [c for atlas in atlases for c in recording.atlases[atlas].values()]
    for atlas, parcels in recording.atlases.items():
        networks.setdefault(atlas, list(parcels.values()))
    for atlas, parcels in recording.atlases.items():
        for parcel, columns in parcels.items():
            networks.setdefault(f"{atlas}:{parcel}", []).append(columns)
            gordon = _GORDON.match(parcel)
            if atlas == "gordon" and gordon:
                networks.setdefault(f"gordon:{gordon.group(1)}", []).append(columns)
    empty = np.array([], dtype=np.int64)
    return {name: np.unique(np.concatenate([empty, *parts])) for name, parts in networks.items()}
