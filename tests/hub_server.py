"""A hub of one's own: what the Hugging Face clients ask of the real one, from folders on this disk.

Answers as https://huggingface.co does, as far as the installed huggingface_hub and datasets ask:
what a repository is at a revision, which files it has there, and the files with the headers that
the cache is laid out by.
"""

import hashlib
import json
import os
import re
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

API = re.compile(
    r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/([^/]+))?(.*)"
)
FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


@dataclass(frozen=True)
class Repository:
    """A folder as the hub shows it.

    Parameters
    ----------
    folder : Path
        Its files, as they are now; they decide the commit.
    branches : tuple of str
        Names of its newest commit.
    gated : bool
        Whether it is kept from those who have not accepted its terms.
    """

    folder: Path
    branches: tuple[str, ...] = ("main",)
    gated: bool = False

    def files(self):
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path for path in paths}

    def oid(self, name):
        content = self.files()[name].read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def listed(self, inside, recursive):
        """List a folder of it: with what lies deeper, or with folders in its place."""
        start = f"{inside}/" if inside else ""
        below = [name for name in self.files() if name.startswith(start)]
        if recursive:
            return [self.described(name) for name in below]
        here = [name for name in below if "/" not in name[len(start) :]]
        deeper = {start + name[len(start) :].split("/")[0] for name in below} - set(here)
        folders = [{"type": "directory", "path": path, "oid": ""} for path in sorted(deeper)]
        return folders + [self.described(name) for name in here]

    @property
    def commit(self):
        listed = [(name, self.oid(name)) for name in self.files()]
        return hashlib.sha1(repr(listed).encode()).hexdigest()

    def has(self, revision):
        return revision in (*self.branches, self.commit)

    def described(self, name):
        size = self.files()[name].stat().st_size
        return {"type": "file", "path": name, "oid": self.oid(name), "size": size}


@dataclass
class Hub:
    """Repositories by kind and name, the address, and what was asked for.

    Parameters
    ----------
    repositories : dict of (str, str) to Repository
        Keys such as ``("models", "organisation/name")``.
    """

    repositories: dict
    requests: list = field(default_factory=list)
    address: str = ""

    def answer(self, method, url, body):
        """Give status, headers and content of the answer to a request."""
        self.requests.append(f"{method} {url}")
        parts = urlsplit(url)
        path = parts.path
        if path == "/":
            return 200, {}, b""
        if match := API.fullmatch(path):
            kind, name, what, revision, below = match.groups()
            repository, refusal = self._repository(kind, name, unquote(revision or "main"))
            if refusal:
                return refusal
            if what == "tree":
                recursive = parse_qs(parts.query).get("recursive") == ["true"]
                return _tree(repository, unquote(below).strip("/"), recursive)
            return _paths(repository, body) if what == "paths-info" else _info(repository, name)
        if match := FILE.fullmatch(path):
            datasets, name, revision, file = match.groups()
            kind = "datasets" if datasets else "models"
            return self._file(kind, name, unquote(revision), unquote(file))
        return _refusal(404, "", "no such page")

    def _repository(self, kind, name, revision):
        repository = self.repositories.get((kind, name))
        if repository is None:  # as the hub does, which will not say whether there is a private one
            return None, _refusal(401, "RepoNotFound", "Invalid username or password.")
        if repository.gated:
            return None, _refusal(403, "GatedRepo", "Access to this model is restricted.")
        if not repository.has(revision):
            return None, _refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repository, None

    def _file(self, kind, name, revision, file):
        repository, refusal = self._repository(kind, name, revision)
        if refusal:
            return refusal
        if file not in repository.files():
            return _refusal(404, "EntryNotFound", "Entry not found")
        headers = {"ETag": f'"{repository.oid(file)}"', "X-Repo-Commit": repository.commit}
        return 200, headers, repository.files()[file].read_bytes()


def _info(repository, name):
    siblings = [{"rfilename": file} for file in repository.files()]
    return _json({"id": name, "sha": repository.commit, "siblings": siblings, "tags": []})


def _tree(repository, inside, recursive):
    match = repository.listed(inside, recursive)
    return _json(match) if match else _refusal(404, "EntryNotFound", f"{inside} does not exist")


def _paths(repository, body):
    fields = json.loads(body) if body.startswith(b"{") else parse_qs(body.decode())
    return _json([repository.described(n) for n in fields["paths"] if n in repository.files()])


def _json(content):
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _refusal(status, code, message):
    headers = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
    return status, headers, json.dumps({"error": message}).encode()


@contextmanager
def served(repositories):
    """Serve repositories on this machine while the block lasts."""
    hub = Hub(repositories)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = hub.answer(self.command, self.path, body)
            status, headers, content = _part(status, headers, content, self.headers.get("Range"))
            with suppress(ConnectionError):  # whoever asked has given up
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

        do_GET = do_HEAD = do_POST = handle_any  # noqa: N815 (the names http.server looks for)

        def log_message(self, *_):
            """Keep requests out of the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _part(status, headers, content, asked_range):
    """Cut out the bytes that a request asks for, as parquet's readers do."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked_range or "")
    if status != 200 or not match:
        return status, headers, content
    first, last = int(match[1]), int(match[2] or len(content) - 1)
    span = f"bytes {first}-{min(last, len(content) - 1)}/{len(content)}"
    return 206, {**headers, "Content-Range": span}, content[first : last + 1]


def on_its_own(hub, home):
    """Make the environment in which a process has this hub, a cache of its own, and these modules.

    The clients read both addresses while they are imported, so a process must start with them.
    """
    inherited = {
        k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", "MLFLOW_RUN_ID")
    }
    tests = Path(__file__).parent
    return {
        **inherited,
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(home),
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}",
    }
