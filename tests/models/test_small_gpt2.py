"""A small GPT-2 is pretrained on one's own text files and serves as a base."""

import gzip
import json
import sys

import pytest

from pipeline.errors import DataError
from pipeline.models.bases import PRETRAINED, find_base
from pipeline.models.pretraining import small_gpt2
from pipeline.worlds.language import sample_passages


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt.gz"
    sentences = [s.text for passage in sample_passages(240, seed=1) for s in passage.sentences]
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write("\n\n".join(sentences))
    return path


def test_documents_are_blocks_of_lines_that_hold_text(texts):
    single = small_gpt2.read_documents([texts], lines=1)
    blocks = small_gpt2.read_documents([texts], lines=4)
    assert " ".join(single) == " ".join(blocks)
    assert len(blocks) == 240


def test_what_is_pretrained_is_a_base_and_has_learned_something(texts, tmp_path, monkeypatch):
    target = tmp_path / "mine"
    options = ["--tokenizer", str(PRETRAINED / "tiny-gpt2"), "--target", str(target)]
    sizes = ["--width", "64", "--layers", "1", "--positions", "64", "--longest", "48"]
    monkeypatch.setattr(sys, "argv", ["small_gpt2", str(texts), *options, *sizes, "--epochs", "4"])
    small_gpt2.main()
    record = json.loads((target / "training.json").read_text())
    assert record["held_out_documents"] == 12
    assert record["held_out_loss"] < 5.5, "guessing among 1,024 tokens gives 6.93 nats"
    base = find_base(str(target))
    assert base.modality == "text"
    assert base.folder() == target


def test_a_text_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("Müller".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.txt: expected UTF-8 text"):
        small_gpt2.read_documents([path], lines=1)


def test_a_broken_archive_and_too_little_text_are_refused(texts, tmp_path):
    broken = tmp_path / "broken.gz"
    broken.write_bytes(texts.read_bytes()[:200])
    with pytest.raises(DataError, match=r"broken\.gz: expected UTF-8 text"):
        small_gpt2.read_documents([broken], lines=1)
    with pytest.raises(DataError, match=r"expected more than 20 documents.*found 1"):
        small_gpt2.read_documents([texts], lines=1000)


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"expected tokenizer\.json, or encoder\.json"):
        small_gpt2.load_gpt2_tokenizer(tmp_path)
