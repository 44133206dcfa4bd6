"""Digests of the files of a folder, wherever MLflow keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.artifacts import download_artifacts
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

#: What MLflow and Python leave beside files that they read.
LEFT_BEHIND = {"registered_model_meta", "__pycache__"}


def digest_of_bytes(content: bytes) -> str:
    """SHA-256 of what a file holds."""
    return hashlib.sha256(content).hexdigest()


def file_digests(folder: Path) -> dict[str, str]:
    """Digest every file below a folder, but for what MLflow and Python leave behind.

    Returns
    -------
    dict of str to str
        Path relative to the folder -> SHA-256.
    """
    paths = {path.relative_to(folder): path for path in sorted(folder.rglob("*"))}
    return {
        name.as_posix(): file_digest(path)
        for name, path in paths.items()
        if path.is_file() and not LEFT_BEHIND.intersection(name.parts)
    }


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    status = path.stat()
    return _content(path.resolve(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _content(path: Path, size: int, changed: int) -> str:
    """Digest a file once: asked again, it is read only if its size or time has changed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def damage(expected: Mapping[str, str], folder: Path, further: bool = False) -> list[str]:
    """List the files of a folder that are not as they were.

    Parameters
    ----------
    expected : mapping of str to str
        From :func:`file_digests`.
    folder : Path
    further : bool
        Whether a file that was not there counts, too.

    Returns
    -------
    list of str
        'scores.csv missing', 'scores.csv changed', 'scores.csv added'.
    """
    paths = {name: folder / name for name in expected}
    missing = {name for name, path in paths.items() if not path.is_file()}
    changed = {
        name for name in expected.keys() - missing if file_digest(paths[name]) != expected[name]
    }
    added = file_digests(folder).keys() - expected.keys() if further else set()
    kinds = {"missing": missing, "changed": changed, "added": added}
    return [f"{name} {kind}" for kind, names in kinds.items() for name in sorted(names)]


@contextmanager
def folder_at(uri: str) -> Iterator[Path]:
    """Give a folder of artifacts: where it lies on this machine, else a copy until the block ends.

    Raises
    ------
    MlflowException, OSError
        When there is no such folder.
    """
    repository = get_artifact_repository(uri)
    if isinstance(repository, LocalArtifactRepository):
        yield Path(repository.artifact_dir)
        return
    with TemporaryDirectory(prefix="artifacts-") as name:
        yield Path(download_artifacts(artifact_uri=uri, dst_path=name))
