"""MNIST's four original files, packed or not."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.data.reading.folder import checked_directory
from pipeline.data.reading.raw import read_bytes
from pipeline.data.rows import Rows, Splits
from pipeline.errors import DataError, Problem

# The first four bytes of an idx file: two zeros, 8 for unsigned bytes, the number of axes.
_MAGIC = {1: 0x00000801, 3: 0x00000803}
_AXES = {1: "labels", 3: "images"}
_SIDE = 28
_REMEDY = "Point to the folder with the four original files of MNIST, as downloaded."


def mnist_splits(directory: Path) -> Splits:
    """Find MNIST's training and test files.

    Parameters
    ----------
    directory : Path
        Holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
        t10k-labels-idx1-ubyte, each with or without ``.gz``.

    Returns
    -------
    Splits
        Rows with the columns ``image``, shape (28, 28), and ``label``.

    Raises
    ------
    DataError
        If a file is missing; when read, if it is damaged or counts disagree.
    """
    checked_directory(directory)
    for part in ("train", "t10k"):
        for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):
            _find(directory, name)
    return Splits(
        f"{directory}, original idx files",
        {"train": lambda: _rows(directory, "train"), "test": lambda: _rows(directory, "t10k")},
    )


def _rows(directory: Path, part: str) -> Rows:
    image_file = _find(directory, f"{part}-images-idx3-ubyte")
    label_file = _find(directory, f"{part}-labels-idx1-ubyte")
    images, labels = read_idx(image_file, 3), read_idx(label_file, 1)
    if images.shape[1:] != (_SIDE, _SIDE):
        raise DataError(
            Problem(
                f"{image_file}: picture size",
                f"{_SIDE} x {_SIDE}",
                " x ".join(str(side) for side in images.shape[1:]),
                _REMEDY,
            )
        )
    if len(images) != len(labels):
        raise DataError(
            Problem(
                f"{label_file}: number of labels",
                f"{len(images)}, one for each picture of {image_file.name}",
                str(len(labels)),
                "Both files must come from the same download.",
            )
        )
    return Rows(
        len(images),
        lambda index: {"image": images[index], "label": int(labels[index])},
        lambda index: f"{label_file}, label {index + 1}",
    )


def _find(directory: Path, name: str) -> Path:
    for candidate in (directory / f"{name}.gz", directory / name):
        if candidate.is_file():
            return candidate
    raise DataError(
        Problem(str(directory / f"{name}.gz"), "this file, packed or not", "no such file", _REMEDY)
    )


def read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes, believing nothing in it before it is checked.

    Parameters
    ----------
    path : Path
        Unpacked first if the name ends in ``.gz``.
    n_axes : int
        1 for labels, 3 for images.

    Returns
    -------
    ndarray of uint8
        Of as many axes as asked for.

    Raises
    ------
    DataError
        If the file cannot be read or unpacked, opens with another magic number, or is longer
        or shorter than its header says.
    """
    content = read_bytes(path)
    n_header = 4 * (1 + n_axes)
    if len(content) < n_header:
        raise DataError(
            Problem(f"{path}: header", f"{n_header} bytes", f"{len(content)} bytes", _REMEDY)
        )
    magic, *shape = (
        int.from_bytes(content[at : at + 4], byteorder="big") for at in range(0, n_header, 4)
    )
    if magic != _MAGIC[n_axes]:
        expected = f"{_MAGIC[n_axes]:#010x} ({_AXES[n_axes]})"
        raise DataError(Problem(f"{path}: magic number", expected, f"{magic:#010x}", _REMEDY))
    # math.prod counts in Python's integers, which cannot overflow whatever the header claims.
    n_values = math.prod(shape)
    if len(content) - n_header != n_values:
        claim = " x ".join(str(count) for count in shape)
        raise DataError(
            Problem(
                f"{path}: {_AXES[n_axes]}",
                f"{n_values} bytes ({claim}, as its header says)",
                f"{len(content) - n_header} bytes",
                _REMEDY,
            )
        )
    if n_values == 0:
        raise DataError(Problem(f"{path}: {_AXES[n_axes]}", "at least one", "none", _REMEDY))
    return np.frombuffer(content, dtype=np.uint8, offset=n_header).reshape(shape)
