"""The stimulus lists of BOLD5000: the image that each trial showed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pipeline.errors import DataError, Problem, refuse

ImageCollection = Literal["COCO", "ImageNet", "Scene"]

_REPEAT = "rep_"
_IMAGENET = re.compile(r"n\d{8}_.*\.JPEG")
_MOST_BYTES = 10_000_000
_REMEDY = "Use the stimulus list of the original release, untouched."


def source_of(image: str) -> ImageCollection:
    """Name the image set that an image was taken from, as its file name tells.

    Parameters
    ----------
    image : str
        File name, with or without ``rep_``.
    """
    name = image.removeprefix(_REPEAT)
    if name.startswith("COCO_train2014_"):
        return "COCO"
    return "ImageNet" if _IMAGENET.fullmatch(name) else "Scene"


def read_stimulus_list(path: Path) -> tuple[str, ...]:
    """Read the image names of one subject's trials, in order.

    ``rep_`` marks only some showings of a repeated image and is taken off all.

    Parameters
    ----------
    path : Path
        Text, one file name per line.

    Raises
    ------
    DataError
        If the file is missing, empty, no UTF-8 text, or a line is no plain file name.
    """
    if not path.is_file():
        raise DataError(Problem(str(path), "this stimulus list", "no such file", _REMEDY))
    if path.stat().st_size > _MOST_BYTES:
        size = f"{path.stat().st_size} bytes"
        raise DataError(Problem(str(path), f"at most {_MOST_BYTES} bytes", size, _REMEDY))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(Problem(str(path), "UTF-8 text", str(error), _REMEDY)) from error
    lines = [line.strip() for line in text.rstrip().splitlines()]
    refuse(_problems(path, lines), DataError)
    return tuple(line.removeprefix(_REPEAT) for line in lines)


def _problems(path: Path, lines: list[str]) -> Iterator[Problem]:
    if not lines:
        yield Problem(str(path), "one image name per line", "an empty file", _REMEDY)
    for number, line in enumerate(lines, start=1):
        if not re.fullmatch(r"[\w.-]+\.\w+", line):
            finding = repr(line[:80])
            yield Problem(f"{path}, line {number}", "the file name of an image", finding, _REMEDY)
            return
