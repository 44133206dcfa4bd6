"""Parts of a long test, each run by itself: which of them have passed with the code as it is."""

import hashlib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("pipeline", "entrypoints", "tests/faults")


class Parts:
    """Remembers in pytest's cache which parts have passed, until the code changes.

    Parameters
    ----------
    cache : pytest's cache
    name : str
        Of the whole.
    """

    def __init__(self, cache, name):
        self.cache, self.name = cache, f"faults/{name}"

    def finish(self, part):
        """Note that a part has passed."""
        parts = list(dict.fromkeys([*self.finished(), part]))
        self.cache.set(self.name, {"code": code_digest(), "parts": parts})

    def finished(self):
        """List the parts that have passed with this code."""
        noted = self.cache.get(self.name, {})
        return noted["parts"] if noted.get("code") == code_digest() else []

    def missing(self, parts):
        """List those of some parts that have not passed with this code."""
        passed = self.finished()
        return [part for part in parts if part not in passed]


def code_digest():
    """Digest all code that could change what a command answers."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
