"""The Hugging Face hub: whether it answers, and its libraries kept to their caches where not.

The hub's own client tries for 20 to 50 seconds before it gives up. Here the hub is asked for a sign
of life first: once, for all that need it, and as early as a command knows that it needs it.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from huggingface_hub import constants

PATIENCE = 2.5  # seconds that the hub has for an answer, counted from the question
HOLDS = 60.0  # seconds for which an answer, or that there was none, is taken for granted


class _Question:
    """A request to the hub, sent from a thread that need not come back.

    A name server alone can take longer than the time-out that a request is given.
    """

    def __init__(self) -> None:
        self.asked = time.monotonic()
        self.answer = False
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        try:
            request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310 (the hub's own)
            opener = urllib.request.build_opener()  # with the proxies that are named now
            with opener.open(request, timeout=PATIENCE):
                self.answer = True
        except urllib.error.HTTPError:
            self.answer = True  # it answers, if only with a refusal
        except (OSError, ValueError, http.client.HTTPException):
            return

    def answered(self) -> bool:
        """Wait for the answer as long as there is patience left."""
        self._thread.join(max(0.0, self.asked + PATIENCE - time.monotonic()))
        return self.answer


class _Hub:
    """The one question that is asked at a time."""

    def __init__(self) -> None:
        self._question: _Question | None = None

    def ask(self) -> _Question:
        """Ask, unless the last question is young enough to go by."""
        question = self._question
        if question is None or time.monotonic() - question.asked > HOLDS:
            question = self._question = _Question()
        return question

    def forget(self) -> None:
        """Let the next who wants to know ask anew."""
        self._question = None

    def give_up(self) -> None:
        """Take the hub for silent after all, until it is asked anew."""
        self.ask().answer = False


HUB = _Hub()


def offline() -> bool:
    """Say whether the environment forbids asking, in any spelling that the hub's client knows."""
    return constants.HF_HUB_OFFLINE


def ask_hub() -> None:
    """Ask the hub for a sign of life, through whatever proxy the environment names; wait for none.

    The earlier this is called, the less :func:`reachable` has to wait.
    """
    if not offline():
        HUB.ask()


def reachable() -> bool:
    """Say whether the hub answers, with whatever; within ``PATIENCE`` of the question."""
    return not offline() and HUB.ask().answered()


def not_found() -> str:
    """Say why the hub is out of reach, for the refusal of what no cache holds either."""
    silence = f"no answer from {constants.ENDPOINT} within {PATIENCE:g} seconds"
    reason = "HF_HUB_OFFLINE is set" if offline() else silence
    return f"the hub out of reach ({reason}) and no copy in the local cache"


def client_errors() -> tuple[type[Exception], ...]:
    """Name what the hub's client raises when it does not get what it asks for."""
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # for other libraries

    return (httpx.HTTPError, OSError, ValueError)


@dataclass(frozen=True)
class Absence:
    """Why the hub does not give a repository, and what may help besides doing without the hub."""

    reason: str
    remedy: str = ""


_REFUSALS = {
    "RepositoryNotFoundError": Absence(
        "a hub that knows no such repository",
        "Correct the name, log in with `hf auth login` if it is private",
    ),
    "RevisionNotFoundError": Absence(
        "a hub that knows no such revision of it", "Correct the revision"
    ),
    "GatedRepoError": Absence(
        "terms of use that have to be accepted first",
        "Accept its terms on the hub and log in with `hf auth login`",
    ),
}


def absence(repository: str, revision: str, kind: Literal["model", "dataset"]) -> Absence | None:
    """Ask the hub for a repository; nothing is downloaded.

    Parameters
    ----------
    repository : str
    revision : str
        Commit, branch or tag; empty for the newest commit.
    kind : 'model' or 'dataset'

    Returns
    -------
    Absence or None
        None if the hub has it; after a few seconds an Absence where it does not answer.
    """
    if not reachable():
        return Absence(not_found())
    from huggingface_hub import HfApi
    from huggingface_hub import errors as hub

    try:
        HfApi().repo_info(repository, revision=revision or None, repo_type=kind, timeout=PATIENCE)
    except hub.HfHubHTTPError as error:
        return _REFUSALS.get(type(error).__name__, Absence(said_by(error)))
    except ValueError as error:  # not a possible name, or what answers is no hub
        return Absence(said_by(error))
    except client_errors():
        HUB.give_up()  # or each who asks would wait as long
        return Absence(not_found())
    return None


def said_by(error: Exception) -> str:
    """Give the words of an error of the hub's client, in one short line."""
    words, _, _ = str(error).partition("For more information")
    return " ".join(words.split())[:200] or type(error).__name__


@contextmanager
def hub_or_cache() -> Iterator[bool]:
    """Let the hub's client look into its cache only, where the hub gives no answer in time.

    It reads the constant that is set here at each call.

    Yields
    ------
    bool
        Whether the hub can be reached.
    """
    before = constants.HF_HUB_OFFLINE
    answers = reachable()
    constants.HF_HUB_OFFLINE = not answers
    try:
        yield answers
    finally:
        constants.HF_HUB_OFFLINE = before
