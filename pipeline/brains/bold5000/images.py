"""Where the images of BOLD5000 lie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.bold5000.stimulus_lists import source_of
from pipeline.brains.pictures import missing_pictures
from pipeline.errors import ConfigError, DataError, Problem, nearest, refuse

STIMULUS_TREE = Path("BOLD5000_Stimuli", "Scene_Stimuli", "Presented_Stimuli")


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
    files = {name: tree / source_of(name) / name for name in names}
    refuse(missing_pictures(f"{tree}/{{COCO,ImageNet,Scene}}", files), DataError)
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
