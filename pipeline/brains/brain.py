"""What a brain is: an entry of BRAINS, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.brains.dataset import BrainDataset, Modality
from pipeline.config.stages import PrepareConfig
from pipeline.errors import ConfigError, Problem, refuse


def _usual(setting: str) -> Any:
    """Take a default from where defaults are written."""
    return PrepareConfig.model_fields[setting].default


@dataclass(frozen=True)
class BrainRequest:
    """Where a brain's files lie, or how its subjects are simulated.

    Parameters
    ----------
    directory : Path, optional
        Folder of the files; brains that are simulated need none and brains that are not ignore
        everything below.
    seed : int
        The same seed gives the same stimuli and responses.
    n_subjects, n_stimuli : int
        Sentences come in passages of 4, pictures in pairs of the same identity.
    n_voxels : int
        Voxels in each ROI.
    effect : float
        Signal variance, as a multiple of the usual one of each ROI.
    group_noise, white_noise : float
        Variance of the noise that the stimuli of a group share in one presentation, and of the
        noise that every response has for itself. The signal of the strongest ROI has variance 1;
        with the usual noise it is a tenth of what is measured, as in single trials of fMRI.
    n_repeats : int
        Presentations of each stimulus.

    Raises
    ------
    ConfigError
        All problems at once: counts below their least, negative noise.
    """

    directory: Path | None = None
    seed: int = _usual("seed")
    n_subjects: int = _usual("n_subjects")
    n_stimuli: int = _usual("n_stimuli")
    n_voxels: int = _usual("n_voxels")
    effect: float = _usual("effect")
    group_noise: float = _usual("group_noise")
    white_noise: float = _usual("white_noise")
    n_repeats: int = _usual("n_repeats")

    def __post_init__(self) -> None:
        refuse(self._problems(), ConfigError)

    def _problems(self) -> Iterator[Problem]:
        least = {"seed": 0, "n_subjects": 1, "n_stimuli": 4, "n_voxels": 2, "n_repeats": 1}
        for field, minimum in {**least, "effect": 0, "group_noise": 0, "white_noise": 0}.items():
            value = getattr(self, field)
            if not value >= minimum:
                yield Problem(
                    f"brain request: {field}", f"at least {minimum}", f"{value}", f"Raise {field}."
                )


@dataclass(frozen=True)
class Brain:
    """An entry of BRAINS.

    Parameters
    ----------
    name : str
        Begins with ``simulated`` where the subjects are.
    modality : 'text', 'image' or 'either'
        Either, where only the files say which.
    summary : str
        One line for the list of brains.
    load : callable
        ``load(BrainRequest) -> BrainDataset``; raises DataError when files are missing or damaged.
    needs_directory : bool
        Whether the brain reads files that the user must point to.
    """

    name: str
    modality: Modality | Literal["either"]
    summary: str
    load: Callable[[BrainRequest], BrainDataset]
    needs_directory: bool = False
