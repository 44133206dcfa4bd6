"""What a task is: labelled examples that a base is tuned on, split in three."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Modality = Literal["text", "image"]


@dataclass(frozen=True)
class TextPairs:
    """Texts and what a model should write after them.

    Parameters
    ----------
    sources, targets : tuple of str
        One target for each source; the task's cue is not part of the source.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def digest(self) -> str:
        """SHA-256 of sources and targets in order."""
        return hashlib.sha256("\0".join((*self.sources, *self.targets)).encode()).hexdigest()


@dataclass(frozen=True)
class LabelledImages:
    """Pictures and the class of each.

    Parameters
    ----------
    images : ndarray of uint8, shape (n_images, height, width, 3)
    labels : ndarray of int64, shape (n_images,)
        0-based positions in the task's ``classes``.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def digest(self) -> str:
        """SHA-256 of pictures and labels in order."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()


Examples = TextPairs | LabelledImages


@dataclass(frozen=True)
class TaskData:
    """The three splits of a task; tuning never sees ``test``.

    Parameters
    ----------
    train, validation, test : TextPairs or LabelledImages
    source : str
        Where the examples came from, as logged beside the run.
    """

    train: Examples
    validation: Examples
    test: Examples
    source: str

    @property
    def digest(self) -> str:
        """SHA-256 over the three splits."""
        splits = (self.train, self.validation, self.test)
        return hashlib.sha256("".join(split.digest for split in splits).encode()).hexdigest()


@dataclass(frozen=True)
class TaskRequest:
    """How much of a task to load, and from where.

    Parameters
    ----------
    max_train, max_eval : int
        Largest number of examples to train on, and to validate and test on (each).
    seed : int
        Decides which examples are drawn; the same seed gives the same examples.
    directory : Path, optional
        Where the files of a task that reads real data lie.
    """

    max_train: int
    max_eval: int
    seed: int
    directory: Path | None = None


@dataclass(frozen=True)
class Task:
    """An entry of TASKS.

    Parameters
    ----------
    name : str
    modality : 'text' or 'image'
    summary : str
        One line for the list of tasks.
    load : callable
        ``load(TaskRequest) -> TaskData``; raises DataError when files are missing or damaged.
    cue : str
        Text tasks: what stands between source and target, so that a model knows where to write.
    max_target_tokens : int
        Text tasks: the longest answer a model may write.
    classes : tuple of str
        Image tasks: names of the classes.
    needs_directory : bool
        Whether the task reads files that the user must point to.
    """

    name: str
    modality: Modality
    summary: str
    load: Callable[[TaskRequest], TaskData]
    cue: str = ""
    max_target_tokens: int = 0
    classes: tuple[str, ...] = ()
    needs_directory: bool = False
