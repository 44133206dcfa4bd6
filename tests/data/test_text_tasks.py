"""Every text task reads the hub's columns, and its corpus's original files, into right examples."""

import hashlib
import json

import numpy as np
import pytest
from corpus_files import hub_rows, request, squad, squad_passages, write_jsonl, write_lines

from pipeline.data import TASKS
from pipeline.data.simulated_text import SIMULATED_TEXT_TASKS
from pipeline.errors import ConfigError, DataError
from pipeline.tuning.forms import FORMS

REAL = [
    task for task in TASKS.values() if task.modality == "text" and task not in SIMULATED_TEXT_TASKS
]
real = pytest.mark.parametrize("task", REAL, ids=lambda task: task.name)


def write_hub_rows(directory, task):
    for split in ("train", "validation", "test"):
        write_jsonl(directory / f"{split}.jsonl", hub_rows(task))


@real
def test_every_text_task_reads_the_columns_of_the_hub(tmp_path, task):
    write_hub_rows(tmp_path, task.name)
    data = task.load(request(tmp_path))
    for split in (data.train, data.validation, data.test):
        assert isinstance(split, FORMS[task.modality, task.form].examples)
    assert len(data.train) == 10
    assert data.classes == task.classes
    assert str(tmp_path) in data.source


@real
def test_every_text_task_follows_its_seed_and_takes_no_more_than_asked_for(tmp_path, task):
    write_hub_rows(tmp_path, task.name)
    sizes = {"max_train": 6, "max_eval": 3}
    first, again, other = (task.load(request(tmp_path, seed=s, **sizes)) for s in (1, 1, 2))
    assert (len(first.train), len(first.validation), len(first.test)) == (6, 3, 3)
    assert first.digest == again.digest != other.digest


@real
def test_a_missing_column_is_named_with_those_there_are(tmp_path, task):
    write_jsonl(tmp_path / "train.jsonl", [{"other": "x"}] * 4)
    with pytest.raises(DataError, match=r"line \d: columns: expected '.*'; found 'other'"):
        task.load(request(tmp_path))


@pytest.mark.parametrize(
    "task", [t for t in REAL if t.form == "classification"], ids=lambda t: t.name
)
def test_a_label_outside_the_classes_is_refused_with_its_place(tmp_path, task):
    column = "target" if task.name == "defect-detection" else "label"
    write_jsonl(tmp_path / "train.jsonl", [{**row, column: -1} for row in hub_rows(task.name)])
    expected = rf"line \d+, {column}: expected one of {task.classes[0]}.*; found -1.*splits="
    with pytest.raises(DataError, match=expected):
        task.load(request(tmp_path))


@pytest.mark.parametrize(
    "task", [t for t in REAL if t.form == "classification"], ids=lambda t: t.name
)
def test_few_shots_are_as_many_of_each_class_and_leave_the_test_examples_alone(tmp_path, task):
    write_hub_rows(tmp_path, task.name)
    few, all_of_them = (task.load(request(tmp_path, shots=shots)) for shots in (2, 0))
    assert np.bincount(few.train.labels).tolist() == [2] * len(task.classes)
    assert few.test.digest == all_of_them.test.digest
    with pytest.raises(DataError, match="shots: expected 6 examples of each class"):
        task.load(request(tmp_path, shots=6))


def test_few_shots_of_written_texts_are_that_many_in_all(tmp_path):
    write_hub_rows(tmp_path, "xsum")
    assert len(TASKS["xsum"].load(request(tmp_path, shots=4)).train) == 4


def test_examples_without_text_are_passed_over_and_counted(tmp_path):
    rows = [
        *hub_rows("xsum", 40),
        {"document": " ", "summary": "s"},
        {"document": "d", "summary": ""},
    ]
    write_jsonl(tmp_path / "train.jsonl", rows)
    write_jsonl(tmp_path / "test.jsonl", [rows[-1]] * 3)
    data = TASKS["xsum"].load(request(tmp_path, splits="train,train,train"))
    assert len(data.train) + len(data.validation) + len(data.test) == 40
    assert data.source.endswith("; 2 rows without an example passed over")
    with pytest.raises(DataError, match=r"split 'test', taken for test: .*none in 3 of its 3 rows"):
        TASKS["xsum"].load(request(tmp_path))


def test_equal_texts_are_never_on_both_sides_of_a_divided_split(tmp_path):
    rows = [{"dialogue": f"talk {n % 7}", "summary": f"short {n}"} for n in range(40)]
    write_jsonl(tmp_path / "talks.jsonl", rows)
    data = TASKS["dialogsum"].load(request(tmp_path))
    sources = [set(split.sources) for split in (data.train, data.validation, data.test)]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 7


