"""Files of real corpora are read as they are meant, and believed only after a check."""

import gzip
import json

import pandas as pd
import pytest
from corpus_files import squad, squad_passages, write_jsonl, write_lines

from pipeline.data.reading.conll import read_conll
from pipeline.data.reading.folder import folder_splits, split_name
from pipeline.data.reading.parallel import parallel_splits
from pipeline.data.reading.raw import read_lines, read_text
from pipeline.data.reading.squad import read_squad
from pipeline.data.reading.tables import TABLES, read_csv, read_json, read_parquet, tsv_reader
from pipeline.errors import DataError

ROWS = [{"text": 'a "quoted" b', "label": "x"}, {"text": "ü, then", "label": "y"}]


def values(rows):
    return [dict(rows[index].values) for index in range(len(rows))]


def write_table(path, rows):
    if path.suffix == ".jsonl":
        write_jsonl(path, rows)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows, indent=1))
    elif path.suffix == ".csv":
        pd.DataFrame(rows).to_csv(path, index=False)
    elif path.suffix == ".tsv":
        write_lines(path, ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)])
    else:
        pd.DataFrame(rows).to_parquet(path)


@pytest.mark.parametrize("ending", sorted(TABLES))
def test_the_same_rows_are_read_from_every_kind_of_table(tmp_path, ending):
    path = tmp_path / f"train{ending}"
    write_table(path, ROWS)
    rows = TABLES[ending](path)
    assert values(rows) == ROWS
    assert str(path) in rows[1].place


def test_packed_tables_are_read_as_well(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", ROWS)
    packed = gzip.compress((tmp_path / "train.jsonl").read_bytes())
    (tmp_path / "train.jsonl").unlink()
    (tmp_path / "train.jsonl.gz").write_bytes(packed)
    assert values(folder_splits(tmp_path, TABLES).rows["train"]()) == ROWS


def test_json_lines_under_the_ending_of_json_are_read_as_lines(tmp_path):
    write_jsonl(tmp_path / "a.json", ROWS)
    assert values(read_json(tmp_path / "a.json")) == ROWS


def test_only_line_feeds_end_lines_and_a_mark_at_the_start_is_no_text(tmp_path):
    (tmp_path / "a").write_bytes("\ufeffone\u2028still one\x85\r\n\ntwo".encode())
    assert read_lines(tmp_path / "a") == ["one\u2028still one\x85", "", "two"]


def test_text_in_another_encoding_is_refused_with_its_line(tmp_path):
    (tmp_path / "a").write_bytes("eins\nzwölf\n".encode("latin-1"))
    with pytest.raises(DataError, match="a, line 2: expected UTF-8 text; found byte 0xf6"):
        read_text(tmp_path / "a")


def test_a_packed_file_cut_short_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" * 1000)[:-5])
    with pytest.raises(DataError, match=r"a\.gz: expected a whole file; found EOFError"):
        read_text(tmp_path / "a.gz")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"a": 1}\n{"a": \n', r"line 2: expected whole JSON"),
        ('{"a": 1}\n[1]\n', r"line 2: expected a JSON object; found list"),
    ],
)
def test_a_damaged_line_of_json_is_named(tmp_path, content, expected):
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(DataError, match=expected):
        values(TABLES[".jsonl"](tmp_path / "a.jsonl"))


def test_a_line_with_another_number_of_fields_is_named_or_passed_over(tmp_path):
    write_lines(tmp_path / "a.tsv", ["text\tlabel", "a\t1", "b"])
    rows = tsv_reader()(tmp_path / "a.tsv")
    with pytest.raises(
        DataError, match=r"line 3: expected 2 fields with tabs.*text, label.*found 1"
    ):
        values(rows)
    assert values(tsv_reader(lenient=True)(tmp_path / "a.tsv"))[1] == {"text": "", "label": ""}
    write_lines(tmp_path / "a.csv", ["text,label", '"a', 'b",1', "c,2,3"])
    rows = read_csv(tmp_path / "a.csv")
    assert rows[0].values == {"text": "a\nb", "label": "1"}
    with pytest.raises(DataError, match=r"line 4: expected 2 fields with commas.*found 3"):
        values(rows)


