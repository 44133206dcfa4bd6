"""Members of an .npz file, looked over before any is read."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.limits import Declared, check_declared, damaged
from pipeline.brains.formats.npy import npy_header

_ZIP_TAIL = 22 + (1 << 16)


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read all members of an .npz file; zip checks the CRC of each."""
    with zipfile.ZipFile(path) as archive:
        members = npz_members(path, archive)
        check_declared(path, {name: declared for name, (_, declared) in members.items()})
        return {name: npz_array(archive, info) for name, (info, _) in members.items()}


def npz_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one member."""
    with archive.open(info) as member:
        array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        return array


def npz_members(
    path: Path, archive: zipfile.ZipFile
) -> dict[str, tuple[zipfile.ZipInfo, Declared]]:
    """Look over all members: each an array, none twice, none lost, all as long as they say.

    What they hold, and whether it fits, is for :func:`check_declared`.

    Returns
    -------
    dict of str to (ZipInfo, Declared)

    Raises
    ------
    DataError
    """
    listed = archive.infolist()
    members = {_name(path, info): (info, _declared(path, archive, info)) for info in listed}
    if len(members) < len(listed):
        raise damaged(path, "every array once", "two arrays of the same name")
    if len(listed) != _count(path):
        raise damaged(path, f"{_count(path)} arrays, as it says", f"{len(listed)}")
    return members


def _count(path: Path) -> int:
    """Read how many members a zip file says it has: zipfile lists the fewer of a damaged one."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _ZIP_TAIL))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06") + 10
    return int.from_bytes(tail[place : place + 2], "little")


def _name(path: Path, info: zipfile.ZipInfo) -> str:
    if not info.filename.endswith(".npy"):
        raise damaged(path, "members that end in .npy", repr(info.filename))
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise damaged(path, "stored or deflated members", f"zip method {info.compress_type}")
    return info.filename.removesuffix(".npy")


def _declared(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Declared:
    with archive.open(info) as member:
        declared, size = npy_header(member)
    if declared.kind in "biuf" and size != info.file_size:
        raise damaged(path, f"{size} bytes in {info.filename}", f"{info.file_size} bytes")
    return declared
