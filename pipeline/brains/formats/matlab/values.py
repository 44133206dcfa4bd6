"""Values inside a MATLAB 5 file, each bounded by the bytes it stands in.

Written out here, and compared with scipy in the tests, because files come from anywhere: scipy's
reader follows whatever sizes a file declares, which a damaged or hostile file turns into
gigabytes, endless loops or tracebacks. Here a value is looked at only when it is asked for, and a
size that does not fit the bytes around it is refused with the field named.

Source: MathWorks, MAT-File Format, version 5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.matlab.tags import (
    MATRIX,
    Header,
    read_header,
    read_tag,
    refuse_field,
    stored_type,
)

_CELL, _STRUCT, _CHAR = 1, 2, 4
_MAX_MEMBERS, _MAX_WRAPPING = 1_000_000, 3


@dataclass(frozen=True)
class MatValue:
    """One value of a file, read when asked for.

    Parameters
    ----------
    where : str
        File and field, for the messages.
    order : '<' or '>'
        Byte order of the file.
    header : Header
    data : memoryview of bytes
        The value from its header on.
    """

    where: str
    order: str
    header: Header
    data: memoryview

    @classmethod
    def parse(cls, where: str, order: str, data: memoryview) -> MatValue:
        """Read the header; an element of no bytes is an empty array, as MATLAB writes it."""
        if len(data) == 0:
            return cls(where, order, Header(6, False, False, (0, 0), "", 0), data)
        return cls(where, order, read_header(where, order, data), data)

    def numbers(self) -> NDArray[Any]:
        """Return real numbers as stored, in the shape declared.

        Raises
        ------
        DataError
            For any other class, complex numbers, and sizes that do not fit.
        """
        if not self.header.holds_numbers:
            refuse_field(self.where, "real numbers", self.header.described)
        if len(self.data) == 0:
            return np.zeros((0, 0))
        tag = read_tag(self.where, self.order, self.data, self.header.end)
        stored = stored_type(self.where, self.order, tag)
        if math.prod(self.header.shape) * stored.itemsize != tag.size:
            expected = f"{math.prod(self.header.shape)} numbers for shape {self.header.shape}"
            refuse_field(self.where, expected, f"{tag.size} bytes of {stored.name}")
        flat = np.frombuffer(self.data, stored, math.prod(self.header.shape), tag.start)
        try:
            return flat.reshape(self.header.shape, order="F")
        except ValueError as error:  # no numbers at all, and yet too many for numpy to count
            refuse_field(self.where, "a shape that can be", f"{self.header.shape}: {error}")

    @property
    def is_cell(self) -> bool:
        """Say whether this is a cell array."""
        return self.header.kind == _CELL

    def cells(self) -> list[MatValue]:
        """Return the members of a cell array in column order; any other value counts as one."""
        if self.header.kind != _CELL:
            return [self]
        count = math.prod(self.header.shape)
        if count > min(_MAX_MEMBERS, len(self.data) // 8):
            refuse_field(self.where, "cells that fit their bytes", self.header.described)
        return [
            MatValue.parse(f"{self.where}{{{number}}}", self.order, member)
            for number, member in enumerate(self._members(self.header.end, count), start=1)
        ]

    def text(self) -> str:
        """Return one line of text, from however many single cells it is wrapped in."""
        value = self
        for _ in range(_MAX_WRAPPING):
            if value.header.kind != _CELL or math.prod(value.header.shape) != 1:
                break
            value = value.cells()[0]
        if value.header.kind != _CHAR or min(value.header.shape) > 1:
            refuse_field(self.where, "one line of text", value.header.described)
        tag = read_tag(value.where, self.order, value.data, value.header.end)
        content = bytes(value.data[tag.start : tag.start + tag.size])
        wide = {4: "utf-16", 17: "utf-16", 18: "utf-32"}.get(tag.kind)
        coding = wide + ("-le" if self.order == "<" else "-be") if wide else "utf-8"
        try:
            return content.decode(coding)
        except UnicodeDecodeError as error:
            refuse_field(self.where, f"text in {coding}", str(error))

    def fields(self) -> dict[str, MatValue]:
        """Return the fields of a single struct.

        Raises
        ------
        DataError
            If it is no struct, or an array of several.
        """
        if self.header.kind != _STRUCT or math.prod(self.header.shape) != 1:
            refuse_field(self.where, "a single struct", self.header.described)
        width = read_tag(self.where, self.order, self.data, self.header.end)
        if width.size != 4:
            refuse_field(self.where, "4 bytes of field name length", f"{width.size}")
        length = int(np.frombuffer(self.data, f"{self.order}i4", 1, width.start)[0])
        names = read_tag(self.where, self.order, self.data, width.end)
        if length < 1 or names.size % length or names.size // length > 10_000:
            refuse_field(self.where, "field names", f"{names.size} bytes in lengths of {length}")
        raw = bytes(self.data[names.start : names.start + names.size])
        listed = [raw[at : at + length] for at in range(0, len(raw), length)]
        keys = [name.split(b"\0")[0].decode("ascii", "replace") for name in listed]
        members = self._members(names.end, len(keys))
        return {
            key: MatValue.parse(f"{self.where}.{key}", self.order, member)
            for key, member in zip(keys, members, strict=True)
        }

    def _members(self, at: int, count: int) -> Iterator[memoryview]:
        for _ in range(count):
            tag = read_tag(self.where, self.order, self.data, at)
            if tag.kind != MATRIX:
                refuse_field(self.where, "MATLAB values", f"storage type {tag.kind} at byte {at}")
            yield self.data[tag.start : tag.start + tag.size]
            at = tag.end
