"""What a brain is: an entry of BRAINS, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.brains.dataset import BrainDataset
from pipeline.config import PrepareConfig
from pipeline.errors import ConfigError, Problem, nearest, refuse
from pipeline.words import Modality

_LEAST = {"seed": 0, "n_subjects": 1, "n_stimuli": 4, "n_voxels": 2, "n_repeats": 1, "effect": 0,
          "group_noise": 0, "white_noise": 0, "image_size": 1, "max_unusable": 0}  # fmt: skip
_WORDS = ("groups", "hemispheres", "tr", "zscore")
FILE_SETTINGS = frozenset(("subjects", "rois", "max_unusable"))
SIMULATION_SETTINGS = frozenset(
    ("seed", "n_subjects", "n_stimuli", "n_voxels", "effect", "group_noise", "white_noise",
     "n_repeats")
)  # fmt: skip


def _usual(setting: str) -> Any:
    """Take a default from where defaults are written."""
    return PrepareConfig.model_fields[setting].default


@dataclass(frozen=True)
class BrainRequest:
    """Where a brain's files lie and what is wanted of them, or how its subjects are simulated.

    Each brain knows some of these settings, listed in :class:`Brain`; the others stay as they are.

    Parameters
    ----------
    directory : Path, optional
        Folder of the files; brains that are simulated need none.
    seed : int
        Simulated, as all up to ``n_repeats``: the same seed gives the same stimuli and responses.
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
    subjects, rois : tuple of str
        Those to keep; empty: all.
    max_unusable : float
        Largest share of a ROI's voxels that may be left out as NaN, infinite or constant.
    groups : '', 'passage', 'topic', 'image' or 'source'
        What makes a stimulus group; '': what is usual for the brain.
    hemispheres : 'joined' or 'apart'
        ROIs ``LOC`` and so on, or ``LHLOC`` and ``RHLOC``.
    tr : '1' to '5' or '34'
        Volume after the onset, or the mean of 3 and 4.
    zscore : 'session' or 'none'
    image_size : int
        Height and width of the pictures: 4,916 of 224 pixels take 740 MB.
    image_dir : Path, optional
        Folder of the pictures, where it is not the usual one in ``directory``.
    atlas, labels : Path, optional
        A volume with the number of its ROI in each voxel, and the table of their names.

    Raises
    ------
    ConfigError
        All problems at once: numbers below their least, words that do not exist.
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
    subjects: tuple[str, ...] = ()
    rois: tuple[str, ...] = ()
    max_unusable: float = _usual("max_unusable")
    groups: str = _usual("groups")
    hemispheres: str = _usual("hemispheres")
    tr: str = _usual("tr")
    zscore: str = _usual("zscore")
    image_size: int = _usual("image_size")
    image_dir: Path | None = None
    atlas: Path | None = None
    labels: Path | None = None

    def __post_init__(self) -> None:
        refuse(self._problems(), ConfigError)

    @property
    def changed(self) -> dict[str, Any]:
        """The settings, without the directory, that are not as usual."""
        return {
            field.name: value
            for field in fields(self)
            if field.name != "directory" and (value := getattr(self, field.name)) != field.default
        }

    def _problems(self) -> Iterator[Problem]:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not value >= least:
                yield Problem(
                    f"brain request: {name}", f"at least {least}", f"{value}", f"Raise {name}."
                )
        for name in _WORDS:
            known = get_args(PrepareConfig.model_fields[name].annotation)
            value = str(getattr(self, name))
            if value not in known:
                words = tuple(filter(None, known))
                yield Problem(
                    name, f"one of {', '.join(words)}", repr(value), nearest(value, words)
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
    read : callable
        ``read(BrainRequest) -> BrainDataset``; raises DataError when files are missing or damaged.
    settings : frozenset of str
        The settings of a request that the brain knows.
    needs_directory : bool
        Whether the brain reads files that the user must point to.
    """

    name: str
    modality: Modality | Literal["either"]
    summary: str
    read: Callable[[BrainRequest], BrainDataset]
    settings: frozenset[str] = frozenset()
    needs_directory: bool = False

    def load(self, request: BrainRequest) -> BrainDataset:
        """Read the brain dataset.

        Raises
        ------
        ConfigError
            All settings at once that were changed though this brain does not know them.
        DataError
            When files are missing, damaged, or do not match one another.
        """
        refuse(self._unknown(request), ConfigError)
        return self.read(request)

    def _unknown(self, request: BrainRequest) -> Iterator[Problem]:
        for name, value in request.changed.items():
            if name not in self.settings:
                known = ", ".join(s for s in PrepareConfig.model_fields if s in self.settings)
                told = ",".join(value) if isinstance(value, tuple) else value
                yield Problem(
                    name,
                    f"a setting that brain '{self.name}' knows ({known or 'it has none'})",
                    f"{name}={told}",
                    f"Leave {name} out. Its help: {PrepareConfig.model_fields[name].description}",
                )
