"""NIfTI files: what their headers say, checked before volumes are read one at a time.

Single files .nii and .nii.gz, NIfTI-1 and NIfTI-2. A .nii.gz carries a checksum, so any damage to
what it holds is found; in a plain .nii damage to the responses themselves is not.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.nifti.space import VolumeSpace
from pipeline.errors import DataError, Problem, refuse

_HEADER_BYTES = {348: "Nifti1Header", 540: "Nifti2Header"}
_MOST_VOXELS = 50_000_000
_MOST_BYTES = 2**35
_MOST_OFFSET = 2**24
_MOST_DEFLATED = 1032  # times smaller a .gz can be than what it holds
_OTHER_UNITS = {1: "metres", 3: "micrometres"}
_CIFTI_CODES = range(3000, 3100)
_CIFTI_NAMES = ("dscalar", "dtseries", "dlabel", "dconn", "pscalar", "ptseries", "plabel", "pconn")
_REMEDY = "Copy the original file there again."
SURFACE_REMEDY = (
    "Write the numbers into the brain arrays, a column a vertex or grayordinate; or take the "
    "voxels out of CIFTI with wb_command -cifti-separate … COLUMN -volume-all."
)


@dataclass(frozen=True)
class Volumes:
    """One NIfTI file whose header has been checked.

    Parameters
    ----------
    path : Path
    space : VolumeSpace
    n_volumes : int
    dtype : numpy.dtype
        As stored.
    offset : int
        Byte of the uncompressed file where the first volume begins.
    slope, intercept : float
        From stored numbers to values.
    """

    path: Path
    space: VolumeSpace
    n_volumes: int
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float

    def read(self, voxels: NDArray[np.int64] | None = None) -> Iterator[NDArray[np.floating]]:
        """Read one volume after another, and the checksum at the end.

        Parameters
        ----------
        voxels : ndarray of int64, shape (n_voxels,), optional
            Positions as in :meth:`VolumeSpace.coordinates`; by default all.

        Yields
        ------
        ndarray of float64, shape (n_voxels,)

        Raises
        ------
        DataError
            If the file is cut short, longer than its header says, or damaged.
        """
        size = int(np.prod(self.space.shape, dtype=np.int64))
        try:
            with _opened(self.path) as file:
                file.seek(self.offset)
                for _ in range(self.n_volumes):
                    stored = np.frombuffer(_exactly(file, size * self.dtype.itemsize), self.dtype)
                    selection = stored if voxels is None else stored[voxels]
                    with np.errstate(over="ignore", invalid="ignore"):
                        yield selection.astype(np.float64) * self.slope + self.intercept
                if file.read(1):
                    raise ValueError(f"more bytes than {self.n_volumes} volumes")
        except DataError:
            raise
        except Exception as error:  # gzip, zlib and struct each raise their own kinds
            raise _damaged(self.path, error) from error


def open_volumes(path: Path) -> Volumes:
    """Check the header of a NIfTI file.

    Raises
    ------
    DataError
        If the file is missing or cut short, is no NIfTI, or its header asks for what cannot be:
        more bytes than the file can hold, no real numbers, a flat or broken affine.
    """
    if not path.is_file():
        raise DataError(Problem(str(path), "this NIfTI file", "no such file", _REMEDY))
    if not path.name.endswith((".nii", ".nii.gz")):
        raise DataError(Problem(str(path), "a single .nii or .nii.gz", path.name, _REMEDY))
    try:
        volumes = _from_header(path, _header(path))
    except DataError:
        raise
    except Exception as error:  # nibabel, gzip and struct each raise their own kinds
        raise _damaged(path, error) from error
    refuse(_problems(volumes), DataError)
    return volumes


def require_same_space(first: Volumes, other: Volumes) -> None:
    """Refuse two files that lie on different grids, naming both.

    Raises
    ------
    DataError
    """
    if not first.space.same_as(other.space):
        raise DataError(
            Problem(
                str(other.path),
                f"the space of {first.path}, {first.space}",
                str(other.space),
                "Resample the mask to the grid of the responses, or use the masks made for them.",
            )
        )


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path) if path.suffix == ".gz" else path.open("rb"))


def _exactly(file: IO[bytes], n_bytes: int) -> bytes:
    read = file.read(n_bytes)
    if len(read) < n_bytes:
        raise EOFError("the file ends early")
    return read


def _header(path: Path) -> Any:
    import nibabel

    with _opened(path) as file:
        begin = _exactly(file, 4)
        size = next(
            (s for order in "<>" if (s := struct.unpack(f"{order}i", begin)[0]) in _HEADER_BYTES), 0
        )
        if not size:
            raise ValueError("no header of NIfTI-1 or NIfTI-2")
        block = begin + _exactly(file, size - 4)
    magic = block[344:348] if size == 348 else block[4:8]
    if magic not in {b"n+1\0", b"n+2\0"}:
        raise DataError(
            Problem(
                str(path),
                "a single NIfTI file, n+1 or n+2",
                f"{magic!r}, as in a pair .hdr and .img or in Analyze",
                "Convert it: nibabel.save(nibabel.load('x.hdr'), 'x.nii.gz').",
            )
        )
    return getattr(nibabel, _HEADER_BYTES[size])(block, check=False)


def _from_header(path: Path, header: Any) -> Volumes:
    declared = tuple(int(n) for n in header.get_data_shape())
    refuse(_cifti(path, header), DataError)
    # AFNI and others write (x, y, z, 1, t): axes of one step beyond space say nothing
    shape = (*declared[:3], *(n for n in declared[3:] if n != 1))
    if len(shape) not in {3, 4} or min(shape) < 1:
        expected = "three axes of space, and at most one more that is longer than 1"
        remedy = "Save one volume a trial, along the fourth axis."
        raise DataError(Problem(f"{path}: dim", expected, f"shape {declared}", remedy))
    unit = _OTHER_UNITS.get(int(header["xyzt_units"]) & 7)
    if unit:
        remedy = "Save the file with millimetres."
        raise DataError(Problem(f"{path}: xyzt_units", "millimetres", unit, remedy))
    slope, intercept = header.get_slope_inter()
    affine = np.asarray(header.get_best_affine(), dtype=np.float64)
    return Volumes(
        path=path,
        space=VolumeSpace(cast("tuple[int, int, int]", shape[:3]), affine),
        n_volumes=shape[3] if len(shape) == 4 else 1,
        dtype=header.get_data_dtype(),
        offset=int(header.get_data_offset()),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
    )


def _cifti(path: Path, header: Any) -> Iterator[Problem]:
    """Find a file that is CIFTI-2, whose numbers stand for places that a header of NIfTI lacks."""
    code = int(header["intent_code"])
    kind = next((name for name in _CIFTI_NAMES if path.name.endswith(f".{name}.nii")), "")
    if code in _CIFTI_CODES or kind:
        yield Problem(
            str(path),
            "a NIfTI volume",
            f"CIFTI{f' ({kind})' if kind else ''}: grayordinates of surfaces and subcortex",
            SURFACE_REMEDY,
        )


def _problems(volumes: Volumes) -> Iterator[Problem]:
    path, affine = volumes.path, volumes.space.affine
    if volumes.dtype.kind not in "fiu" or volumes.dtype.itemsize > 8:
        remedy = "Save real numbers, such as float32; of complex ones the magnitude."
        yield Problem(f"{path}: datatype", "real numbers", str(volumes.dtype), remedy)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        remedy = "Save the file with the affine of the images that it was made from."
        yield Problem(f"{path}: affine", "three axes in space", str(volumes.space), remedy)
    if not 348 <= volumes.offset <= _MOST_OFFSET:
        expected = f"348 to {_MOST_OFFSET}"
        yield Problem(f"{path}: vox_offset", expected, f"{volumes.offset}", _REMEDY)
    per_volume = int(np.prod([int(n) for n in volumes.space.shape], dtype=object))
    if per_volume > _MOST_VOXELS:
        expected = f"at most {_MOST_VOXELS} voxels in a volume"
        yield Problem(f"{path}: dim", expected, f"shape {volumes.space.shape}", _REMEDY)
    there = path.stat().st_size * (_MOST_DEFLATED if path.suffix == ".gz" else 1)
    declared = volumes.offset + per_volume * volumes.n_volumes * volumes.dtype.itemsize
    if declared > min(there, _MOST_BYTES):
        yield Problem(
            f"{path}: dim",
            f"at most {min(there, _MOST_BYTES)} bytes, as the file can hold",
            f"{volumes.n_volumes} volumes of shape {volumes.space.shape}, {declared} bytes",
            _REMEDY,
        )


def _damaged(path: Path, error: Exception) -> DataError:
    finding = f"{type(error).__name__}: {error}"
    return DataError(Problem(str(path), "a whole NIfTI file", finding, _REMEDY))
