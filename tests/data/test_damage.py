"""A damaged file of a corpus is read or refused; nothing else happens."""

import contextlib
import gzip
import io
import json
import tarfile

import numpy as np
import pandas as pd
import pytest
from corpus_files import hub_rows, request, squad, squad_passages
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.data import TASKS
from pipeline.errors import PipelineError


def jsonl(task):
    return "\n".join(json.dumps(row) for row in hub_rows(task)).encode()


def parquet(task):
    stream = io.BytesIO()
    pd.DataFrame(hub_rows(task)).to_parquet(stream)
    return stream.getvalue()


def archive():
    stream, picture = io.BytesIO(), io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(picture, "PNG")
    with tarfile.open(fileobj=stream, mode="w:gz") as opened:
        for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
            member = tarfile.TarInfo(name)
            member.size = len(picture.getvalue())
            opened.addfile(member, io.BytesIO(picture.getvalue()))
    return stream.getvalue()


CONLL = b"-DOCSTART- -X- -X- O\n\n" + b"".join(
    b"EU NNP B-NP B-ORG\nno%d VBZ B-VP O\n\n" % n for n in range(9)
)
TSV = b"index\tsentence1\tsentence2\tlabel\n" + b"".join(
    b"%d\tA %d\tB\tentailment\n" % (n, n) for n in range(9)
)
FILES = {
    "jsonl": ("mnli", "train.jsonl", jsonl("mnli")),
    "packed jsonl": ("xsum", "train.jsonl.gz", gzip.compress(jsonl("xsum"), mtime=0)),
    "csv": ("sst2", "train.csv", pd.DataFrame(hub_rows("sst2")).to_csv(index=False).encode()),
    "tsv": ("rte", "train.tsv", TSV),
    "parquet": ("cola", "train.parquet", parquet("cola")),
    "squad": ("squad-spans", "train.json", json.dumps(squad(squad_passages(6))).encode()),
    "conll": ("conll2003", "train.txt", CONLL),
    "parallel": ("parallel", "train.en", b"one\ntwo\nthree\nfour\nfive\nsix"),
    "archive": ("image-folder", "pictures.tar.gz", archive()),
}


def check(directory, task, name, content):
    """Load from one file: examples, or None for a refusal; anything else is an error."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_bytes(content)
    if task == "parallel":
        (directory / "train.de").write_bytes(b"a\nb\nc\nd\ne\nf")
    data = None
    with contextlib.suppress(PipelineError):
        data = TASKS[task].load(request(directory))
    assert data is None or min(map(len, (data.train, data.validation, data.test))) > 0
    return data


@pytest.mark.parametrize("kind", FILES)
def test_the_sound_file_is_read(tmp_path, kind):
    assert check(tmp_path, *FILES[kind]) is not None


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_changed_and_missing_bytes_are_read_or_refused(tmp_path_factory, kind, data):
    task, name, sound = FILES[kind]
    content = bytearray(sound)
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(sound) - 1), st.integers(0, 255)), max_size=6)
    ):
        content[position] = value
    cut = data.draw(st.one_of(st.just(len(sound)), st.integers(0, len(sound))))
    folder = tmp_path_factory.getbasetemp() / f"damaged {kind}"
    check(folder, task, name, bytes(content[:cut]))


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=80))
def test_arbitrary_bytes_are_read_or_refused(tmp_path_factory, kind, content):
    task, name, _ = FILES[kind]
    check(tmp_path_factory.getbasetemp() / f"arbitrary {kind}", task, name, content)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=4), PLAIN, max_size=3)


@pytest.mark.parametrize("task", ["cb", "xsum", "conll2003", "wmt16", "code-summarization"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_json_in_the_place_of_a_value_is_read_or_refused(tmp_path_factory, task, data):
    rows = hub_rows(task)
    for row in rows:
        column = data.draw(st.sampled_from(sorted(row)))
        row[column] = data.draw(JSON)
    content = "\n".join(map(json.dumps, rows)).encode()
    check(tmp_path_factory.getbasetemp() / f"values {task}", task, "train.jsonl", content)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_json_within_squads_nesting_is_read_or_refused(tmp_path_factory, data):
    nested = squad(squad_passages(3, questions=1))
    paragraphs = nested["data"][0]["paragraphs"]
    places = [nested, nested["data"][0], paragraphs[0], paragraphs[1]["qas"][0],
              paragraphs[2]["qas"][0]["answers"][0]]  # fmt: skip
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    folder = tmp_path_factory.getbasetemp() / "nested squad"
    check(folder, "squad", "train.json", json.dumps(nested).encode())
