"""Bases of the Hugging Face hub: found in its cache, or downloaded, or soon said to be neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BaseUnreachableError, Problem, refuse
from pipeline.hub import PATIENCE, client_errors, not_found, reachable

PATTERNS = ("*.json", "*.txt", "*.model", "*.safetensors")
_INSTEAD = (
    "or name as base a local directory that holds config.json, model.safetensors and (for text) "
    "the tokenizer files."
)
_CONNECT = f"Connect once so that they are cached, {_INSTEAD}"


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
    """Find out whether a model is neither in the cache nor, as the hub is silent, to be had."""
    if not _cached(model) and not reachable():
        yield _missing(model, not_found(), _CONNECT)


def fetch(model: HubModel) -> Path:
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
    if model.pinned or not reachable():
        if cached := _cached(model):
            return cached
        refuse(out_of_reach(model), BaseUnreachableError)
    return _downloaded(model)


def _cached(model: HubModel) -> Path | None:
    """Find a snapshot that holds weights in the local cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        found = snapshot_download(
            model.repository,
            revision=model.revision or None,
            # a snapshot without the other files of the repository is a whole one for us
            allow_patterns=list(PATTERNS),
            local_files_only=True,
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return Path(found) if any(Path(found).glob("*.safetensors")) else None


def _downloaded(model: HubModel) -> Path:
    """Download a model under the name it is asked for by, so that the cache finds it by that."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    asked = model.revision or None
    try:
        # for a refusal that comes soon: what follows looks the revision up without a time limit
        HfApi().model_info(model.repository, revision=asked, timeout=PATIENCE)
        found = snapshot_download(model.repository, revision=asked, allow_patterns=list(PATTERNS))
    except RevisionNotFoundError as error:
        remedy = "Ask for a branch, tag or commit that it has, or leave '@' out for the newest."
        problem = _missing(model, "a hub that knows no such revision of it", remedy)
        raise BaseUnreachableError(problem) from error
    except GatedRepoError as error:
        remedy = f"Accept its terms on the hub and log in with `hf auth login`, {_INSTEAD}"
        raise BaseUnreachableError(_missing(model, "terms to be accepted", remedy)) from error
    except RepositoryNotFoundError as error:
        remedy = "Correct the name; for a private one log in with `hf auth login`."
        problem = _missing(model, "a hub that knows no such repository", remedy)
        raise BaseUnreachableError(problem) from error
    except client_errors() as error:
        if cached := _cached(model):
            return cached  # it gave a sign of life and no more
        found = " ".join(str(error).split())[:200] or type(error).__name__
        raise BaseUnreachableError(_missing(model, found, _CONNECT)) from error
    return Path(found)


def revision_of(folder: Path) -> str:
    """Read the commit off a snapshot of the hub's cache; empty for any other folder."""
    return folder.name if folder.parent.name == "snapshots" else ""


def _missing(model: HubModel, found: str, remedy: str) -> Problem:
    expected = "its weights in the local Hugging Face cache or on the hub"
    return Problem(str(model), expected, found, remedy)
