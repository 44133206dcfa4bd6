"""The form courses hand out is read whole, its groups derived from the text of either order."""

import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from brain_settings import brain_settings

from pipeline.brains.coursework import COURSEWORK, TOPICS
from pipeline.errors import DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "pereira2018"
WIDTHS = {"language": 6, "vision": 5, "task": 4, "dmn": 3}
EXP2 = [f"An accordion or thing {row // 4} has a side {row % 4}." for row in range(384)]
EXP3 = [f"Of {word}, remark {at}." for word, count in TOPICS for at in range(count)]


def matrices(seed=1):
    rng = np.random.default_rng(seed)
    return {key: rng.normal(size=(627, width)) for key, width in WIDTHS.items()}


def write(folder, sentences=(*EXP2, *EXP3), order=None, **changes):
    folder.mkdir(exist_ok=True)
    (folder / "stimuli.txt").write_text("\n".join(sentences), encoding="utf-8")
    for number in (1, 2):
        made = {**matrices(number), **changes}
        made = {key: value if order is None else value[order] for key, value in made.items()}
        np.save(folder / f"subj{number}.npy", np.array(made, dtype=object), allow_pickle=True)
    return folder


def load(folder):
    return COURSEWORK.load(brain_settings(folder))


def test_responses_come_back_exactly_under_the_words_of_the_project(tmp_path):
    data = load(write(tmp_path))
    assert data.rois == ("language", "visual", "task", "dmn")
    assert list(data.subjects) == ["subj1", "subj2"]
    for key, roi in {**dict(zip(WIDTHS, WIDTHS, strict=True)), "vision": "visual"}.items():
        read = data.subjects["subj2"]
        expected = matrices(2)[key].astype(np.float32)
        np.testing.assert_array_equal(read.values[:, read.rois[roi]], expected)


def test_both_orders_give_the_very_same_dataset(tmp_path):
    turned = [*range(384, 627), *range(384)]
    first = load(write(tmp_path / "a"))
    second = load(write(tmp_path / "b", (*EXP3, *EXP2), order=turned))
    assert first.digest == second.digest


def test_groups_are_passages_of_four_and_whole_topics(tmp_path):
    groups = load(write(tmp_path)).stimuli.groups
    assert set(Counter(groups[:384].tolist()).values()) == {4}
    assert len(set(groups[:384])) == 96
    assert Counter(groups[384:].tolist()) == {f"exp3-{word}": count for word, count in TOPICS}


def test_labels_beside_the_list_are_used_and_keep_its_order(tmp_path):
    shuffled = np.random.default_rng(0).permutation([*EXP2, *EXP3]).tolist()
    labels = [f"passage {row // 3}" for row in range(627)]
    (write(tmp_path, shuffled) / "passages.txt").write_text("\r\n".join(labels) + "\r\n")
    data = load(tmp_path)
    assert list(data.stimuli.items) == shuffled
    assert data.stimuli.groups.tolist() == labels
    assert "groups from passages.txt" in data.source


@pytest.mark.parametrize("seed", [0, 1])
def test_an_unknown_order_is_refused(tmp_path, seed):
    shuffled = np.random.default_rng(seed).permutation([*EXP2, *EXP3]).tolist()
    with pytest.raises(DataError, match=r"stimuli\.txt: .*another order.*Put passages\.txt beside"):
        load(write(tmp_path, shuffled))


def test_topics_in_another_order_are_refused(tmp_path):
    with pytest.raises(DataError, match="either first; found another order"):
        load(write(tmp_path, (*EXP2, *EXP3[11:], *EXP3[:11])))


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ((*EXP2, *EXP3[:-1]), "expected 627 lines of text; found 626 lines"),
        ((*EXP2, "", *EXP3[1:]), "found 627 lines, line 385 empty"),
        ((*EXP2, EXP2[3], *EXP3[1:]), "different sentences; found more than once: 'An accordion"),
    ],
)
def test_a_list_that_is_not_627_different_sentences_is_refused(tmp_path, sentences, message):
    with pytest.raises(DataError, match=rf"stimuli\.txt: .*{message}"):
        load(write(tmp_path, sentences))


