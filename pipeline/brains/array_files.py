"""Read the arrays of one .npz, .h5, .mat or .safetensors file, sizes checked first.

Nothing in a file can run code: objects are refused before they are read. A file may unfold to
64 MiB and 100 times its own size, so zip and HDF5 bombs are refused by what they declare.

Damage shows in the checksums of .npz and of compressed .mat. An .h5, .safetensors or uncompressed
.mat file has none: there a flipped bit inside the numbers gives other numbers, and no error.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.array_limits import (
    Declared,
    allowed_bytes,
    check_declared,
    damaged,
    npy_header,
)
from pipeline.errors import DataError

Arrays = dict[str, NDArray[Any]]

_CHUNK = 1 << 20
_MATLAB_HEADER = 128
_MATLAB_COMPRESSED = 15
_MATLAB_CLASSES = {"logical": ("b", 1), "double": ("f", 8), "single": ("f", 4)} | {
    f"{prefix}int{bits}": (kind, bits // 8)
    for prefix, kind in (("", "i"), ("u", "u"))
    for bits in (8, 16, 32, 64)
}
_SAFETENSORS = {"BOOL": ("b", 1), "F64": ("f", 8), "F32": ("f", 4), "F16": ("f", 2)} | {
    f"{kind.upper()}{bits}": (kind, bits // 8) for kind in "iu" for bits in (8, 16, 32, 64)
}
# What is no number has a kind that check_declared refuses.
_OTHER = ("O", 8)


def read_arrays(path: Path) -> Arrays:
    """Read all arrays of a file.

    Parameters
    ----------
    path : Path
        Its suffix is one of READERS.

    Returns
    -------
    dict of str to ndarray
        Numbers only. In .h5, the datasets of group ``roi`` are named ``roi/<name>``; so are the
        variables ``roi_<name>`` of .mat, whose single rows and columns become vectors.

    Raises
    ------
    DataError
        A file that is cut short or damaged, a field that holds no numbers, or more numbers than
        the file can honestly hold.
    """
    try:
        return READERS[path.suffix](path)
    except DataError:
        raise
    except Exception as error:  # every library has a dozen kinds for damaged files
        raise damaged(path, f"a whole {path.suffix} file", error) from error


def read_npz(path: Path) -> Arrays:
    """Read all members of an .npz file; zip checks the CRC of each."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        declared = {_npz_name(path, info): _npz_declared(path, archive, info) for info in members}
        if len(declared) < len(members):
            raise damaged(path, "every array once", "two arrays of the same name")
        check_declared(path, declared)
        arrays = {}
        for name, info in zip(declared, members, strict=True):
            with archive.open(info) as member:
                arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
        return arrays


def _npz_name(path: Path, info: zipfile.ZipInfo) -> str:
    if not info.filename.endswith(".npy"):
        raise damaged(path, "members that end in .npy", repr(info.filename))
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise damaged(path, "stored or deflated members", f"zip method {info.compress_type}")
    return info.filename.removesuffix(".npy")


def _npz_declared(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Declared:
    with archive.open(info) as member:
        declared, size = npy_header(member)
    if declared.kind in "biuf" and size != info.file_size:
        raise damaged(path, f"{size} bytes in {info.filename}", f"{info.file_size} bytes")
    return declared


def _read_safetensors(path: Path) -> Arrays:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        views = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        declared = {
            name: Declared(tuple(view.get_shape()), *_SAFETENSORS.get(view.get_dtype(), _OTHER))
            for name, view in views.items()
        }
        check_declared(path, declared)
        return {name: file.get_tensor(name) for name in declared}


def _read_h5(path: Path) -> Arrays:
    import h5py

    with h5py.File(path, "r") as file:
        found = dict(_h5_datasets(path, file))
        declared = {
            name: Declared(dataset.shape or (), dataset.dtype.kind, dataset.dtype.itemsize)
            for name, dataset in found.items()
        }
        check_declared(path, declared)
        for name, dataset in found.items():
            chunk = math.prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
            if chunk > allowed_bytes(path):
                raise damaged(path, f"chunks of {name} no larger than the file", f"{chunk} bytes")
        return {name: np.asarray(dataset[()]) for name, dataset in found.items()}


def _h5_datasets(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    """Walk the two levels that are read; links to other files and places are refused."""
    import h5py

    for outer in file:
        inside = isinstance(file.get(outer, getlink=True), h5py.HardLink)
        group = file[outer] if inside else None
        nested = outer == "roi" and isinstance(group, h5py.Group)
        for name in [f"roi/{inner}" for inner in group] if nested else [outer]:
            inside = isinstance(file.get(name, getlink=True), h5py.HardLink)
            dataset = file[name] if inside else None
            if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
                raise damaged(path, f"{name} to be a dataset of this file", "something else")
            yield name, dataset


def _read_mat(path: Path) -> Arrays:
    from scipy.io import loadmat, whosmat

    _check_inflated(path)
    listed = whosmat(path)
    declared = {
        name: Declared(shape, *_MATLAB_CLASSES.get(matlab, _OTHER))
        for name, shape, matlab in listed
    }
    if len(declared) < len(listed):
        raise damaged(path, "every variable once", "two variables of the same name")
    check_declared(path, declared)
    content: Mapping[str, Any] = loadmat(path, mat_dtype=True, variable_names=list(declared))
    arrays = {name: np.asarray(content[name]) for name in declared}
    return {
        f"roi/{name[4:]}" if name.startswith("roi_") else name: (
            array if name in {"responses", "coordinates"} or 1 not in array.shape else array.ravel()
        )
        for name, array in arrays.items()
    }


def _check_inflated(path: Path) -> None:
    """Count what the compressed variables unfold to, and check their checksums on the way."""
    left = allowed_bytes(path)
    with path.open("rb") as file:
        header = file.read(_MATLAB_HEADER)
        if header.startswith(b"\x89HDF") or header[:10] == b"MATLAB 7.3":
            raise damaged(path, "a .mat file saved with -v7", "one saved with -v7.3")
        order: Any = "little" if header[126:128] == b"IM" else "big"
        if header[124:128] not in {b"\x00\x01IM", b"\x01\x00MI"}:
            return  # the old version 4, which compresses nothing
        while len(tag := file.read(8)) == 8:
            kind, size = (int.from_bytes(part, order) for part in (tag[:4], tag[4:]))
            if kind != _MATLAB_COMPRESSED:
                file.seek(size, 1)
                continue
            inflate = zlib.decompressobj()
            while size > 0 and (data := file.read(min(size, _CHUNK))):
                size -= len(data)
                while data:
                    left -= len(inflate.decompress(data, _CHUNK))
                    data = inflate.unconsumed_tail
                    if left < 0:
                        raise damaged(path, f"at most {allowed_bytes(path)} bytes", "more")
            if not inflate.eof:
                raise damaged(path, "whole compressed variables", "one that is cut short")


READERS: dict[str, Callable[[Path], Arrays]] = {
    ".npz": read_npz,
    ".h5": _read_h5,
    ".mat": _read_mat,
    ".safetensors": _read_safetensors,
}
