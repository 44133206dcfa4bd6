"""Pictures in folders whose names are their classes, unpacked or still in a tar archive."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.data.reading.folder import checked_directory, split_name
from pipeline.data.reading.raw import read_bytes
from pipeline.data.rows import ASK_ANEW, Rows, Splits, unreadable
from pipeline.errors import DataError, Problem
from pipeline.files.folders import is_left_behind
from pipeline.files.order import natural_key
from pipeline.files.picture_files import SUFFIXES

_ARCHIVES = (".tar", ".tar.gz", ".tgz")
_MAX_PICTURE = 1 << 28
_WHOLE = "all"  # the split of a folder that is not divided


@dataclass(frozen=True)
class _File:
    """A picture's file: its path below the directory or the archive, and how to get its bytes."""

    path: PurePosixPath
    place: str
    read: Callable[[], bytes]


def class_folder_splits(directory: Path) -> Splits:
    """Find the classes and splits of a folder of pictures.

    The folder that a picture lies in is its class. A folder above that with the name of a split
    (train, val, test, …) says to which split it belongs; without any, all of them are one split.
    Archives (.tar, .tar.gz) in the directory are read as if they were unpacked there, one by one as
    pictures are asked for.

    Returns
    -------
    Splits
        Rows with the columns ``image``, a file's bytes, and ``label``, its class's name.

    Raises
    ------
    DataError
        If there are no pictures in folders, or fewer than two classes.
    """
    files = [*_unpacked(checked_directory(directory)), *_archived(directory)]
    grouped: dict[str, list[_File]] = {}
    for file in files:
        if len(file.path.parts) < 2:
            continue  # a picture beside the folders has no class
        above = PurePosixPath(*file.path.parts[:-2])
        grouped.setdefault(split_name(Path(above)) or _WHOLE, []).append(file)
    names = {file.path.parts[-2] for files in grouped.values() for file in files}
    classes = tuple(sorted(names, key=natural_key))
    if len(classes) < 2:
        raise DataError(
            Problem(
                str(directory),
                "a folder of pictures for each of at least two classes, or such "
                "folders in train, val and test, or in a tar archive",
                f"{len(files)} pictures in {len(classes)} such folders",
                "Point data_dir to the folder above them.",
            )
        )
    rows = {name: _reader(members) for name, members in grouped.items()}
    return Splits(str(directory), rows, classes)


def _reader(files: Sequence[_File]) -> Callable[[], Rows]:
    def row(index: int) -> dict[str, bytes | str]:
        return {"image": files[index].read(), "label": files[index].path.parts[-2]}

    return lambda: Rows(len(files), row, lambda index: files[index].place)


def _unpacked(directory: Path) -> list[_File]:
    files = (p for p in directory.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    visible = (p for p in files if not is_left_behind(p.relative_to(directory)))
    paths = sorted(visible, key=lambda path: natural_key(str(path)))
    return [
        _File(PurePosixPath(p.relative_to(directory).as_posix()), str(p), partial(read_bytes, p))
        for p in paths
    ]


def _archived(directory: Path) -> list[_File]:
    archives = sorted(
        (p for p in directory.iterdir() if p.name.lower().endswith(_ARCHIVES)),
        key=lambda path: natural_key(path.name),
    )
    return [file for archive in archives for file in _members(archive)]


def _members(archive: Path) -> list[_File]:
    """List the pictures of an archive; their bytes are kept packed no longer than this takes.

    A packed archive can only be read from its beginning, so the (small, compressed) files of the
    pictures are taken into memory in one pass; they are decoded when asked for.
    """
    files: list[_File] = []
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                path = PurePosixPath(member.name)
                passed_over = path.suffix.lower() not in SUFFIXES or is_left_behind(path)
                if passed_over or not member.isfile():
                    continue
                if member.size > _MAX_PICTURE:
                    size = f"{member.size:,} bytes"
                    expected = f"a picture of at most {_MAX_PICTURE:,} bytes"
                    raise DataError(Problem(f"{archive}: {path}", expected, size, ASK_ANEW))
                stream = opened.extractfile(member)
                content = stream.read() if stream is not None else b""
                files.append(_File(path, f"{archive}: {path}", partial(bytes, content)))
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise unreadable(archive, error, "a whole tar archive") from error
    return sorted(files, key=lambda file: natural_key(str(file.path)))