def test_text_in_another_coding_is_refused(tmp_path):
    content = "\n".join(["Café accordion", *EXP2[1:], *EXP3]).encode("latin-1")
    (write(tmp_path) / "stimuli.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"stimuli\.txt: expected text in UTF-8; found .*byte 0xe9"):
        load(tmp_path)


def test_a_list_of_absurd_size_is_refused_unread(tmp_path):
    (write(tmp_path) / "stimuli.txt").write_bytes(b"x" * (2 << 20))
    with pytest.raises(DataError, match="at most 1,048,576 bytes; found 2,097,152"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"vision": np.ones((626, 3))},
            r"key 'vision' of shape \(627, V\); found shape \(626, 3\)",
        ),
        ({"vision": np.ones(627)}, r"'vision' of shape \(627, V\); found shape \(627,\)"),
        ({"vision": np.ones((627, 0))}, r"found shape \(627, 0\)"),
        ({"visual": np.ones((627, 2))}, "keys language, vision, task, dmn; found .*dmn, visual"),
        ({"dmn": np.ones((627, 3))}, "ROI dmn: expected at most 50% of .* 3 of 3"),
    ],
)
def test_matrices_that_do_not_fit_are_refused(tmp_path, changes, message):
    with pytest.raises(DataError, match=rf"subj1\.npy.*{message}"):
        load(write(tmp_path, **changes))


def test_unusable_voxels_are_left_out_and_counted(tmp_path):
    task = matrices()["task"]
    task[5, 1], task[:, 2] = np.inf, 0
    data = load(write(tmp_path, task=task))
    read = data.subjects["subj1"]
    assert "unusable voxels left out: subj1 task 2" in data.source
    expected = task[:, [0, 3]].astype(np.float32)
    np.testing.assert_array_equal(read.values[:, read.rois["task"]], expected)
    expected = matrices(1)["dmn"].astype(np.float32)
    np.testing.assert_array_equal(read.values[:, read.rois["dmn"]], expected)


def test_a_folder_with_these_files_is_needed(tmp_path):
    with pytest.raises(DataError, match="directory: expected a folder; found none given"):
        load(None)
    with pytest.raises(DataError, match="nowhere: expected a folder; found no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"stimuli\.txt: expected this file; found no such file"):
        load(tmp_path)
    for path in write(tmp_path).glob("subj*.npy"):
        path.unlink()
    with pytest.raises(DataError, match=r"files subj1\.npy, subj2\.npy; found no subj\*\.npy"):
        load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(tmp_path, share):
    path = write(tmp_path) / "subj2.npy"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"subj2\.npy: expected"):
        load(tmp_path)


def test_loading_needs_less_than_one_and_a_half_times_the_data(tmp_path):
    wide = {key: np.random.default_rng(0).normal(size=(627, 1500)) for key in WIDTHS}
    folder = write(tmp_path, **wide)
    (folder / "subj2.npy").unlink()
    load(write(tmp_path / "small"))  # what is imported once is not counted
    tracemalloc.start()
    load(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * 8 * 627 * 1500 * len(WIDTHS)


@pytest.mark.skipif(not REAL.is_dir(), reason="the lists are not in ../shared/data/pereira2018")
class TestTheRealLists:
    @pytest.mark.parametrize(
        ("file", "n_first"), [("stimuli.txt", 384), ("oota/all_sents.txt", 243)]
    )
    def test_come_out_with_384_first_and_topics_as_published(self, tmp_path, file, n_first):
        lines = [line.strip() for line in (REAL / file).read_text(encoding="utf-8").splitlines()]
        data = load(write(tmp_path, lines))
        exp2 = lines[:384] if n_first == 384 else lines[243:]
        assert list(data.stimuli.items[:384]) == exp2
        topics = (REAL / "oota" / "243_category.txt").read_text(encoding="utf-8").splitlines()
        published = [line.split()[0] for line in topics]
        pairs = set(zip(published, data.stimuli.groups[384:].tolist(), strict=True))
        assert len(pairs) == len(set(published)) == 24

    def test_passages_of_four_never_join_two_topics(self):
        topics = (REAL / "oota" / "384_category.txt").read_text(encoding="utf-8").splitlines()
        published = [line.split()[0] for line in topics]
        assert {len(set(published[at : at + 4])) for at in range(0, 384, 4)} == {1}
