"""Read arrays of numbers from a MATLAB file of version 5 to 7.

Written out here because a damaged file can crash the interpreter inside ``scipy.io.loadmat``
(seen with scipy 1.17.1); every length below is checked against the bytes that there are. The
format: "MAT-File Format", MathWorks, 2019, level 5.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.array_limits import Declared, allowed_bytes, check_declared, damaged

Order = Literal["little", "big"]

_CHUNK = 1 << 20
_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_COMPLEX, _LOGICAL = 0x08, 0x02
# Types of the numbers in a file; the classes of arrays that hold nothing but numbers.
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
_TYPES |= {12: "i8", 13: "u8"}
_CLASSES = range(6, 16)


@dataclass(frozen=True)
class _Element:
    kind: int
    data: memoryview
    end: int


def read_mat(path: Path) -> dict[str, NDArray[Any]]:
    """Read all variables, logical ones as boolean.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to ndarray
        At least two-dimensional, in the order of MATLAB's memory; not writeable.

    Raises
    ------
    DataError
        A variable that holds no numbers or more than the file can honestly hold; a file of
        version 4 or 7.3.
    ValueError, zlib.error
        A file that is cut short or damaged. The checksums of compressed variables are checked.
    """
    arrays: dict[str, NDArray[Any]] = {}
    with path.open("rb") as file:
        order = _byte_order(path, file.read(_HEADER))
        for variable in _variables(path, file, order):
            name, array = _array(path, variable, order)
            if name in arrays:
                raise damaged(path, "every variable once", f"two of the name {name}")
            arrays[name] = array
    return arrays


def _byte_order(path: Path, header: bytes) -> Order:
    if header.startswith((b"\x89HDF", b"MATLAB 7.3")):
        raise damaged(path, "a .mat file saved with -v7", "one saved with -v7.3")
    orders: dict[bytes, Order] = {b"\x00\x01IM": "little", b"\x01\x00MI": "big"}
    if header[124:] not in orders:
        raise damaged(path, "a whole .mat file saved with -v7", "no header of that version")
    return orders[header[124:]]


def _variables(path: Path, file: IO[bytes], order: Order) -> Iterator[memoryview]:
    """Yield the content of each variable, unfolded to no more than is allowed in all."""
    left = allowed_bytes(path)
    while tag := file.read(8):
        kind, size = (int.from_bytes(part, order) for part in (tag[:4], tag[4:]))
        if len(tag) < 8 or size > path.stat().st_size - file.tell():
            raise ValueError(f"a variable of {size} bytes goes beyond the end of the file")
        if kind == _COMPRESSED:
            content = _inflated(path, file, size, left)
            left -= len(content)
            element = _element(memoryview(content), 0, order)
            kind, data = element.kind, element.data
        else:
            data = memoryview(file.read(size))
        if kind != _MATRIX:
            raise ValueError(f"an element of type {kind} where variables are expected")
        yield data


def _inflated(path: Path, file: IO[bytes], size: int, most: int) -> bytearray:
    inflate = zlib.decompressobj()
    content = bytearray()
    while size > 0:
        data = file.read(min(size, _CHUNK))
        size -= len(data)
        while data and not inflate.eof:
            content += inflate.decompress(data, _CHUNK)
            data = inflate.unconsumed_tail
            if len(content) > most:
                raise damaged(path, f"at most {allowed_bytes(path)} bytes unfolded", "more")
    content += inflate.flush()
    if not inflate.eof:
        raise ValueError("a compressed variable is cut short")
    return content


def _element(buffer: memoryview, start: int, order: Order) -> _Element:
    """Read the element at ``start``; those of up to 4 bytes share the 8 bytes of their tag."""
    tag = buffer[start : start + 8]
    if len(tag) < 8:
        raise ValueError("an element goes beyond the end of its variable")
    first, size = (int.from_bytes(part, order) for part in (tag[:4], tag[4:]))
    if first >> 16:
        if first >> 16 > 4:
            raise ValueError(f"a small element of {first >> 16} bytes")
        return _Element(first & 0xFFFF, tag[4 : 4 + (first >> 16)], start + 8)
    data = buffer[start + 8 : start + 8 + size]
    if len(data) < size:
        raise ValueError(f"an element of {size} bytes goes beyond the end of its variable")
    return _Element(first, data, start + 8 + size + -size % 8)


def _array(path: Path, variable: memoryview, order: Order) -> tuple[str, NDArray[Any]]:
    flags = _element(variable, 0, order)
    dimensions = _element(variable, flags.end, order)
    named = _element(variable, dimensions.end, order)
    if (flags.kind, len(flags.data), dimensions.kind, named.kind) != (6, 8, 5, 1):
        raise ValueError("a variable without flags, dimensions and name")
    name = bytes(named.data).decode("ascii")
    first = int.from_bytes(flags.data[:4], order)
    kind = "f" if first & 0xFF in _CLASSES and not (first >> 8) & _COMPLEX else "O"
    shape = tuple(np.frombuffer(dimensions.data, _dtype(5, order)).tolist())
    check_declared(path, {name: Declared(shape, kind, 1)})
    numbers = _element(variable, named.end, order)
    if numbers.kind not in _TYPES or numbers.end < len(variable):
        raise ValueError(f"{name} holds numbers of type {numbers.kind}, or more than numbers")
    flat = np.frombuffer(numbers.data, _dtype(numbers.kind, order))
    if len(flat) != math.prod(shape):
        raise ValueError(f"{name} holds {len(flat)} numbers for a shape of {shape}")
    array = flat.reshape(shape, order="F")
    return name, array.astype(bool) if (first >> 8) & _LOGICAL else array


def _dtype(kind: int, order: Order) -> np.dtype[Any]:
    return np.dtype(_TYPES[kind]).newbyteorder("<" if order == "little" else ">")
