"""README's tables, links and lines are true; its commands are run by the slow tests."""

import re
import zipfile

import pytest

from entrypoints.names import page, short_table
from examples.folders import arrays, nifti, write
from pipeline.brains.load import load_brain
from pipeline.tracking.catalogue import catalogue

LONGEST = 12  # lines of what a reader copies


@pytest.fixture(scope="module")
def readme(repository):
    return (repository / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_names_are_those_of_the_registries(readme, repository):
    names = catalogue()
    advice = "run: python -m entrypoints.names"
    assert f"<!-- names -->\n{short_table(names)}<!-- end of names -->" in readme, advice
    assert (repository / "docs" / "names.md").read_text(encoding="utf-8") == page(names), advice


def test_every_registered_name_stands_in_the_table_of_readme(readme):
    for listed in catalogue().names.values():
        assert all(f"`{name}`" in readme for name in listed)


def test_links_to_files_lead_somewhere(readme, repository):
    places = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme)
    assert len(places) >= 10
    assert [place for place in places if not (repository / place).exists()] == []


def test_what_a_reader_copies_is_short(readme):
    for part in readme.split("**Your ")[1:]:
        blocks = re.findall(r"```\w+\n(.*?)```", part.split("\n## ")[0], re.DOTALL)
        assert 0 < "".join(blocks).count("\n") <= LONGEST
    python = re.search(r"## In Python\n.*?```python\n(.*?)```", readme, re.DOTALL)[1]
    assert len([line for line in python.splitlines() if line]) == 6


def test_the_picture_of_readme_says_that_its_subjects_are_simulated(readme, repository):
    assert "![Simulated subjects" in readme
    drawing = (repository / "docs" / "answer.svg").read_text(encoding="utf-8")
    assert drawing.count("(simulated)") == 2  # one for each modality


@pytest.mark.parametrize("place", ["README.md", "docs/index.md"])
def test_the_answer_in_words_is_that_of_the_picture(repository, place):
    answer = re.search(
        r"which say nothing about brains:\n\*(.+)\*\n", (repository / place).read_text()
    )
    drawing = (repository / "docs" / "answer.svg").read_text(encoding="utf-8")
    assert answer[1] in drawing


@pytest.mark.parametrize(("kind", "files"), [("arrays", arrays), ("nifti", nifti)])
def test_a_folder_to_download_is_the_one_the_command_writes_and_loads(
    repository, tmp_path, kind, files
):
    offered = repository / "docs" / "downloads" / f"{kind}.zip"
    write(tmp_path / "again.zip", files())
    with zipfile.ZipFile(offered) as archive, zipfile.ZipFile(tmp_path / "again.zip") as again:
        assert archive.namelist() == again.namelist()
        assert all(archive.read(name) == again.read(name) for name in again.namelist())
        archive.extractall(tmp_path / kind)
    brain = load_brain(kind, str(tmp_path / kind))
    sizes = {name: {roi: len(v) for roi, v in s.rois.items()} for name, s in brain.subjects.items()}
    assert sizes == {name: {"front": 32, "back": 32} for name in ("s1", "s2", "s3")}
