"""The regions of interest of BOLD5000 and the names they go by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.names_to_keep import names_to_keep
from pipeline.errors import DataError, Problem, refuse

REGIONS = ("PPA", "LOC", "EarlyVis", "OPA", "RSC")
KEYS = tuple(f"{side}{region}" for region in REGIONS for side in ("LH", "RH"))
# The same masks are called LHLO, RHLO and RHRRSC for CSI2 (and LHLO, RHLO for CSI3) in places.
_ALSO = {"lhlo": "LHLOC", "rhlo": "RHLOC", "lhlrsc": "LHRSC", "rhrrsc": "RHRSC"}
_SPELLINGS = {**{key.lower(): key for key in KEYS}, **_ALSO}


def region_key(name: str) -> str | None:
    """Tell which of KEYS a name in a file or of a file means, or None.

    Parameters
    ----------
    name : str
        Such as ``LHPPA``, ``RHRRSC`` or ``sub-CSI2_mask-LHLO``.
    """
    last = re.split(r"[^0-9a-z]+", name.lower())[-1]
    return _SPELLINGS.get(last)


def matched_keys(where: str, names: Iterable[str]) -> dict[str, str]:
    """Find the name of each region in both hemispheres.

    Parameters
    ----------
    where : str
        File or folder, for the messages.
    names : iterable of str
        What is there; names that mean no region are passed over.

    Returns
    -------
    dict of str to str
        Each of KEYS, in their order -> its name there.

    Raises
    ------
    DataError
        If a region is missing or two names mean the same one.
    """
    listed = tuple(names)
    matches: dict[str, list[str]] = {key: [] for key in KEYS}
    for name in listed:
        key = region_key(name)
        if key is not None:
            matches[key].append(name)
    refuse(_unmatched(where, matches, listed), DataError)
    return {key: there[0] for key, there in matches.items()}


def _unmatched(
    where: str, matches: Mapping[str, list[str]], listed: tuple[str, ...]
) -> Iterator[Problem]:
    missing = [key for key, there in matches.items() if not there]
    if missing:
        contents = ", ".join(listed[:20]) or "nothing"
        yield Problem(
            where,
            f"regions {', '.join(missing)}",
            contents,
            "Use the files of the original release.",
        )
    for key, there in matches.items():
        if len(there) > 1:
            yield Problem(
                where, f"{key} once", f"it is there as {' and '.join(there)}", "Take one away."
            )


def regions_to_read(hemispheres: str, rois: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Say of which parts each region is made: hemispheres joined (LOC = LH + RH) or apart.

    Parameters
    ----------
    hemispheres : 'joined' or 'apart'
    rois : sequence of str
        Regions to keep; empty: all.

    Returns
    -------
    dict of str to tuple of str
        Region -> some of KEYS.

    Raises
    ------
    ConfigError
        If there is no region of a name, of hemispheres joined or apart as asked.
    """
    parts: dict[str, tuple[str, ...]] = {key: (key,) for key in KEYS}
    if hemispheres == "joined":
        parts = {region: (f"LH{region}", f"RH{region}") for region in REGIONS}
    names = names_to_keep("rois", f"BOLD5000, hemispheres {hemispheres}", rois, parts)
    return {name: parts[name] for name in names}


def join_hemispheres(
    columns: Mapping[str, NDArray[np.int64]], parts: Mapping[str, tuple[str, ...]]
) -> dict[str, NDArray[np.int64]]:
    """Put the voxel columns of regions together from those of their parts.

    Parameters
    ----------
    columns : mapping of str to ndarray of int
        Each of KEYS that is needed -> 0-based voxel columns.
    parts : mapping of str to tuple of str
        From :func:`regions_to_read`.
    """
    return {
        region: np.unique(np.concatenate([columns[key] for key in keys]))
        for region, keys in parts.items()
    }
