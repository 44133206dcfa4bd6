"""The Hugging Face hub: what is cached or can be fetched, and soon an answer if neither."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from pathlib import Path

from pipeline.errors import BaseUnreachableError, Problem

PATTERNS = ("*.json", "*.txt", "*.model", "*.safetensors")
PATIENCE = 3.0  # seconds: the hub's own client tries for 20 to 50 before it gives up


def fetch(repository: str, revision: str = "") -> Path:
    """Find a repository in the local cache, or download its configuration, tokenizer and weights.

    Parameters
    ----------
    repository : str
        ``organisation/name``.
    revision : str
        Commit, branch or tag; empty takes the newest commit.

    Returns
    -------
    Path
        Of the cache's snapshot, whose name is the commit.

    Raises
    ------
    BaseUnreachableError
        Within seconds, when it is neither cached nor within reach.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    pinned = _is_commit(revision)  # what can have no newer state is not asked for again
    alive = not pinned and reachable()
    cached = None if alive else _cached(repository, revision)
    if cached:
        return cached
    if not alive and not (pinned and reachable()):
        raise BaseUnreachableError(_unreachable(repository, revision))
    try:
        commit = HfApi().model_info(repository, revision=revision or None, timeout=PATIENCE).sha
        found = snapshot_download(repository, revision=commit, allow_patterns=list(PATTERNS))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise BaseUnreachableError(_unreachable(repository, revision, str(error))) from error
    return Path(found)


def _cached(repository: str, revision: str) -> Path | None:
    """Find a snapshot that holds weights in the local cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        found = snapshot_download(repository, revision=revision or None, local_files_only=True)
    except (LocalEntryNotFoundError, OSError):
        return None
    return Path(found) if any(Path(found).glob("*.safetensors")) else None


def revision_of(folder: Path) -> str:
    """Read the commit off a snapshot of the hub's cache; empty for any other folder."""
    return folder.name if folder.parent.name == "snapshots" else ""


def reachable(opened: Callable[..., object] = urllib.request.urlopen) -> bool:
    """Ask the hub for a sign of life, through whatever proxy the environment names.

    Parameters
    ----------
    opened : callable
        Opens an address within ``timeout`` seconds or raises; tests put another in its place.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    asked = urllib.request.Request(address, method="HEAD")
    # in a thread of its own, because looking a name up knows no time limit
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        pool.submit(opened, asked, timeout=PATIENCE).result(timeout=PATIENCE)
    except urllib.error.HTTPError:
        return True  # it answers, if only with a refusal
    except (OSError, TimeoutError):
        return False
    finally:
        pool.shutdown(wait=False)
    return True


def _is_commit(revision: str) -> bool:
    return len(revision) == 40 and set(revision) <= set("0123456789abcdef")


def _unreachable(repository: str, revision: str, error: str = "") -> Problem:
    offline = "HF_HUB_OFFLINE" in os.environ
    state = "HF_HUB_OFFLINE is set" if offline else f"no answer within {PATIENCE:g} seconds"
    return Problem(
        f"base {repository} at {revision or 'its newest revision'}",
        "its weights in the local Hugging Face cache or on the hub",
        error.splitlines()[0] if error else f"{state}, and no copy in the local cache",
        "Connect once so that they are cached, or name as base a local directory that holds "
        "config.json, model.safetensors and (for text) the tokenizer files.",
    )