def test_dialogsum_keeps_all_reference_summaries(tmp_path):
    row = {"dialogue": "d", "summary1": "a", "summary2": "b", "summary3": "c"}
    write_jsonl(tmp_path / "test.jsonl", [row])
    write_jsonl(tmp_path / "train.jsonl", hub_rows("dialogsum"))
    data = TASKS["dialogsum"].load(request(tmp_path))
    assert (data.test.targets, data.test.accepted) == (("a",), (("b", "c"),))


def test_the_passages_of_squad_are_not_divided_and_answers_stand_where_they_say(tmp_path):
    (tmp_path / "train-v1.1.json").write_text(json.dumps(squad(squad_passages(12))))
    spans = TASKS["squad-spans"].load(request(tmp_path))
    pairs = TASKS["squad"].load(request(tmp_path))
    passages = [set(split.contexts) for split in (spans.train, spans.validation, spans.test)]
    assert sum(map(len, passages)) == len(set.union(*passages)) == 12
    for split in (spans.train, spans.test):
        for context, answers, start in zip(
            split.contexts, split.answers, split.starts, strict=True
        ):
            assert context[start : start + len(answers[0])] == answers[0]
    assert pairs.test.sources == tuple(
        f"{c} {q}" for c, q in zip(spans.test.contexts, spans.test.questions, strict=True)
    )
    assert set(pairs.test.accepted) == {("baker",)}


def test_questions_without_an_answer_are_examples_of_squad_2_alone(tmp_path):
    passages = [
        (passage, [*questions, ("Who stayed away?", [])])
        for passage, questions in squad_passages(12, questions=1)
    ]
    (tmp_path / "train-v2.0.json").write_text(json.dumps(squad(passages)))
    first, second = (TASKS[f"{n}-spans"].load(request(tmp_path)) for n in ("squad", "squad2"))
    assert all(answers for answers in first.train.answers)
    assert "12 rows without an example" in first.source
    for split in (second.train, second.validation, second.test):
        answerable = np.array([bool(answers) for answers in split.answers])
        assert answerable.sum() == len(split) / 2
        np.testing.assert_array_equal(split.starts >= 0, answerable)


