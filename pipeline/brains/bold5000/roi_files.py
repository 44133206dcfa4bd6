"""The ROI files of BOLD5000 release 1.0, .mat and .h5, looked over before anything is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.brains.bold5000.regions import matched_keys
from pipeline.brains.formats.hdf5 import array_blocks, unfit_for_reading
from pipeline.brains.formats.matlab import MatFile
from pipeline.errors import DataError, Problem, refuse

# Regions of the release have 51 to 697 voxels.
_MOST_VOXELS = 20_000
_MOST_CHUNK_BYTES = 2**28
_REMEDY = "Copy the file of the original release there again."


@dataclass(frozen=True)
class _Field:
    """What a file says of a field before it is read: its shape, and what it holds."""

    shape: tuple[int, ...]
    kind: str
    numbers: bool


@dataclass(frozen=True)
class RoiFile:
    """A checked ROI file, read one region at a time.

    Parameters
    ----------
    path : Path
    names : mapping of str to str
        Region in one hemisphere (``LHPPA``) -> its name in the file.
    n_trials : int
    n_voxels : mapping of str to int
        Region -> voxels.
    """

    path: Path
    names: Mapping[str, str]
    n_trials: int
    n_voxels: Mapping[str, int]

    def blocks(self, key: str) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """Read one region a few megabytes at a time.

        Yields
        ------
        int, int
            First trial and first voxel of the block.
        ndarray

        Raises
        ------
        DataError
            If the file is damaged there.
        """
        name = self.names[key]
        with _damage_named(f"{self.path}: {name}"):
            if self.path.suffix == ".mat":
                with MatFile(self.path) as file:
                    for first, block in file.blocks(name):
                        yield 0, first, block
            else:
                yield from _h5_blocks(self.path, name)


def roi_file(path: Path, n_trials: int) -> RoiFile:
    """Look over a ROI file: all regions there, of believable size, a row for each trial.

    Parameters
    ----------
    path : Path
        ``CSI{n}_ROIs_TR{...}.mat`` or ``.h5``.
    n_trials : int
        Lines of the subject's stimulus list.

    Raises
    ------
    DataError
        If the file is damaged, a region is missing, or one has another shape: all at once.
    """
    with _damage_named(str(path)):
        fields = _mat_fields(path) if path.suffix == ".mat" else _h5_fields(path)
    names = matched_keys(str(path), [name for name, _ in fields])
    by_name = dict(fields)
    refuse((p for n in names.values() for p in _problems(path, n, by_name[n], n_trials)), DataError)
    n_voxels = {key: by_name[name].shape[1] for key, name in names.items()}
    return RoiFile(path, names, n_trials, n_voxels)


def _problems(path: Path, name: str, field: _Field, n_trials: int) -> Iterator[Problem]:
    contents = f"{field.kind} of shape {field.shape}"
    if not field.numbers or len(field.shape) != 2:
        yield Problem(f"{path}: {name}", "numbers of shape (n_trials, n_voxels)", contents, _REMEDY)
    elif field.shape[0] != n_trials:
        yield Problem(
            f"{path}: {name}",
            f"a row for each of the {n_trials} trials of the stimulus list",
            contents,
            "Use the responses and the stimulus list of the same subject and release.",
        )
    elif not 1 <= field.shape[1] <= _MOST_VOXELS:
        yield Problem(f"{path}: {name}", f"from 1 to {_MOST_VOXELS} voxels", contents, _REMEDY)


class _damage_named:  # noqa: N801  (used like a function)
    """Turn whatever the libraries raise for damaged files into one DataError with the place."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, DataError):
            finding = f"{type(error).__name__}: {error}"
            raise DataError(Problem(self.where, "a whole file", finding, _REMEDY)) from error


def _mat_fields(path: Path) -> list[tuple[str, _Field]]:
    with MatFile(path) as file:
        headers = {name: variable.header for name, variable in file.variables.items()}
    return [
        (name, _Field(header.shape, header.class_name, header.holds_numbers))
        for name, header in headers.items()
    ]


def _h5_fields(path: Path) -> list[tuple[str, _Field]]:
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path, "r") as file:
        return [(name, _h5_field(file, name)) for name in file]


def _h5_field(file: Any, name: str) -> _Field:
    unfit = unfit_for_reading(file, name, _MOST_CHUNK_BYTES)
    if unfit:
        return _Field((), unfit, False)
    field = file[name]
    numbers = field.dtype.kind in "fiu" and field.dtype.itemsize <= 8
    return _Field(field.shape, str(field.dtype), numbers)


def _h5_blocks(path: Path, name: str) -> Iterator[tuple[int, int, NDArray[Any]]]:
    import h5py

    with h5py.File(path, "r") as file:
        yield from array_blocks(file[name])
