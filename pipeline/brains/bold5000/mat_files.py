"""Arrays of numbers in MATLAB 5 files, read with every length checked.

SciPy reads these files too, but a damaged type number makes it read outside its memory and the
whole process dies; and it inflates whatever a compressed variable holds.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_MATRIX, _COMPRESSED = 14, 15
_STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_CLASSES = dict(
    enumerate(["cell", "struct", "object", "char", "sparse", "double", "single"], start=1)
) | {8 + place: f"{sign}int{8 << place // 2}" for place, sign in enumerate(("", "u") * 4)}
_FIRST_NUMBERS = 6
_COMPLEX = 0x800


@dataclass(frozen=True)
class MatField:
    """One variable of a file, before its numbers are read.

    Parameters
    ----------
    name, kind : str
        Its name, and its class as MATLAB calls it.
    shape : tuple of int
    numbers : bool
        Whether it is a full array of real numbers.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    numbers: bool
    start: int


class _Element:
    """The bytes of one variable, inflated as far as asked for and no further."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        file.seek(start)
        self.order = ""
        self._file = file
        self._inflater: Any = None
        self._waiting = b""
        self._left = 8

    def open(self, order: str) -> int:
        """Read the outer tag; return the bytes of the matrix in it."""
        self.order = order
        kind, self._left = np.frombuffer(self.read(8), f"{order}u4").tolist()
        if kind == _COMPRESSED:
            self._inflater = zlib.decompressobj()
            kind, n_bytes = np.frombuffer(self.read(8), f"{order}u4").tolist()
        else:
            n_bytes = self._left
        if kind != _MATRIX:
            raise ValueError(f"type {kind} where a matrix should be")
        return int(n_bytes)

    def read(self, n_bytes: int) -> bytearray:
        """Read exactly so many bytes."""
        read = bytearray()
        while len(read) < n_bytes:
            piece = self._piece(n_bytes - len(read))
            if not piece:
                raise EOFError("a variable ends early")
            read += piece
        return read

    def tagged(self) -> tuple[int, int, bytes]:
        """Read the tag of a part: its type, its bytes, and its content if that is in the tag."""
        tag = bytes(self.read(8))
        first, second = np.frombuffer(tag, f"{self.order}u4").tolist()
        if first >> 16:
            return first & 0xFFFF, min(first >> 16, 4), tag[4 : 4 + min(first >> 16, 4)]
        return first, second, b""

    def small(self, most: int = 256) -> tuple[int, bytes]:
        """Read a short part with its padding: its type and its content."""
        kind, n_bytes, content = self.tagged()
        if n_bytes > most:
            raise ValueError(f"a part of {n_bytes} bytes where at most {most} can be")
        if content or not n_bytes:
            return kind, content
        return kind, bytes(self.read(n_bytes + -n_bytes % 8)[:n_bytes])

    def finish(self) -> None:
        """Read the padding, and the checksum of a compressed variable."""
        while self._inflater is not None and not self._inflater.eof:
            if len(self._piece(8)) == 8 or (not self._left and not self._inflater.eof):
                raise ValueError("a compressed variable that does not end where it should")

    def _piece(self, most: int) -> bytes:
        if self._inflater is None:
            piece = self._file.read(min(most, self._left))
            self._left -= len(piece)
            return piece
        while True:
            piece = self._inflater.decompress(self._waiting, most)
            self._waiting = self._inflater.unconsumed_tail
            if piece or self._inflater.eof:
                return bytes(piece)
            if not self._waiting:
                self._waiting = self._file.read(min(self._left, 2**16))
                self._left -= len(self._waiting)
                if not self._waiting:
                    return b""


def mat_fields(path: Path) -> list[MatField]:
    """List the variables of a file.

    Raises
    ------
    ValueError, EOFError, zlib.error
        If the file is damaged or is of another version.
    """
    fields = []
    with path.open("rb") as file:
        order, size, start = _order(file), path.stat().st_size, 128
        while start < size:
            file.seek(start)
            tag = file.read(8)
            if len(tag) < 8 or start + 8 + int(np.frombuffer(tag, f"{order}u4")[1]) > size:
                raise EOFError("the file ends within a variable")
            fields.append(_field(_Element(file, start), order, start))
            start += 8 + int(np.frombuffer(tag, f"{order}u4")[1])
    return fields


def read_mat(path: Path, field: MatField) -> NDArray[Any]:
    """Read one variable in the shape that the field says.

    Raises
    ------
    ValueError, EOFError, zlib.error
        If the file is damaged there.
    """
    with path.open("rb") as file:
        order = _order(file)
        element = _Element(file, field.start)
        if _field(element, order, field.start) != field:
            raise ValueError("the file changed while it was read")
        stored, n_bytes, content = element.tagged()
        dtype = np.dtype(order + _STORED[stored]) if stored in _STORED else None
        if dtype is None or n_bytes != int(np.prod(field.shape, dtype=object)) * dtype.itemsize:
            raise ValueError(f"{n_bytes} bytes of type {stored} for shape {field.shape}")
        values = np.frombuffer(content or element.read(n_bytes), dtype)
        element.finish()
    return values.reshape(field.shape, order="F")


def _order(file: IO[bytes]) -> str:
    mark = file.read(128)[124:128]
    orders = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}
    if mark not in orders:
        raise ValueError("no file of MATLAB version 5 to 7.2")
    return orders[mark]


def _field(element: _Element, order: str, start: int) -> MatField:
    element.open(order)
    _, flags = element.small()
    if len(flags) != 8:
        raise ValueError(f"{len(flags)} bytes of flags where 8 should be")
    flag = int(np.frombuffer(flags, f"{order}u4")[0])
    kind = flag & 0xFF
    if kind not in _CLASSES:
        return MatField("", f"class {kind}", (), False, start)
    stored, dims = element.small()
    if stored != 5 or len(dims) % 4 or len(dims) < 8:
        raise ValueError(f"{len(dims)} bytes of type {stored} for the dimensions")
    shape = tuple(np.frombuffer(dims, f"{order}i4").tolist())
    _, name = element.small()
    numbers = kind >= _FIRST_NUMBERS and not flag & _COMPLEX and min(shape) >= 0
    return MatField(name.decode("latin-1"), _CLASSES[kind], shape, numbers, start)
