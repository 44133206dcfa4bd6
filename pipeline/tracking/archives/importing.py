"""``import``: an archive of a study in, a store that holds it out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from pipeline.config import ImportConfig
from pipeline.errors import DataError, Problem, refuse
from pipeline.tracking.archives.exporting import DATABASE
from pipeline.tracking.archives.sums import MANIFEST, Contents, problems_of, read_contents
from pipeline.tracking.databases import is_store
from pipeline.tracking.moved_stores import follow_move


@dataclass(frozen=True)
class Imported:
    """A store made from an archive."""

    folder: Path
    contents: Contents

    @property
    def uri(self) -> str:
        """What ``MLFLOW_TRACKING_URI`` is to be set to."""
        return f"sqlite:///{self.folder / DATABASE}"


def import_study(config: ImportConfig) -> Imported:
    """Check an archive and make a store of it, in a folder of its own.

    Raises
    ------
    DataError
        It is no archive of a study or is damaged, or the folder holds something or cannot be
        written. Nothing is made then.
    """
    path = Path(config.archive).expanduser().absolute()
    folder = Path(config.folder).expanduser().absolute()
    refuse(_folder_problems(folder), DataError)
    try:
        with ZipFile(path) as archive:
            contents = read_contents(archive)
            refuse(problems_of(path.name, archive, contents), DataError)
            _unpack(archive, folder)
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        remedy = "Name the file that export has written."
        reason = " ".join(str(error).split())
        raise DataError(Problem(str(path), "an archive of a study", reason, remedy)) from error
    follow_move(folder / DATABASE)
    return Imported(folder, contents)


def _folder_problems(folder: Path) -> Iterator[Problem]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        finding = "something in it" if folder.is_dir() else "a file"
        yield Problem(
            "folder", "an empty or new folder", f"{finding} ('{folder}')", "Change folder."
        )


def _unpack(archive: ZipFile, folder: Path) -> None:
    """Unpack beside a folder, and put it in its place when it is whole."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        archive.extractall(partial, [name for name in archive.namelist() if name != MANIFEST])
        if not is_store(partial / DATABASE):
            raise ValueError(f"no {DATABASE} that is a store of MLflow's")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:  # of writing: what is in the archive has been read and compared
        expected, remedy = "a place that can be written", "Change folder, or make room there."
        raise DataError(Problem("folder", expected, str(error), remedy)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
