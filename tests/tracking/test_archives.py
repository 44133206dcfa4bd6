"""A study travels as one archive: opened elsewhere it is the same, and damage is refused."""

import hashlib
import json
import zipfile

import mlflow
import pytest
from small_study import STUDY

from pipeline.config import ExportConfig, ImportConfig, ReportConfig
from pipeline.errors import DataError, RegistryError
from pipeline.tracking.archives.exporting import export_study
from pipeline.tracking.archives.importing import import_study
from pipeline.tracking.lineage import read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.align.aligned import Aligned
from pipeline.tracking.stages.report.stage import run_report
from pipeline.tracking.stages.study import run_study
from pipeline.tracking.store import open_store


@pytest.fixture(scope="module")
def finished(first_study, vpt):  # vpt: what else is in the store stays there
    return first_study


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "study.zip"
    return export_study(ExportConfig(study=finished.run_id, archive=str(path)))


@pytest.fixture
def opened(exported, tmp_path, monkeypatch):
    """Open the archive as a store of its own."""
    imported = import_study(
        ImportConfig(archive=str(exported.path), folder=str(tmp_path / "there"))
    )
    before = mlflow.get_tracking_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", imported.uri)
    monkeypatch.chdir(tmp_path)
    open_store()
    yield imported
    mlflow.set_tracking_uri(before)


def tables(study):
    _, links = read_lineage(study)
    return [
        Aligned(link.align_run, link.extract_run, link.brain, link.simulated).every_score().to_csv()
        for link in sorted(links, key=lambda link: link.model)
    ]


def test_everything_of_a_study_is_found_in_the_store_it_was_imported_to(
    opened, finished, small_study, vpt, tmp_path
):
    asks, links = read_lineage(finished.run_id)
    assert asks == STUDY["asks"]
    for link in links:
        assert resolve(link.model).run_id == link.tune_run
        mlflow.pyfunc.load_model(link.model)
    report = run_report(ReportConfig(study=finished.run_id))
    assert report.page.is_relative_to(tmp_path / "there")
    again = run_study(small_study)
    assert find_runs(f"tags.`mlflow.parentRunId` = '{again.run_id}'") == []
    with pytest.raises(RegistryError, match="existing version"):
        resolve(vpt.uri)


def test_scores_are_the_same_to_the_last_bit(exported, finished, tmp_path, request):
    before = tables(finished.run_id)
    request.getfixturevalue("opened")
    assert tables(finished.run_id) == before


def rewritten(source, target, change):
    """Write an archive again, with the content of each member passed through a function."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


@pytest.mark.parametrize("ending", ["mlflow.db", "scores.csv", "report.html", ".safetensors"])
@pytest.mark.parametrize("damage", ["flipped", "shortened", "deleted"])
def test_an_archive_with_a_damaged_file_is_refused_by_name(exported, tmp_path, ending, damage):
    with zipfile.ZipFile(exported.path) as archive:
        victim = next(name for name in archive.namelist() if name.endswith(ending))

    def change(name, content):
        if name != victim:
            return content
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        return {"flipped": flipped, "shortened": content[:middle], "deleted": None}[damage]

    path = rewritten(exported.path, tmp_path / "damaged.zip", change)
    with pytest.raises(DataError, match=f"damaged.zip: {victim}: expected the file"):
        import_study(ImportConfig(archive=str(path), folder=str(tmp_path / "there")))
    assert not list(tmp_path.glob("there*"))


@pytest.mark.parametrize("place", ["../outside.txt", "/outside.txt", "mlruns/0/extra.txt"])
def test_a_file_that_was_not_exported_is_refused(exported, tmp_path, place):
    path = rewritten(exported.path, tmp_path / "more.zip", lambda _, content: content)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(place, "hello")
    with pytest.raises(DataError, match=r"found one that is in no list"):
        import_study(ImportConfig(archive=str(path), folder=str(tmp_path / "there")))


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "notes.zip").write_text("to do: tidy up")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("manifest.json", "{}")
    for name in ("notes.zip", "other.zip", "missing.zip"):
        with pytest.raises(DataError, match=f"{name}: expected an archive of a study"):
            import_study(ImportConfig(archive=str(tmp_path / name), folder=str(tmp_path / "a")))


def archive_of(path, manifest, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", manifest)
    return path


def manifest_of(sums, **changes):
    return json.dumps({"study": "s", "title": "t", "sums": sums, "format": 1, **changes})


@pytest.mark.parametrize("manifest", [
    "", "[]", "5", "null", "[" * 100_000, b"\xff\xfe",
    manifest_of(["mlflow.db"]), manifest_of("mlflow.db"), manifest_of({"mlflow.db": 5}),
    manifest_of({"mlflow.db": "0"}, title=5), manifest_of({}), manifest_of({"a": "0"}, format=2),
])  # fmt: skip
def test_a_list_of_files_that_is_none_is_refused(tmp_path, manifest):
    path = archive_of(tmp_path / "odd.zip", manifest)
    with pytest.raises(DataError, match=r"odd.zip: expected an archive of a study"):
        import_study(ImportConfig(archive=str(path), folder=str(tmp_path / "there")))
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0" + bytes(50), None])
def test_a_database_that_is_no_store_is_refused_and_nothing_is_made(tmp_path, content):
    files = {"notes.txt": b"x"} if content is None else {"mlflow.db": content}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    path = archive_of(tmp_path / "odd.zip", manifest_of(sums), **files)
    with pytest.raises(DataError, match=r"odd.zip: .* found no mlflow.db that is a store"):
        import_study(ImportConfig(archive=str(path), folder=str(tmp_path / "there")))
    assert [path.name for path in tmp_path.iterdir()] == ["odd.zip"]


def test_a_folder_that_holds_something_is_refused(exported, tmp_path):
    (tmp_path / "mlflow.db").touch()
    with pytest.raises(DataError, match="folder: expected an empty or new folder"):
        import_study(ImportConfig(archive=str(exported.path), folder=str(tmp_path)))


def test_a_place_that_cannot_be_written_is_not_blamed_on_the_archive(tmp_path):
    sums = {"notes.txt": hashlib.sha256(b"x").hexdigest()}
    path = archive_of(tmp_path / "small.zip", manifest_of(sums), **{"notes.txt": b"x"})
    with pytest.raises(DataError, match=r"folder: expected a place that can be written"):
        import_study(ImportConfig(archive=str(path), folder=str(path / "there")))


def test_a_store_behind_a_server_is_exported_where_its_database_is(store, monkeypatch):
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: "http://127.0.0.1:5000")
    with pytest.raises(RegistryError, match="MLFLOW_TRACKING_URI to the database behind"):
        export_study(ExportConfig())
