"""Pictures and their classes: MNIST, CIFAR-10, and any folder of class folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config import TaskConfig
from pipeline.data.corpus import Reading, build
from pipeline.data.forms.pictures import LabelledPicture, gather_pictures
from pipeline.data.hub_tables import HubTable
from pipeline.data.opening import open_corpus
from pipeline.data.reading.cifar import cifar_splits
from pipeline.data.reading.class_folders import class_folder_splits
from pipeline.data.reading.folder import folder_splits
from pipeline.data.reading.idx import mnist_splits
from pipeline.data.reading.tables import read_parquet
from pipeline.data.rows import Record, Splits
from pipeline.data.task import PICTURES, Task, TaskData
from pipeline.errors import DataError, Problem
from pipeline.files.picture_files import read_picture, resized

_DIGITS = tuple(str(digit) for digit in range(10))
_THINGS = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip


_COLUMNS = ("image", "img")  # what the hub's data sets call a picture


def _reading(classes: tuple[str, ...], size: int) -> Reading[LabelledPicture]:
    def convert(record: Record) -> LabelledPicture:
        column = next((name for name in _COLUMNS if name in record.values), _COLUMNS[0])
        return LabelledPicture(pixels_of(record, column, size), record.label("label", classes))

    return Reading(convert, gather_pictures, label=lambda item: item.label, classes=classes)


def pixels_of(record: Record, column: str, size: int) -> NDArray[np.uint8]:
    """Decode the picture of a row.

    Parameters
    ----------
    record : Record
        Its column holds a picture file's bytes (the hub: a dictionary with ``bytes``), or an array
        of bytes, shape (height, width) or (height, width, 3).
    column : str
    size : int
        Side in pixels that the square at the centre is brought to; 0 leaves the picture as it is.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    DataError
        As of :func:`read_picture`.
    """
    from PIL import Image

    value: Any = record.value(column)
    content = value.get("bytes") if isinstance(value, dict) else value
    if isinstance(content, np.ndarray):
        coloured = content if content.ndim == 3 else np.repeat(content[..., np.newaxis], 3, axis=2)
        return np.asarray(resized(Image.fromarray(coloured), size)) if size else coloured
    if not isinstance(content, bytes):
        raise record.unfit(column, "the bytes of a picture", type(content).__name__)
    return read_picture(content, f"{record.place}, {column}", size)


def _local_mnist(directory: Path) -> Splits:
    if any(directory.glob("*.parquet")):
        return folder_splits(directory, {".parquet": read_parquet})
    return mnist_splits(directory)


def _local_cifar(directory: Path) -> Splits:
    """Tell by the files which of its three forms a folder holds."""
    if any(directory.glob("*_batch*")):
        return cifar_splits(directory)
    if any(directory.glob("*.parquet")):
        return folder_splits(directory, {".parquet": read_parquet})
    return class_folder_splits(directory)


def _known(
    name: str,
    summary: str,
    hub: HubTable,
    local: Callable[[Path], Splits],
    classes: tuple[str, ...],
) -> Task:
    def load(config: TaskConfig) -> TaskData:
        splits = open_corpus(config, hub, local)
        return build(splits, _reading(classes, config.image_size), config)

    return Task(
        name=name,
        modality="image",
        summary=summary,
        load=load,
        form="classification",
        settings=PICTURES,
        scores=("accuracy",),
        classes=classes,
        hub=lambda _: hub,
    )


def _load_folder(config: TaskConfig) -> TaskData:
    if config.directory is None:
        remedy = "Pass data_dir=<directory> with a folder of pictures for each class."
        raise DataError(Problem("image-folder: data_dir", "a folder", "none given", remedy))
    splits = class_folder_splits(config.directory)
    return build(splits, _reading(splits.classes, config.image_size), config)


IMAGE_TASKS: tuple[Task, ...] = (
    _known(
        "mnist",
        "which of 10 handwritten digits (MNIST, 28 x 28; the original idx files, or the hub)",
        HubTable(
            "ylecun/mnist", "the four original files of MNIST (train-images-idx3-ubyte.gz, …)"
        ),
        _local_mnist,
        _DIGITS,
    ),
    _known(
        "cifar10",
        "which of 10 things (CIFAR-10, 32 x 32; original batches, class folders, or the hub)",
        HubTable(
            "uoft-cs/cifar10",
            "data_batch_1 … test_batch of cifar-10-python, or class folders in train and test",
        ),
        _local_cifar,
        _THINGS,
    ),
    Task(
        name="image-folder",
        modality="image",
        summary="your own pictures in a folder for each class, unpacked or in tar archives",
        load=_load_folder,
        form="classification",
        settings=PICTURES,
        scores=("accuracy",),
        needs_directory=True,
    ),
)
