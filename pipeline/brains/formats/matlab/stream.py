"""Variables of a MATLAB 5 file: small ones are read whole, large ones a few columns at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.formats.matlab.tags import (
    COMPRESSED,
    MATRIX,
    Header,
    Tag,
    read_header,
    refuse_field,
    stored_type,
)
from pipeline.brains.formats.matlab.values import MatValue
from pipeline.brains.formats.matlab.variable_bytes import VariableBytes

_MAX_VARIABLES = 100_000
_HEADER_BYTES = 512
_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True)
class Variable:
    """Where a variable lies; ``size`` counts its bytes once decompressed."""

    header: Header
    position: int
    size: int
    stored: int
    compressed: bool


class MatFile:
    """A MATLAB 5 file open for reading.

    Raises
    ------
    DataError
        If it is no such file, cut short, or its variables cannot be found.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            refuse_field(str(path), "a readable file", f"{type(error).__name__}: {error.strerror}")
        try:
            self._order = self._byte_order()
            self.variables: Mapping[str, Variable] = self._scan()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> MatFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def value(self, name: str, most: int) -> MatValue:
        """Read a variable of at most ``most`` bytes.

        Raises
        ------
        DataError
            If it is missing, larger (nothing is read then) or damaged.
        """
        variable, where = self.variable(name), f"{self.path}: {name}"
        if variable.size > most:
            refuse_field(where, f"at most {most:,} bytes", f"{variable.size:,} declared")
        data = self._open(where, variable)
        content = data.read(variable.size)
        data.finish()
        return MatValue.parse(where, self._order, memoryview(content))

    def variable(self, name: str) -> Variable:
        """Return where a variable lies, or refuse, naming those there are."""
        if name not in self.variables:
            refuse_field(
                f"{self.path}: {name}", "this variable", ", ".join(self.variables) or "none"
            )
        return self.variables[name]

    def columns(
        self,
        name: str,
        selection: NDArray[np.int64],
        rows: NDArray[np.int64],
        out: NDArray[np.float32],
    ) -> None:
        """Read some columns of a matrix, holding no more than a few of them at a time.

        Parameters
        ----------
        name : str
            A matrix of shape (n_rows, n_columns), known from ``variable``.
        selection : ndarray of int64, shape (n_selected,)
            Columns from 0, ascending.
        rows : ndarray of int64, shape (n_rows,)
            Row of the file that becomes each row of ``out``.
        out : ndarray of float32, shape (n_rows, n_selected)
            Filled in place.

        Raises
        ------
        DataError
            If the variable is no real matrix, or its bytes are cut short or damaged.
        """
        for first, block in self.blocks(name):
            begin, end = np.searchsorted(selection, (first, first + block.shape[1]))
            # What is too large for float32 becomes infinite, and is left out later.
            with np.errstate(over="ignore", invalid="ignore"):
                out[:, begin:end] = block[:, selection[begin:end] - first][rows]

    def blocks(self, name: str) -> Iterator[tuple[int, NDArray[Any]]]:
        """Read a matrix a few columns at a time, and the check sum of its bytes at the end.

        Yields
        ------
        int
            First column of the block.
        ndarray, shape (n_rows, n_columns_of_the_block)
            Numbers as they are stored.

        Raises
        ------
        DataError
            If the variable is no real matrix, or its bytes are cut short or damaged.
        """
        variable, where = self.variable(name), f"{self.path}: {name}"
        data = self._open(where, variable)
        stored = self._stored(where, variable, data)
        n_rows, n_columns = variable.header.shape
        at_once = max(1, _BLOCK_BYTES // max(1, n_rows * stored.itemsize))
        for first in range(0, n_columns, at_once):
            count = min(at_once, n_columns - first)
            block = np.frombuffer(data.read(n_rows * count * stored.itemsize), stored)
            yield first, block.reshape(count, n_rows).T
        data.read(-(n_rows * n_columns * stored.itemsize) % 8)
        data.finish()

    def _stored(self, where: str, variable: Variable, data: VariableBytes) -> np.dtype[Any]:
        """Read up to the numbers of a matrix and return the type in which they are stored."""
        header = variable.header
        if not header.holds_numbers:
            refuse_field(where, "real numbers", header.described)
        kind, size = np.frombuffer(data.read(header.end + 8)[header.end :], f"{self._order}u4")
        stored = stored_type(where, self._order, Tag(int(kind), 0, int(size), 0))
        expected = math.prod(header.shape) * stored.itemsize
        if size != expected or size > variable.size:
            refuse_field(
                where, f"{expected:,} bytes for shape {header.shape}", f"{size:,} declared"
            )
        return stored

    def _byte_order(self) -> str:
        head = self._file.read(128)
        if head[:4] == b"\x89HDF" or b"MATLAB 7.3" in head[:19]:
            refuse_field(str(self.path), "a MATLAB 5 file (-v6 or -v7)", "an HDF5 file (-v7.3)")
        order = {b"IM": "<", b"MI": ">"}.get(head[126:])
        version = head[124:126] if order == ">" else head[125:123:-1]
        if order is None or version != b"\x01\x00":
            refuse_field(
                str(self.path), "a MATLAB 5 file", f"{len(head)} first bytes of another kind"
            )
        return order

    def _scan(self) -> dict[str, Variable]:
        length = self.path.stat().st_size
        variables_by_name: dict[str, Variable] = {}
        at = 128
        while at < length:
            if len(variables_by_name) > _MAX_VARIABLES:
                refuse_field(str(self.path), f"at most {_MAX_VARIABLES} variables", "more")
            self._file.seek(at)
            start = self._file.read(8)
            kind, stored = np.frombuffer(start, f"{self._order}u4") if len(start) == 8 else (0, 0)
            if kind not in (MATRIX, COMPRESSED) or at + 8 + int(stored) > length:
                expected = "whole variables up to the end of the file"
                refuse_field(str(self.path), expected, f"a cut or damaged one at byte {at}")
            variable = self._find(at + 8, int(stored), kind == COMPRESSED)
            if variable.header.name in variables_by_name:
                refuse_field(f"{self.path}: {variable.header.name}", "one variable", "two")
            variables_by_name[variable.header.name] = variable
            at += 8 + int(stored)
        return variables_by_name

    def _find(self, position: int, stored: int, compressed: bool) -> Variable:
        where = f"{self.path}: variable at byte {position}"
        data = VariableBytes(where, self._file, stored, compressed)
        size = stored
        if compressed:
            kind, declared = (int(n) for n in np.frombuffer(data.read(8), f"{self._order}u4"))
            if kind != MATRIX:
                refuse_field(where, "a MATLAB value", f"storage type {kind}")
            size = declared
        head = memoryview(data.read(min(size, _HEADER_BYTES)))
        return Variable(read_header(where, self._order, head), position, size, stored, compressed)

    def _open(self, where: str, variable: Variable) -> VariableBytes:
        self._file.seek(variable.position)
        data = VariableBytes(where, self._file, variable.stored, variable.compressed)
        if variable.compressed:
            data.read(8)
        return data
