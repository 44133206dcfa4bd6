"""The bytes of one variable of a MATLAB 5 file, never more at once than asked for."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from pipeline.brains.formats.matlab.tags import refuse_field

_PIECE = 1 << 16


class VariableBytes:
    """The bytes of one variable in order, decompressed as they are asked for."""

    def __init__(self, where: str, file: BinaryIO, stored: int, compressed: bool) -> None:
        self._where, self._file, self._left = where, file, stored
        self._zlib = zlib.decompressobj() if compressed else None

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes, or refuse."""
        parts = []
        missing = count
        while missing:
            part = self._some(missing)
            if not part:
                refuse_field(self._where, f"{count} bytes more", f"{count - missing}: cut short")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def finish(self) -> None:
        """Check that nothing is left, and with it the check sum of compressed bytes."""
        if self._some(1):
            refuse_field(self._where, "as many bytes as it declares", "more")
        if self._zlib is not None and not self._zlib.eof:
            refuse_field(self._where, "a whole compressed variable", "a check sum cut off")

    def _some(self, most: int) -> bytes:
        if self._zlib is None:
            return self._take(most)
        try:
            while not self._zlib.eof:
                piece = self._zlib.unconsumed_tail or self._take(_PIECE)
                content = self._zlib.decompress(piece, most)
                if content or not piece:
                    return content
        except zlib.error as error:
            refuse_field(self._where, "bytes that decompress", str(error))
        return b""

    def _take(self, most: int) -> bytes:
        content = self._file.read(min(most, self._left))
        self._left -= len(content)
        return content
