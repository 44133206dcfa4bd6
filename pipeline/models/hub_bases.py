"""Bases of the Hugging Face hub: found in its cache, or downloaded, or soon said to be neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BaseUnreachableError, Problem, refuse
from pipeline.hub import absence, client_errors, said_by
from pipeline.models.travelling.card import BASE_FILES

_INSTEAD = (
    "name as base a local directory that holds config.json, model.safetensors and (for text) "
    "the tokenizer files."
)


@dataclass(frozen=True)
class HubModel:
    """A model of the hub.

    Parameters
    ----------
    repository : str
        ``organisation/name``.
    revision : str
        Commit, branch or tag; empty for the newest commit.
    """

    repository: str
    revision: str = ""

    def __str__(self) -> str:
        return f"base {self.repository} at {self.revision or 'its newest revision'}"

    @property
    def pinned(self) -> bool:
        """Whether it is named by a commit, which can have no newer state."""
        return len(self.revision) == 40 and set(self.revision) <= set("0123456789abcdef")


def out_of_reach(model: HubModel) -> Iterator[Problem]:
    """Find out whether a model is neither in the cache nor to be had from the hub."""
    if not cached(model):
        yield from _absent(model)


def fetch_model(model: HubModel) -> Path:
    """Find a model in the local cache, or download its configuration, tokenizer and weights.

    Returns
    -------
    Path
        Of the cache's snapshot, whose name is the commit.

    Raises
    ------
    BaseUnreachableError
        Within seconds, when it is neither cached nor within reach, or the hub does not have it.
    """
    snapshot = cached(model)
    if snapshot and (model.pinned or any(_absent(model))):
        return snapshot
    refuse(() if snapshot else _absent(model), BaseUnreachableError)
    return _downloaded(model)


def _absent(model: HubModel) -> Iterator[Problem]:
    if absent := absence(model.repository, model.revision, "model"):
        yield _missing(model, absent.reason, absent.remedy or "Connect once to have it cached")


def cached(model: HubModel) -> Path | None:
    """Find a snapshot that holds weights in the local cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            model.repository,
            revision=model.revision or None,
            # a snapshot without the other files of the repository is a whole one for us
            allow_patterns=list(BASE_FILES),
            local_files_only=True,
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return Path(folder) if any(Path(folder).glob("*.safetensors")) else None


def _downloaded(model: HubModel) -> Path:
    from huggingface_hub import snapshot_download

    # by the name it is asked for by, not its commit: the cache is to find it by that
    revision = model.revision or None
    try:
        folder = snapshot_download(
            model.repository, revision=revision, allow_patterns=list(BASE_FILES)
        )
    except client_errors() as error:
        problem = _missing(model, said_by(error), "Try again")
        raise BaseUnreachableError(problem) from error
    return Path(folder)


def revision_of(folder: Path) -> str:
    """Read the commit off a snapshot of the hub's cache; empty for any other folder."""
    return folder.name if folder.parent.name == "snapshots" else ""


def _missing(model: HubModel, reason: str, remedy: str) -> Problem:
    expected = "its weights in the local Hugging Face cache or on the hub"
    return Problem(str(model), expected, reason, f"{remedy}, or {_INSTEAD}")
