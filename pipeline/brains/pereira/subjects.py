"""The subjects of an experiment, by the folders and files there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.brains.checks import require_directory
from pipeline.brains.names_to_keep import names_to_keep
from pipeline.brains.pereira.fields import ExperimentFile
from pipeline.brains.pereira.recordings import CURRENT, OLDER
from pipeline.errors import ConfigError, DataError, Problem, nearest
from pipeline.files.order import natural_key

_SENTENCES_384 = ExperimentFile("384sentences", 2, 384)
_SENTENCES_243 = ExperimentFile("243sentences", 3, 243)
# What can be asked for -> the files it is made of, in the order of the rows.
EXPERIMENTS: dict[str, tuple[ExperimentFile, ...]] = {
    "384": (_SENTENCES_384,),
    "243": (_SENTENCES_243,),
    "627": (_SENTENCES_384, _SENTENCES_243),
    **{
        f"180-{kind}": (ExperimentFile(f"180concepts_{kind}", 1, 180),)
        for kind in ("sentences", "pictures", "wordclouds")
    },
}
_REMEDY = "Unpack the archives of the participants into one folder, a folder for each."


@dataclass(frozen=True)
class SubjectFiles:
    """The subjects of an experiment, and those that lack it.

    Parameters
    ----------
    files : mapping of str to tuple of Path
        Subject -> one file for each part of the experiment.
    lacking : tuple of str
        Subjects with other experiments only.
    """

    files: Mapping[str, tuple[Path, ...]]
    lacking: tuple[str, ...]


def parts_of(experiment: str) -> tuple[ExperimentFile, ...]:
    """Return what an experiment is made of, or refuse its name."""
    if experiment not in EXPERIMENTS:
        hint = nearest(experiment, tuple(EXPERIMENTS))
        raise ConfigError(
            Problem("pereira2018: experiment", "a known experiment", repr(experiment), hint)
        )
    return EXPERIMENTS[experiment]


def find_subjects(
    directory: Path | None, experiment: str, subject_names: Sequence[str] = ()
) -> SubjectFiles:
    """Look for ``<subject>/data_*.mat`` and, where there is none, ``<subject>/examples_*.mat``.

    Parameters
    ----------
    directory : Path, optional
        The folder that holds a folder for each subject.
    experiment : str
        A key of EXPERIMENTS.
    subject_names : sequence of str, optional
        Subjects to keep; empty: all.

    Raises
    ------
    ConfigError
        If a subject is asked for that lacks the experiment.
    DataError
        If there is no such folder, or no subject in it has the experiment; says who has what.
    """
    parts = parts_of(experiment)
    directory = require_directory("pereira2018", directory, _REMEDY)
    known = {part.name: part for made_of in EXPERIMENTS.values() for part in made_of}
    available = {
        folder.name: {name: path for name, part in known.items() if (path := _file(folder, part))}
        for folder in sorted(directory.iterdir(), key=lambda path: natural_key(path.name))
        if folder.is_dir()
    }
    available = {subject: files for subject, files in available.items() if files}
    part_names = [part.name for part in parts]
    complete = {
        s: tuple(f[n] for n in part_names)
        for s, f in available.items()
        if set(part_names) <= set(f)
    }
    if not complete:
        who = "; ".join(f"{subject} has {', '.join(files)}" for subject, files in available.items())
        expected = f"a folder <subject>/ with {' and '.join(f'data_{n}.mat' for n in part_names)}"
        raise DataError(Problem(str(directory), expected, who or "no subject's files", _REMEDY))
    subjects_left = names_to_keep(
        "subjects", f"{directory} with {' and '.join(part_names)}", subject_names, complete
    )
    return SubjectFiles(
        {s: complete[s] for s in subjects_left}, tuple(s for s in available if s not in complete)
    )


def _file(folder: Path, part: ExperimentFile) -> Path | None:
    candidates = (folder / f"{family}_{part.name}.mat" for family in (CURRENT, OLDER))
    return next((path for path in candidates if path.exists()), None)
