"""A stage is another one when the code it uses has changed, its page's template included."""

import pytest

from pipeline.tracking import fingerprints
from pipeline.tracking.stages.report.stage import CODE


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package of two files, and let digests be of it."""
    monkeypatch.setattr(fingerprints, "PIPELINE", tmp_path)
    folder = tmp_path / "drawn"
    folder.mkdir()
    (folder / "drawing.py").write_text("x = 1\n")
    (folder / "page.html.j2").write_text("<p>{{ x }}</p>\n")
    return folder


def digest_of(folder):
    fingerprints.code_digest.cache_clear()
    found = fingerprints.code_digest((folder.name,))
    fingerprints.code_digest.cache_clear()
    return found


@pytest.mark.parametrize("name", ["drawing.py", "page.html.j2"])
def test_a_changed_module_or_template_is_other_code(package, name):
    before = digest_of(package)
    assert digest_of(package) == before
    (package / name).write_text("changed\n")
    assert digest_of(package) != before


def test_what_python_leaves_behind_is_no_code(package):
    before = digest_of(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "drawing.cpython-311.pyc").write_bytes(b"compiled")
    assert digest_of(package) == before


def test_the_code_of_a_report_is_there():
    for place in CODE:
        found = fingerprints.PIPELINE / place
        assert found.is_dir() or found.with_suffix(".py").is_file()
