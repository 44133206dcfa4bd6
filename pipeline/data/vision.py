"""Image tasks that need no files: small real digits and simulated shapes."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config import TaskConfig
from pipeline.data.choosing import EVALUATED, few_shots
from pipeline.data.forms.pictures import LabelledImages
from pipeline.data.task import Task, TaskData, beyond_simulation
from pipeline.errors import ConfigError, refuse
from pipeline.worlds.pictures import draw_all, sample_pictures

_SHAPE_NAMES = ("square", "triangle", "star", "heart")
_COLOUR_NAMES = ("red", "green", "blue")
_DIGITS = tuple(str(digit) for digit in range(10))
_FAMILIES = ("family A", "family B", "family C", "family D")
_DIGITS_FILE = "data/digits.csv.gz"
_SIDE = 32


def load_shapes(config: TaskConfig) -> TaskData:
    """Draw pictures whose class is a family of colour-shape pairs; the three splits never meet.

    A family holds every colour once, each with another shape, and every shape is in three
    families. So neither colour nor shape tells it, nor any sum of what the two say: a base that
    knows both well has to learn how they go together.

    Returns
    -------
    TaskData
        Pictures of shape (n, 32, 32, 3).

    Raises
    ------
    ConfigError
        If more examples are asked for than are ever simulated.
    """
    refuse(beyond_simulation(config), ConfigError)
    # families come in equal shares over any stretch of families x colours
    few = config.shots * len(_FAMILIES) * len(_COLOUR_NAMES)
    sizes = (few or config.max_train, config.max_eval, config.max_eval)
    seeds = np.random.SeedSequence(config.seed).generate_state(len(sizes))
    train, validation, test = (_shapes(n, int(seed)) for n, seed in zip(sizes, seeds, strict=True))
    if config.shots:
        indices = few_shots(train.labels.tolist(), _FAMILIES, config.shots)
        train = LabelledImages(train.images[indices], train.labels[indices])
    source = "simulated pictures of this package"
    return TaskData(train, validation, test, source, _FAMILIES)


@lru_cache(maxsize=3)  # the methods of a study draw the same three splits, in seconds
def _shapes(n: int, seed: int) -> LabelledImages:
    pictures = sample_pictures(n, seed, shapes=_SHAPE_NAMES, colours=_COLOUR_NAMES)
    labels = [
        (_SHAPE_NAMES.index(p.shape) + _COLOUR_NAMES.index(p.colour)) % len(_FAMILIES)
        for p in pictures
    ]
    return LabelledImages(draw_all(pictures, seed), np.array(labels, dtype=np.int64))


def load_digits(config: TaskConfig) -> TaskData:
    """Load the 1,797 handwritten digits that come with scikit-learn, 8 x 8 enlarged to 32 x 32.

    Returns
    -------
    TaskData
        Disjoint splits, classes in equal shares, pictures of shape (n, 32, 32, 3).

    Raises
    ------
    DataError
        If more shots are asked for than a class has.
    """
    every = _all_digits()
    images, labels = every.images, every.labels
    order = _by_turns(labels, np.random.default_rng(config.seed))
    n_eval = min(config.max_eval, len(order) // EVALUATED)
    test, validation, train = np.split(order, [n_eval, 2 * n_eval])
    if config.shots:
        train = train[few_shots(labels[train].tolist(), _DIGITS, config.shots)]
    else:
        train = train[: config.max_train]
    return TaskData(
        train=LabelledImages(images[train], labels[train]),
        validation=LabelledImages(images[validation], labels[validation]),
        test=LabelledImages(images[test], labels[test]),
        source="scikit-learn's load_digits (UCI optical recognition of handwritten digits)",
        classes=_DIGITS,
    )


@lru_cache(maxsize=1)  # the methods and seeds of a study choose among the same pictures
def _all_digits() -> LabelledImages:
    """Read the pictures from scikit-learn's file: to import all of it takes longer than that."""
    library = find_spec("sklearn")
    if library is None or library.origin is None:
        raise ImportError("scikit-learn, with which the digits come, is not installed")
    rows = np.loadtxt(Path(library.origin).with_name("datasets") / _DIGITS_FILE, delimiter=",")
    grey = rows[:, :-1].reshape(-1, 8, 8) / 16
    return LabelledImages(enlarge(grey), rows[:, -1].astype(np.int64))


def enlarge(grey: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Enlarge grey pictures bilinearly to 32 x 32 RGB.

    Parameters
    ----------
    grey : ndarray of float64, shape (n_images, side, side)
        Values from 0 to 1.

    Returns
    -------
    ndarray of uint8, shape (n_images, 32, 32, 3)
    """
    side = grey.shape[1]
    centres = np.clip((np.arange(_SIDE) + 0.5) * side / _SIDE - 0.5, 0, side - 1)
    # Row i holds the two neighbours of pixel i and their shares: a triangle around each centre.
    shares = np.maximum(0, 1 - np.abs(centres[:, np.newaxis] - np.arange(side)))
    large = np.einsum("ri,nij,cj->nrc", shares, grey, shares, optimize=True)
    pixels = np.rint(255 * large).astype(np.uint8)
    return np.repeat(pixels[..., np.newaxis], 3, axis=3)


def _by_turns(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Shuffle, then order so that any stretch holds the classes in nearly equal shares."""
    shuffled = rng.permutation(len(labels))
    turn = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels[shuffled] == label)
        turn[members] = np.arange(len(members))
    return np.asarray(shuffled[np.argsort(turn, kind="stable")], dtype=np.int64)


VISION_TASKS: tuple[Task, ...] = (
    Task(
        name="digits",
        modality="image",
        summary="which of 10 handwritten digits (real, 8 x 8, comes with scikit-learn)",
        load=load_digits,
        form="classification",
        scores=("accuracy",),
        classes=_DIGITS,
    ),
    Task(
        name="shapes",
        modality="image",
        summary="which of 4 families of colour-shape pairs (simulated)",
        load=load_shapes,
        form="classification",
        scores=("accuracy",),
        classes=_FAMILIES,
        check=beyond_simulation,
    ),
)
