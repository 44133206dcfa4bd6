"""The regions of interest of BOLD5000 and the names they go by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, DataError, Problem, nearest, refuse

Hemispheres = Literal["joined", "apart"]

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
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    for name in listed:
        key = region_key(name)
        if key is not None:
            found[key].append(name)
    refuse(_unmatched(where, found, listed), DataError)
    return {key: there[0] for key, there in found.items()}


def _unmatched(
    where: str, found: Mapping[str, list[str]], listed: tuple[str, ...]
) -> Iterator[Problem]:
    missing = [key for key, there in found.items() if not there]
    if missing:
        held = ", ".join(listed[:20]) or "nothing"
        yield Problem(
            where, f"regions {', '.join(missing)}", held, "Use the files of the original release."
        )
    for key, there in found.items():
        if len(there) > 1:
            yield Problem(
                where, f"{key} once", f"it is there as {' and '.join(there)}", "Take one away."
            )


def regions_of(
    columns: Mapping[str, NDArray[np.int64]], hemispheres: Hemispheres
) -> dict[str, NDArray[np.int64]]:
    """Name the voxel columns by region, hemispheres joined (LOC = LH + RH) or apart.

    Parameters
    ----------
    columns : mapping of str to ndarray of int
        Each of KEYS -> 0-based voxel columns.
    hemispheres : 'joined' or 'apart'

    Raises
    ------
    ConfigError
        If ``hemispheres`` is another word.
    """
    if hemispheres == "apart":
        return {key: columns[key] for key in KEYS}
    if hemispheres == "joined":
        return {
            region: np.union1d(columns[f"LH{region}"], columns[f"RH{region}"]) for region in REGIONS
        }
    known = nearest(str(hemispheres), ("joined", "apart"))
    raise ConfigError(Problem("hemispheres", "joined or apart", repr(hemispheres), known))
