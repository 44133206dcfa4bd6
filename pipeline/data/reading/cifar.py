"""CIFAR-10's original batches, which are Python pickles, without running anything in them."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.reading.folder import checked_directory
from pipeline.data.reading.raw import read_bytes
from pipeline.data.rows import Rows, Splits, joined_rows
from pipeline.errors import DataError, Problem
from pipeline.files.pickles import DTYPE, BoundedFile, Note, UnfitError, array_parts, follow, unfit

_SIDE = 32
_MAX_STEPS = 2_000_000  # ten thousand labels and file names, or as many arrays of one picture
_REMEDY = "Nothing in the file was run. Fetch the original cifar-10-python archive again."


def cifar_splits(directory: Path) -> Splits:
    """Find the five training batches and the test batch.

    Returns
    -------
    Splits
        Rows with the columns ``img``, shape (32, 32, 3), and ``label``.

    Raises
    ------
    DataError
        If a batch is missing.
    """
    train = [checked_directory(directory) / f"data_batch_{n}" for n in range(1, 6)]
    test = directory / "test_batch"
    absent = [path.name for path in (*train, test) if not path.is_file()]
    if absent:
        expected = "data_batch_1 to data_batch_5 and test_batch"
        raise DataError(Problem(str(directory), expected, f"no {', '.join(absent)}", _REMEDY))
    return Splits(
        f"{directory}, original batches",
        {
            "train": lambda: joined_rows([read_batch(path) for path in train]),
            "test": lambda: read_batch(test),
        },
    )


def read_batch(path: Path) -> Rows:
    """Read a batch: a dictionary of ``data``, 3,072 bytes a picture, and ``labels``.

    Raises
    ------
    DataError
        If the file is damaged, or holds or wants to call anything else.
    """
    content = read_bytes(path)
    try:
        batch = follow(BoundedFile(io.BytesIO(content), len(content)), _MAX_STEPS)
        if not isinstance(batch, dict) or not {"data", "labels"} <= set(batch):
            unfit("a dictionary with data and labels", type(batch).__name__)
        pixels, labels = _pictures(batch["data"]), batch["labels"]
        if not isinstance(labels, list) or any(type(label) is not int for label in labels):
            unfit("a list of labels", type(labels).__name__)
        if len(labels) != len(pixels):
            unfit(f"{len(pixels)} labels, one for each picture", str(len(labels)))
    except UnfitError as refused:
        problem = Problem(str(path), refused.expected, refused.found, _REMEDY)
        raise DataError(problem) from refused
    return Rows(
        len(pixels),
        lambda index: {"img": pixels[index], "label": labels[index]},
        lambda index: f"{path}, picture {index + 1}",
    )


def _pictures(data: Any) -> NDArray[np.uint8]:
    """Take the pictures, (n, 32, 32, 3), out of one array, or a list with an array for each."""
    arrays = [_bytes_of(note) for note in (data if isinstance(data, list) else [data])]
    flat = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.uint8)
    if len(flat) == 0 or len(flat) % (3 * _SIDE * _SIDE):
        unfit(f"pictures of {3 * _SIDE * _SIDE} bytes", f"{len(flat)} bytes in all")
    return flat.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)


def _bytes_of(noted: Any) -> NDArray[np.uint8]:
    """Read the bytes that the pickle would have filled an array with."""
    shape, dtype, in_columns, content = array_parts("data", noted)
    if not isinstance(dtype, Note) or dtype.name != DTYPE or dtype.arguments[:1] != ("u1",):
        unfit("an array of bytes, dtype u1", "another kind of array")
    if isinstance(content, str):  # a string of Python 2
        content = content.encode("latin1")
    if in_columns is not False or not isinstance(content, bytes):
        unfit("bytes row by row", "something else")
    if len(content) != math.prod(shape):
        unfit(f"{math.prod(shape)} bytes for shape {shape}", f"{len(content)}")
    return np.frombuffer(content, dtype=np.uint8)
