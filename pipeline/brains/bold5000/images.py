"""The images of BOLD5000: where they lie, their groups, and their pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.bold5000.stimulus_lists import source_of
from pipeline.errors import ConfigError, DataError, Problem, nearest, refuse
from pipeline.files.picture_files import read_picture
from pipeline.files.spelling import existing_spelling

STIMULUS_TREE = Path("BOLD5000_Stimuli", "Scene_Stimuli", "Presented_Stimuli")
_LISTED = 5


def image_files(tree: Path, names: Iterable[str]) -> dict[str, Path]:
    """Find the file of each image under the stimulus tree.

    Parameters
    ----------
    tree : Path
        The folder that holds ``COCO``, ``ImageNet`` and ``Scene``.
    names : iterable of str
        File names, without ``rep_``.

    Raises
    ------
    DataError
        If images are missing: their number and the first few.
    """
    files = {name: existing_spelling(tree / source_of(name) / name) for name in names}
    refuse(_missing(f"{tree}/{{COCO,ImageNet,Scene}}", files), DataError)
    return files


def image_groups(names: Iterable[str], groups: str) -> NDArray[np.str_]:
    """Group images by identity or by the set they were taken from.

    Parameters
    ----------
    names : iterable of str
    groups : 'image', 'source' or ''
        With ``image``, the usual one, every image is a group of its own; with ``source`` there are
        three: COCO, ImageNet and Scene.

    Returns
    -------
    ndarray of str, shape (n_images,)

    Raises
    ------
    ConfigError
        If ``groups`` is another word.
    """
    if groups not in {"", "image", "source"}:
        remedy = nearest(groups, ("image", "source"))
        raise ConfigError(Problem("groups", "image or source for BOLD5000", repr(groups), remedy))
    return np.array([source_of(name) if groups == "source" else name for name in names])


def read_images(paths: Mapping[str, Path], size: int) -> NDArray[np.uint8]:
    """Read images, the largest square at the centre of each, resized by bicubic interpolation.

    Parameters
    ----------
    paths : mapping of str to Path
        Name -> file, in the order wanted.
    size : int
        Height and width in pixels.

    Returns
    -------
    ndarray of uint8, shape (n_images, size, size, 3)

    Raises
    ------
    DataError
        As of :func:`read_picture`.
    """
    images = np.empty((len(paths), size, size, 3), dtype=np.uint8)
    for position, path in enumerate(paths.values()):
        images[position] = read_picture(path, str(path), size)
    return images


def _missing(where: str, paths: Mapping[str, Path]) -> Iterator[Problem]:
    """Yield one problem that counts the images that are not there and lists the first few."""
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        yield Problem(
            where,
            f"{len(paths)} pictures",
            f"{len(missing)} missing: {', '.join(missing[:_LISTED])}{more}",
            "Unpack all stimuli there, under their original names.",
        )
