"""Tags and headers of a MATLAB 5 file: where values stand, and what they declare to be.

Source: MathWorks, MAT-File Format, version 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from pipeline.errors import DataError, Problem

REMEDY = "Unpack the original archive again; files of your own: save with MATLAB's -v7."
MATRIX, COMPRESSED = 14, 15
CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single",
    8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64",
    15: "uint64", 16: "function", 17: "opaque",
}  # fmt: skip
# How numbers are stored: MATLAB packs whole numbers into the smallest type that holds them.
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8",
           12: "i8", 13: "u8"}  # fmt: skip
_MAX_DIMENSIONS = 8
CHAR = 4
#: Classes whose numbers are read, or refused where they are sparse.
NUMERIC = range(5, 16)
_OPAQUE, _COMPLEX, _LOGICAL = 17, 0x800, 0x200


@dataclass(frozen=True)
class Tag:
    """Type and place of a run of bytes: ``start`` to ``start + size``, the next tag at ``end``."""

    kind: int
    start: int
    size: int
    end: int


@dataclass(frozen=True)
class Header:
    """Class, shape and name of a variable; its data begin at ``end``."""

    kind: int
    is_complex: bool
    is_logical: bool
    shape: tuple[int, ...]
    name: str
    end: int

    @property
    def holds_numbers(self) -> bool:
        """Say whether it is a full array of real numbers (or truth values)."""
        return 6 <= self.kind <= 15 and not self.is_complex

    @property
    def class_name(self) -> str:
        """Class as MATLAB calls it."""
        return CLASSES.get(self.kind, f"class {self.kind}")

    @property
    def described(self) -> str:
        """Class and shape in words."""
        return f"{'complex ' * self.is_complex}{self.class_name} of shape {self.shape}"


def refuse_field(where: str, expected: str, finding: str) -> NoReturn:
    """Raise the one kind of error this package raises: file and field, expected, found."""
    raise DataError(Problem(where, expected, finding, REMEDY))


def read_tag(where: str, order: str, data: memoryview, at: int) -> Tag:
    """Read the tag at ``at`` and check that its bytes lie within ``data``.

    Parameters
    ----------
    where : str
        File and field, for the messages.
    order : '<' or '>'
        Byte order of the file.
    data : memoryview of bytes
    at : int

    Raises
    ------
    DataError
        If ``data`` ends before the bytes of the tag do.
    """
    if at + 8 > len(data):
        refuse_field(where, "a whole MATLAB value", f"{len(data)} bytes, cut at byte {at}")
    first, second = (int(n) for n in np.frombuffer(data, f"{order}u4", 2, at))
    if first >> 16:  # a small one: size, type and up to 4 bytes in 8
        tag = Tag(first & 0xFFFF, at + 4, first >> 16, at + 8)
        if tag.size > 4:
            refuse_field(where, "at most 4 bytes in a small MATLAB value", f"{tag.size}")
        return tag
    end = at + 8 + second
    if end > len(data):
        refuse_field(where, f"{second} bytes at byte {at + 8}", f"only {len(data) - at - 8}")
    padded = end if first in (MATRIX, COMPRESSED) else end + -second % 8
    return Tag(first, at + 8, second, padded)


def stored_type(where: str, order: str, tag: Tag) -> np.dtype[Any]:
    """Return the type in which a run of numbers is stored."""
    if tag.kind not in _STORED:
        refuse_field(where, "numbers", f"values of storage type {tag.kind}")
    return np.dtype(order + _STORED[tag.kind])


def read_header(where: str, order: str, data: memoryview) -> Header:
    """Read class, shape and name from the first bytes of a variable."""
    flags = read_tag(where, order, data, 0)
    if flags.size != 8:
        refuse_field(where, "8 bytes of array flags", f"{flags.size}")
    flag = int(np.frombuffer(data, f"{order}u4", 1, flags.start)[0])
    kind, is_complex, is_logical = flag & 0xFF, bool(flag & _COMPLEX), bool(flag & _LOGICAL)
    if kind == _OPAQUE:  # these have no shape
        name = read_tag(where, order, data, flags.end)
        return Header(kind, is_complex, is_logical, (), _text(data, name), name.end)
    sizes = read_tag(where, order, data, flags.end)
    if sizes.size % 4 or not 2 <= sizes.size // 4 <= _MAX_DIMENSIONS:
        refuse_field(where, "2 to 8 dimensions", f"{sizes.size} bytes of dimensions")
    shape = tuple(int(n) for n in np.frombuffer(data, f"{order}i4", sizes.size // 4, sizes.start))
    if min(shape) < 0:
        refuse_field(where, "sizes from 0", f"shape {shape}")
    name = read_tag(where, order, data, sizes.end)
    return Header(kind, is_complex, is_logical, shape, _text(data, name), name.end)


def _text(data: memoryview, name: Tag) -> str:
    return bytes(data[name.start : name.start + name.size]).decode("ascii", "replace")