def test_a_damaged_parquet_file_is_refused(tmp_path):
    pd.DataFrame(ROWS).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-9])
    with pytest.raises(DataError, match=r"a\.parquet: expected a whole Parquet file"):
        read_parquet(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train.tsv", "train"), ("dialogsum.dev.jsonl", "validation"), ("eng.testb", "test"),
        ("dev_matched.tsv", "validation_matched"), ("valid/part-00.parquet", "validation"),
        ("test_2016_flickr.de.gz", "test"), ("xquad.en.json", ""), ("latest.json", ""),
    ],
)  # fmt: skip
def test_splits_are_told_from_the_words_of_a_path(tmp_path, path, split):
    assert split_name((tmp_path / path).relative_to(tmp_path)) == split


def test_shards_are_one_split_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9):
        write_jsonl(tmp_path / f"train-{number}.jsonl", [{"n": number}])
    rows = folder_splits(tmp_path, TABLES).rows["train"]()
    assert values(rows) == [{"n": 9}, {"n": 10}]


def test_two_files_that_could_be_one_split_are_refused_but_can_be_named(tmp_path):
    for name in ("small-train.jsonl", "large-train.jsonl"):
        write_jsonl(tmp_path / name, ROWS)
    splits = folder_splits(tmp_path, TABLES)
    with pytest.raises(
        DataError, match=r"split 'train': expected one file.*large-.*small-.*splits="
    ):
        splits.rows["train"]()
    assert len(splits.rows["small-train"]()) == 2


def test_a_folder_without_such_files_is_refused_with_what_is_there(tmp_path):
    (tmp_path / "readme.doc").write_text("")
    with pytest.raises(DataError, match=r"expected files that end in \.csv.*found readme\.doc"):
        folder_splits(tmp_path, TABLES)


def test_squad_is_read_nested_and_as_rows(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(squad(squad_passages(2))))
    rows = values(read_squad(tmp_path / "a.json"))
    assert len(rows) == 6
    assert rows[0]["answers"] == {"text": ["the baker 0", "baker"], "answer_start": [17, 21]}
    (tmp_path / "b.json").write_text(json.dumps({"version": 2.0, "data": rows}))
    assert values(read_squad(tmp_path / "b.json")) == rows


def test_parallel_files_of_different_length_are_refused(tmp_path):
    write_lines(tmp_path / "train.en", ["one", "two"])
    write_lines(tmp_path / "train.de", ["eins"])
    splits = parallel_splits(tmp_path, "en", "de")
    with pytest.raises(DataError, match=r"train\.de: number of lines: expected 2, as in train\.en"):
        splits.rows["train"]()


def test_entities_begin_with_b_as_on_the_hub(tmp_path):
    lines = ["-DOCSTART- -X- -X- O", "", "U.N. NNP I-NP I-ORG", "Ekeus NNP I-NP I-PER",
             "Iraq NNP I-NP B-PER", "of IN I-PP O", "",
             "a DT I-NP I-LOC", "b DT I-NP I-LOC"]  # fmt: skip
    write_lines(tmp_path / "eng.train", lines)
    rows = values(read_conll(tmp_path / "eng.train"))
    assert [row["ner_tags"] for row in rows] == [
        ["B-ORG", "B-PER", "B-PER", "O"],
        ["B-LOC", "I-LOC"],
    ]


def test_a_line_without_its_four_columns_is_named(tmp_path):
    write_lines(tmp_path / "train.txt", ["EU NNP B-NP B-ORG", "rejects VBZ"])
    with pytest.raises(DataError, match=r"line 2: expected 4 columns.*found 2: 'rejects VBZ'"):
        read_conll(tmp_path / "train.txt")