def test_a_squad_answer_that_is_not_where_it_should_be_is_refused(tmp_path):
    nested = squad([("The baker left.", [("Who?", ["baker"])])])
    nested["data"][0]["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] = 6
    (tmp_path / "train.json").write_text(json.dumps(nested))
    with pytest.raises(
        DataError, match=r"answers: expected 'baker' where .*found 'ker l' at character 6"
    ):
        TASKS["squad"].load(request(tmp_path))


@pytest.mark.parametrize(
    ("task", "header", "line", "texts", "label"),
    [
        ("mrpc", "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String", '1\t1\t2\tA "b.\tC',
         ('A "b.', "C"), 1),
        ("rte", "index\tsentence1\tsentence2\tlabel", "3\tA\tB\tnot_entailment", ("A", "B"), 1),
        ("mnli", "index\tsentence1\tsentence2\tlabel1\tgold_label",
         "0\tA\tB\tneutral\tcontradiction", ("A", "B"), 2),
        ("qqp", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate", "1\t2\t3\tA?\tB?\t1",
         ("A?", "B?"), 1),
        ("sst2", "sentence\tlabel", "fine \t1", ("fine",), 1),
        ("cola", "gj04\t1\t\tGood sentence.", "gj04\t0\t*\tBad sentence the.",
         ("Bad sentence the.",), 0),
    ],
)  # fmt: skip
def test_the_original_files_of_glue_are_read(tmp_path, task, header, line, texts, label):
    for name in ("train.tsv", "dev.tsv", "test.tsv"):
        write_lines(tmp_path / name, [header, line, line])
    data = TASKS[task].load(request(tmp_path, splits="train,dev,test"))
    assert texts in data.test.texts
    assert label in data.test.labels


def test_the_matched_validation_of_mnli_is_taken(tmp_path):
    header = "sentence1\tsentence2\tgold_label"
    for name, text in (("train", "a"), ("dev_matched", "b"), ("dev_mismatched", "c")):
        lines = [f"{text}{n}\t{n}\tneutral" for n in range(8)]
        write_lines(tmp_path / f"{name}.tsv", [header, *lines])
    data = TASKS["mnli"].load(request(tmp_path))
    assert {text[0][0] for text in (*data.validation.texts, *data.test.texts)} == {"b"}


def test_super_glue_is_read_from_its_json_lines_and_wic_says_which_word(tmp_path):
    rows = [
        {"word": "bank", "sentence1": f"A {n}", "sentence2": "B", "label": True} for n in range(9)
    ]
    write_jsonl(tmp_path / "train.jsonl", rows)
    data = TASKS["wic"].load(request(tmp_path))
    assert data.train.texts[0][0].startswith("bank: A ")
    assert set(data.train.labels) == {1}


def test_the_original_files_of_defect_detection_are_read(tmp_path):
    functions = [{"func": f"f{n}", "target": n % 2} for n in range(6)]
    (tmp_path / "function.json").write_text(json.dumps(functions))
    for name, positions in (("train", (0, 3)), ("valid", (1,)), ("test", (5, 4))):
        write_lines(tmp_path / f"{name}.txt", positions)
    data = TASKS["defect-detection"].load(request(tmp_path))
    assert set(data.train.texts) == {("f0",), ("f3",)}
    assert dict(zip(data.test.texts, data.test.labels, strict=True)) == {("f5",): 1, ("f4",): 0}
    write_lines(tmp_path / "train.txt", (0, 6))
    with pytest.raises(DataError, match=r"train\.txt, entry 2: expected a position below 6; found"):
        TASKS["defect-detection"].load(request(tmp_path))


def test_two_lists_of_one_split_are_refused_by_name(tmp_path):
    (tmp_path / "function.json").write_text(json.dumps([{"func": "f", "target": 0}] * 3))
    for name, position in (("train", 0), ("valid", 1), ("val", 2), ("test", 2)):
        write_lines(tmp_path / f"{name}.txt", (position,))
    message = r"split 'validation': expected one list of positions; found val\.txt, valid\.txt"
    with pytest.raises(DataError, match=message):
        TASKS["defect-detection"].load(request(tmp_path))


def test_summaries_are_read_from_parallel_files(tmp_path):
    for split in ("train", "val", "test"):
        write_lines(tmp_path / f"{split}.source", [f"long {split}"])
        write_lines(tmp_path / f"{split}.target", [f"short {split}"])
    data = TASKS["cnn-dailymail"].load(request(tmp_path))
    assert (data.test.sources, data.test.targets) == (("long test",), ("short test",))


def test_the_stories_of_cnn_and_the_daily_mail_are_read_by_their_lists(tmp_path):
    for split in ("train", "val", "test"):
        address = f"http://web.archive.org/{split}"
        name = hashlib.sha1(address.encode()).hexdigest()
        mark = ["", "@highlight", ""]
        story = [f"A {split}.", "", "No end", *mark, f"Short {split}", *mark, "More !"]
        write_lines(tmp_path / "cnn" / "stories" / f"{name}.story", story)
        write_lines(tmp_path / "url_lists" / f"all_{split}.txt", [address])
    data = TASKS["cnn-dailymail"].load(request(tmp_path))
    assert data.test.sources == ("A test. No end .",)
    assert data.test.targets == ("Short test .\nMore !",)
    write_lines(tmp_path / "url_lists" / "all_val.txt", ["elsewhere"])
    with pytest.raises(
        DataError, match=r"all_val\.txt: expected the stories of 1 addresses; found 1"
    ):
        TASKS["cnn-dailymail"].load(request(tmp_path))


def test_a_word_with_space_in_it_and_a_tag_of_another_corpus_are_refused(tmp_path):
    for words, tag in ((["New York"], "B-LOC"), (["a\u00a0b"], "O"), (["x"], "B-GENE")):
        write_jsonl(tmp_path / "train.jsonl", [{"tokens": words, "ner_tags": [tag]}])
        with pytest.raises(DataError, match=f"words without space.*B-MISC.*found '{tag}' for the"):
            TASKS["conll2003"].load(request(tmp_path))


def test_tags_are_as_many_as_words(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", [{"tokens": ["a", "b"], "ner_tags": ["O"]}])
    with pytest.raises(
        DataError, match="ner_tags: expected 2 tags, one for each word; found 1 tags"
    ):
        TASKS["conll2003"].load(request(tmp_path))


@pytest.mark.parametrize("languages", ["en-de", "de-en"])
def test_translation_goes_from_the_first_language_to_the_second(tmp_path, languages):
    for split in ("train", "val", "test_2016"):
        write_lines(tmp_path / f"{split}.en", ["one", "", "two"])
        write_lines(tmp_path / f"{split}.de", ["eins", "", "zwei"])
    data = TASKS["multi30k"].load(request(tmp_path, languages=languages))
    pairs = set(zip(data.train.sources, data.train.targets, strict=True))
    forwards = {("one", "eins"), ("two", "zwei")}
    assert pairs == (forwards if languages == "en-de" else {(b, a) for a, b in forwards})
    assert "passed over" in data.source
    assert languages in data.source


@pytest.mark.parametrize("languages", ["en", "en-en", "-de"])
def test_languages_are_two(tmp_path, languages):
    with pytest.raises(
        ConfigError, match=f"languages: expected .*such as en-de; found '{languages}'"
    ):
        TASKS["wmt16"].load(request(tmp_path, languages=languages))


def test_a_task_without_a_place_on_the_hub_says_that_it_needs_a_folder():
    for name in ("parallel", "image-folder"):
        assert TASKS[name].needs_directory
        with pytest.raises(
            DataError, match=f"{name}: data_dir: expected a folder; found none given"
        ):
            TASKS[name].load(request(None))
    assert not TASKS["xsum"].needs_directory
