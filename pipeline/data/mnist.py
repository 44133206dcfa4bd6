"""The task ``mnist``, read from the four original files, packed or not."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.data.examples import LabelledImages
from pipeline.data.task import Task, TaskData, TaskRequest
from pipeline.errors import DataError, Problem

# The first four bytes of an idx file: two zeros, 8 for unsigned bytes, the number of axes.
_MAGIC = {1: 0x00000801, 3: 0x00000803}
_AXES = {1: "labels", 3: "images"}
_SIDE = 28
_CLASSES = tuple(str(digit) for digit in range(10))
_REMEDY = "Point to the folder with the four original files of MNIST, as downloaded."


def load_mnist(request: TaskRequest) -> TaskData:
    """Read MNIST; validation examples are taken out of the training file, test from t10k.

    Parameters
    ----------
    request : TaskRequest
        ``directory`` holds train-images-idx3-ubyte, train-labels-idx1-ubyte,
        t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with or without ``.gz``.

    Returns
    -------
    TaskData
        Pictures of shape (n, 28, 28, 3).

    Raises
    ------
    DataError
        If a file is missing or damaged, if counts disagree, or if there are fewer examples
        than asked for.
    """
    directory = _checked_directory(request.directory)
    images, labels = _read_pair(directory, "train")
    test_images, test_labels = _read_pair(directory, "t10k")
    rng = np.random.default_rng(request.seed)
    drawn = _draw("train", len(labels), request.max_train + request.max_eval, rng)
    train, validation = drawn[: request.max_train], drawn[request.max_train :]
    test = _draw("t10k", len(test_labels), request.max_eval, rng)
    return TaskData(
        _examples(images, labels, train),
        _examples(images, labels, validation),
        _examples(test_images, test_labels, test),
        source="MNIST, original idx files",
    )


def _checked_directory(directory: Path | None) -> Path:
    if directory is None:
        raise DataError(Problem("mnist: directory", "a folder", "none given", _REMEDY))
    if not directory.is_dir():
        raise DataError(Problem(str(directory), "a folder", "no such folder", _REMEDY))
    return directory


def _draw(part: str, available: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if n > available:
        raise DataError(
            Problem(
                f"mnist: {part} examples",
                f"at most {available}, all that the file holds",
                f"{n} asked for",
                "Lower max_train or max_eval.",
            )
        )
    return rng.permutation(available)[:n]


def _examples(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> LabelledImages:
    rgb = np.repeat(images[rows][..., np.newaxis], 3, axis=3)
    return LabelledImages(rgb, labels[rows].astype(np.int64))


def _read_pair(directory: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
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
    if len(labels) and labels.max() >= len(_CLASSES):
        raise DataError(
            Problem(f"{label_file}: labels", "digits 0 to 9", str(labels.max()), _REMEDY)
        )
    return images, labels


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
    content = _unpacked(path)
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


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            Problem(str(path), "a whole file", f"{type(error).__name__}: {error}", _REMEDY)
        ) from error


MNIST = Task(
    name="mnist",
    modality="image",
    summary="which of 10 handwritten digits (MNIST, 28 x 28)",
    load=load_mnist,
    form="classification",
    classes=_CLASSES,
    needs_directory=True,
)
