"""Bases come from the hub by its own client, over HTTP, and afterwards from its cache."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from hub_server import Repository, on_its_own, served

from pipeline.models.bases import PRETRAINED

SCRIPT = """
import json, sys
from pipeline.errors import PipelineError
from pipeline.models.bases import find_base
from pipeline.models.hub_bases import fetch_model

found = {}
for name in sys.argv[1:]:
    try:
        found[name] = str(fetch_model(find_base(name).hub))
    except PipelineError as error:
        found[name] = str(error)
print(json.dumps(found))
"""
REFUSED = {
    "org/none": "a hub that knows no such repository. Correct .* name as base a local directory",
    "org/tiny@v2": "base org/tiny at v2: .* a hub that knows no such revision of it. Correct",
    "org/gated": "found terms of use .*Accept its terms on the hub and log in",
}


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    """Ask a hub for bases, and again when it is gone: what came of each, and all requests."""
    place = tmp_path_factory.mktemp("hub")
    shutil.copytree(PRETRAINED / "tiny-gpt2", place / "tiny")
    (place / "tiny" / "README.md").write_text("# As every repository of the hub has one")
    (place / "tiny" / "pytorch_model.bin").write_bytes(b"the same weights, pickled")
    repositories = {
        ("models", "org/tiny"): Repository(place / "tiny", ("main", "v1")),
        ("models", "org/newest"): Repository(place / "tiny"),
        ("models", "org/gated"): Repository(place / "tiny", gated=True),
    }
    commit = repositories["models", "org/tiny"].commit
    names = [f"org/tiny@{commit}", "org/tiny@v1", "org/newest", *REFUSED]

    def ask():
        command = [sys.executable, "-c", SCRIPT, *names]
        done = subprocess.run(
            command, env=on_its_own(hub, place / "home"), capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    with served(repositories) as hub:
        first = ask()
    requests = list(hub.requests)
    return {"first": first, "gone": ask(), "requests": requests, "commit": commit, "place": place}


def test_a_base_is_downloaded_at_the_revision_that_is_asked_for(downloads):
    commit = downloads["commit"]
    for name in (f"org/tiny@{commit}", "org/tiny@v1", "org/newest"):
        assert downloads["first"][name].endswith(f"/snapshots/{commit}")
    assert f"GET /api/models/org/tiny/revision/{commit}" in downloads["requests"]


def test_what_is_downloaded_is_what_the_hub_has_and_no_pickle(downloads):
    source = PRETRAINED / "tiny-gpt2"
    for name in (f"org/tiny@{downloads['commit']}", "org/newest"):
        folder = downloads["place"] / downloads["first"][name]
        copied = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert copied == {path.name: path.read_bytes() for path in source.iterdir()}
    assert not [request for request in downloads["requests"] if ".bin" in request]


def test_the_cached_copy_serves_when_the_hub_is_gone(downloads):
    for name in (f"org/tiny@{downloads['commit']}", "org/tiny@v1", "org/newest"):
        assert downloads["gone"][name] == downloads["first"][name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_hub_does_not_give_is_refused_with_the_reason(downloads, name):
    assert re.search(REFUSED[name], downloads["first"][name])


def test_a_hub_that_is_gone_is_not_taken_for_one_that_knows_no_such_base(downloads):
    assert "the hub out of reach (no answer from http://127" in downloads["gone"]["org/none"]
    assert "name as base a local directory" in downloads["gone"]["org/none"]
