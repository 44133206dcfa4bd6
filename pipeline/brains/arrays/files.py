"""Read the arrays of one .npz, .h5, .mat or .safetensors file, sizes checked first.

Nothing in a file can run code: objects are refused before they are read. A file may unfold to
64 MiB and 100 times its own size, so zip and HDF5 bombs are refused by what they declare.

Damage shows in the checksums of .npz and of compressed .mat. An .h5, .safetensors or uncompressed
.mat file has none: there a flipped bit inside the numbers gives other numbers, and no error.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.arrays.streams import RESPONSES, SAFETENSORS
from pipeline.brains.formats.hdf5 import unfit_for_reading
from pipeline.brains.formats.limits import (
    Declared,
    allowed_bytes,
    check_declared,
    damaged,
)
from pipeline.brains.formats.matlab import MatFile, check_numeric, numeric_arrays
from pipeline.brains.formats.matlab.tags import Header
from pipeline.brains.formats.npz import npz_array, npz_members
from pipeline.errors import DataError

Arrays = dict[str, NDArray[Any]]

# What is no number has a kind that check_declared refuses.
_OTHER = ("O", 8)


@dataclass(frozen=True)
class ArrayFile:
    """What one file of arrays holds; its responses are still to be read, see ``streams``.

    Parameters
    ----------
    path : Path
    responses : Declared, optional
        What the file says of its array ``responses``; None: it has none.
    others : dict of str to ndarray
        All other arrays.
    """

    path: Path
    responses: Declared | None
    others: Arrays


def read_arrays(path: Path) -> ArrayFile:
    """Look over all arrays of a file, and read all but the responses.

    Parameters
    ----------
    path : Path
        Its suffix is one of READERS.

    Returns
    -------
    ArrayFile
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


def _read_npz(path: Path) -> ArrayFile:
    with zipfile.ZipFile(path) as archive:
        members = npz_members(path, archive)
        _, responses = members.pop(RESPONSES, (None, None))
        others = {name: npz_array(archive, info) for name, (info, _) in members.items()}
    return ArrayFile(path, responses, others)


def _read_safetensors(path: Path) -> ArrayFile:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        views = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        declared = {
            name: Declared(tuple(view.get_shape()), *SAFETENSORS.get(view.get_dtype(), _OTHER))
            for name, view in views.items()
        }
        check_declared(path, declared)
        responses = declared.pop(RESPONSES, None)
        return ArrayFile(path, responses, {name: file.get_tensor(name) for name in declared})


def _read_h5(path: Path) -> ArrayFile:
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path, "r") as file:
        found = dict(_h5_datasets(path, file))
        declared = {
            name: Declared(dataset.shape, dataset.dtype.kind, dataset.dtype.itemsize)
            for name, dataset in found.items()
        }
        check_declared(path, declared)
        responses = declared.pop(RESPONSES, None)
        return ArrayFile(path, responses, {name: np.asarray(found[name][()]) for name in declared})


def _h5_datasets(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    """Walk the two levels that are read."""
    import h5py

    for outer in file:
        names = [outer]
        if isinstance(file.get(outer, getlink=True), h5py.HardLink):
            group: Any = file[outer]
            if outer == "roi" and isinstance(group, h5py.Group):
                names = [f"roi/{inner}" for inner in group]
        for name in names:
            unfit = unfit_for_reading(file, name, allowed_bytes(path))
            if unfit:
                raise damaged(path, f"{name} to be a whole dataset of this file", unfit)
            yield name, file[name]


def _read_mat(path: Path) -> ArrayFile:
    with MatFile(path) as file:
        check_numeric(file, allowed_bytes(path), file.variables)
        headers = {name: variable.header for name, variable in file.variables.items()}
        named = [name for name in headers if name != RESPONSES]
        arrays = numeric_arrays(file, allowed_bytes(path), named)
    others = {
        f"roi/{name[4:]}" if name.startswith("roi_") else name: (
            array if name == "coordinates" or 1 not in array.shape else array.ravel()
        )
        for name, array in arrays.items()
    }
    return ArrayFile(path, _mat_declared(headers.get(RESPONSES)), others)


def _mat_declared(header: Header | None) -> Declared | None:
    if header is None:
        return None
    words = {"double": "float64", "single": "float32"}
    dtype = np.dtype(
        "bool" if header.is_logical else words.get(header.class_name) or header.class_name
    )
    return Declared(header.shape, dtype.kind, dtype.itemsize)


READERS: dict[str, Callable[[Path], ArrayFile]] = {
    ".npz": _read_npz,
    ".h5": _read_h5,
    ".mat": _read_mat,
    ".safetensors": _read_safetensors,
}
