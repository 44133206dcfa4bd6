"""Features on their way to disk: a raw file a layer, filled batch after batch, in any order.

Memory holds a batch and a block of rows, however many stimuli there are.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, Problem
from pipeline.extraction.store import FILE, Origin, heading

_TYPE = np.dtype("<f4")
_BLOCK = 1 << 20  # numbers that are read at once


class Spool:
    """Takes vectors of stimuli as they come, and writes the file of features once all are there.

    Parameters
    ----------
    folder : Path
        Empty, and on a disk with room for the features twice.
    n_stimuli : int
    """

    def __init__(self, folder: Path, n_stimuli: int) -> None:
        self.folder = folder
        self.n_stimuli = n_stimuli
        self.widths: list[int] = []

    def put(self, members: Sequence[int], vectors: Sequence[NDArray[np.float32]]) -> None:
        """Write the vectors of some stimuli.

        Parameters
        ----------
        members : sequence of int
            Which stimuli these are.
        vectors : sequence of ndarray of float32, each of shape (n_members, n_features)
            One array a layer, the same layers each time.
        """
        if not self.widths:
            self.widths = [x.shape[1] for x in vectors]
            for layer in range(len(vectors)):
                self._path(layer).touch()
        for layer, x in enumerate(vectors):
            rows = np.ascontiguousarray(x, _TYPE)
            with self._path(layer).open("r+b") as file:
                for member, row in zip(members, rows, strict=True):
                    file.seek(member * row.nbytes)
                    file.write(row.tobytes())

    def write(self, origin: Origin, folder: Path) -> dict[str, int]:
        """Write the features, their origin and a digest to ``features.safetensors`` in a folder.

        ``layer_00`` is the embedding. Layers in which no stimulus differs from another are left
        out: before the first block the class token is the same for every picture, and a sentence's
        last token is its full stop.

        Returns
        -------
        dict of str to int
            How wide each layer is that was written.

        Raises
        ------
        DataError
            When features are not finite.
        """
        self._refuse_infinite()
        names = {f"layer_{n:02d}": n for n in range(len(self.widths)) if self._differs(n)}
        digest = hashlib.sha256()
        for name, layer in names.items():
            digest.update(heading(name, (self.n_stimuli, self.widths[layer])))
            for block in self._blocks(layer):
                digest.update(block.tobytes())
        with (folder / FILE).open("wb") as file:
            file.write(self._header(names, {**asdict(origin), "digest": digest.hexdigest()}))
            for layer in names.values():
                with self._path(layer).open("rb") as raw:
                    shutil.copyfileobj(raw, file)
        return {name: self.widths[layer] for name, layer in names.items()}

    def _header(self, names: Mapping[str, int], metadata: Mapping[str, str]) -> bytes:
        """Say where in the file each layer is, as the safetensors format does.

        References
        ----------
        https://github.com/huggingface/safetensors#format
        """
        tensors, end = {}, 0
        for name, layer in names.items():
            start, shape = end, [self.n_stimuli, self.widths[layer]]
            end = start + _TYPE.itemsize * self.n_stimuli * self.widths[layer]
            tensors[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
        text = json.dumps({"__metadata__": metadata, **tensors}).encode()
        padded = text + b" " * (-len(text) % 8)
        return len(padded).to_bytes(8, "little") + padded

    def _refuse_infinite(self) -> None:
        blocks = (block for layer in range(len(self.widths)) for block in self._blocks(layer))
        n_infinite = sum(np.count_nonzero(~np.isfinite(block)) for block in blocks)
        if n_infinite:
            expected, finding = "finite values", f"{n_infinite} values that are NaN or infinite"
            remedy = (
                "The tuned model diverged: tune it again with a lower learning_rate; or its states "
                "exceed what dtype holds: use float32."
            )
            raise DataError(Problem("features", expected, finding, remedy))

    def _differs(self, layer: int) -> bool:
        """Say whether any stimulus differs from the first."""
        blocks = self._blocks(layer)
        first = next(blocks)
        return bool((first != first[0]).any() or any((b != first[0]).any() for b in blocks))

    def _blocks(self, layer: int) -> Iterator[NDArray[np.float32]]:
        """Read a layer in blocks of whole rows, (n_rows, n_features)."""
        width = self.widths[layer]
        rows = max(1, _BLOCK // width)
        with self._path(layer).open("rb") as file:
            while len(block := np.fromfile(file, _TYPE, rows * width)):
                yield block.reshape(-1, width)

    def _path(self, layer: int) -> Path:
        return self.folder / f"{layer}.raw"
