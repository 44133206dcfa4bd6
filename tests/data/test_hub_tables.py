"""Data sets of the hub: read by the hub's own library, offline from a repository on this disk."""

import datasets
import pytest
from corpus_files import hub_rows, request
from datasets import ClassLabel, Dataset, Features, Image, Sequence, Value
from PIL import Image as Picture

from pipeline.data import TASKS
from pipeline.data.hub_tables import HubTable, read_hub
from pipeline.errors import DataError


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Write splits as the hub stores them, and let its library read them from there."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")

    def write(rows, features):
        for split in ("train", "validation", "test"):
            table = Dataset.from_list(rows, features=Features(features))
            (tmp_path / "repository").mkdir(exist_ok=True)
            table.to_parquet(tmp_path / "repository" / f"{split}-00000-of-00001.parquet")
        return HubTable(str(tmp_path / "repository"), "files")

    return write


def test_classes_come_by_name_wherever_the_hub_numbers_them(repository):
    features = {
        "tokens": Sequence(Value("string")),
        "ner_tags": Sequence(ClassLabel(names=["O", "B-LOC", "B-ORG"])),
        "label": ClassLabel(names=["no", "yes"]),
    }
    rows = [{"tokens": ["EU", "x"], "ner_tags": [2, 0], "label": label} for label in (1, -1)]
    splits = read_hub(repository(rows, features))
    read = splits.rows["train"]()
    assert list(splits.rows) == ["train", "validation", "test"]
    assert read[0].values == {"tokens": ["EU", "x"], "ner_tags": ["B-ORG", "O"], "label": "yes"}
    assert read[1].value("label") == -1
    assert read[1].place.endswith("train, row 2")


def test_pictures_come_as_the_bytes_of_their_files(repository, tmp_path, monkeypatch):
    images = [Picture.new("RGB", (32, 32), (8 * number, 0, 0)) for number in range(10)]
    rows = [{"img": image, "label": number} for number, image in enumerate(images)]
    table = repository(rows, {"img": Image(), "label": ClassLabel(num_classes=10)})
    read = read_hub(table).rows["test"]()
    assert read[3].value("img")["bytes"].startswith(b"\x89PNG")


def test_a_task_reads_the_hub_where_no_folder_is_given(repository, monkeypatch):
    names = ["not_equivalent", "equivalent"]
    features = {
        "sentence1": Value("string"),
        "sentence2": Value("string"),
        "label": ClassLabel(names=names),
    }
    rows = [{**row, "label": names.index(row["label"])} for row in hub_rows("mrpc")]
    table = repository(rows, features)
    monkeypatch.setattr("pipeline.data.glue.HubTable", lambda *_: table)
    data = TASKS["mrpc"].load(request(None))
    assert (len(data.train), len(data.validation), len(data.test)) == (10, 5, 5)
    assert data.source == f"hub {table.repository}: train, validation, validation"
    labelled = dict(zip((t[0] for t in data.train.texts), data.train.labels, strict=True))
    assert labelled["first 3"] == 1
    assert labelled["first 4"] == 0


def test_without_the_hub_and_a_copy_the_local_files_that_would_serve_are_named():
    with pytest.raises(DataError, match=r"rajpurkar/squad.*out of reach.*data_dir=.*train-v1\.1"):
        TASKS["squad"].load(request(None))
