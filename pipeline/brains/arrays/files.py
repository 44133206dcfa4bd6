"""The arrays of one .npz, .h5, .mat or .safetensors file, read once their sizes are checked.

Nothing in a file can run code: objects are refused before they are read. A file may unfold to
64 MiB and 100 times its own size, so zip and HDF5 bombs are refused by what they declare.

Damage shows in the checksums of .npz and of compressed .mat. An .h5, .safetensors or uncompressed
.mat file has none: there a flipped bit inside the numbers gives other numbers, and no error.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.arrays.streams import RESPONSES, SAFETENSORS
from pipeline.brains.formats.hdf5 import unfit_for_reading
from pipeline.brains.formats.limits import Declared, allowed_bytes, check_declared, damaged
from pipeline.brains.formats.matlab import MatFile, check_numeric, numeric_arrays
from pipeline.brains.formats.matlab.tags import CHAR, NUMERIC, Header
from pipeline.brains.formats.npz import npz_array, npz_members
from pipeline.errors import DataError

FieldArrays = dict[str, NDArray[Any]]

FIELDS = (RESPONSES, "rows", "coordinates")

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
    left_out : tuple of str
        What else the file holds beside the fields of the format: texts, cells, objects, unread.
    """

    path: Path
    responses: Declared | None
    others: FieldArrays
    left_out: tuple[str, ...] = ()


def is_field(name: str) -> bool:
    """Say whether a name is one of the format's, which must hold numbers."""
    return name in FIELDS or name.startswith("roi/")


def read_arrays(path: Path) -> ArrayFile:
    """Look over all arrays of a file, and read all but the responses.

    Parameters
    ----------
    path : Path
        Its suffix is one of READERS.

    Returns
    -------
    ArrayFile
        Numbers only: what holds none and has no name of the format is left out. In .h5, the
        datasets of group ``roi`` are named ``roi/<name>``; so are the variables ``roi_<name>`` of
        .mat, whose single rows and columns become vectors.

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
        left_out = _without_numbers({name: kind for name, (_, kind) in members.items()})
        for name in left_out:
            del members[name]
        check_declared(path, {name: declared for name, (_, declared) in members.items()})
        _, responses = members.pop(RESPONSES, (None, None))
        others = {name: npz_array(archive, info) for name, (info, _) in members.items()}
    return ArrayFile(path, responses, others, left_out)


def _without_numbers(declared: Mapping[str, Declared]) -> tuple[str, ...]:
    """List what holds no numbers and has no name of the format."""
    return tuple(
        name for name, array in declared.items() if array.kind not in "biuf" and not is_field(name)
    )


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
        left_out = tuple(name for name in file if _is_h5_text(file, name))
        datasets = dict(_h5_datasets(path, file, set(left_out)))
        declared = {
            name: Declared(dataset.shape, dataset.dtype.kind, dataset.dtype.itemsize)
            for name, dataset in datasets.items()
        }
        check_declared(path, declared)
        responses = declared.pop(RESPONSES, None)
        others = {name: np.asarray(datasets[name][()]) for name in declared}
    return ArrayFile(path, responses, others, left_out)


def _is_h5_text(file: Any, name: str) -> bool:
    """Say whether a member is a dataset of something else than numbers, of no name of ours."""
    import h5py

    if is_field(name) or not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return False
    member = file[name]
    return isinstance(member, h5py.Dataset) and member.dtype.kind not in "biuf"


def _h5_datasets(path: Path, file: Any, left_out: set[str]) -> Iterator[tuple[str, Any]]:
    """Walk the two levels that are read."""
    import h5py

    for outer in file:
        if outer in left_out:
            continue
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
        left_out = tuple(name for name in file.variables if _is_mat_text(file, name))
        headers = {
            name: variable.header
            for name, variable in file.variables.items()
            if name not in left_out
        }
        check_numeric(file, allowed_bytes(path), headers)
        named = [name for name in headers if name != RESPONSES]
        arrays = numeric_arrays(file, allowed_bytes(path), named)
    others = {
        f"roi/{name[4:]}" if name.startswith("roi_") else name: (
            array if name == "coordinates" or 1 not in array.shape else array.ravel()
        )
        for name, array in arrays.items()
    }
    return ArrayFile(path, _mat_declared(headers.get(RESPONSES)), others, left_out)


def _is_mat_text(file: MatFile, name: str) -> bool:
    """Say whether a variable holds something else than numbers, and is no field of the format.

    Of names with ``roi_`` only texts are passed over, such as ``roi_names``: cells of columns are
    regions in a form that is not read, and must not be missed silently.
    """
    header = file.variable(name).header
    if header.kind in NUMERIC or name in FIELDS:
        return False
    if not name.startswith("roi_") or header.kind == CHAR:
        return True
    value = file.value(name, allowed_bytes(file.path))
    return value.is_cell and all(cell.header.kind == CHAR for cell in value.cells())


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
