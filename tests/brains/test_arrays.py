"""A folder of stimuli.csv and arrays is read exactly, or refused with file and field named."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from array_folders import (
    GROUPS,
    SENTENCES,
    WRITERS,
    content,
    load,
    table,
    write,
    write_h5,
    write_mat,
)
from brain_settings import brain_settings
from PIL import Image

from pipeline.brains import BRAINS
from pipeline.brains.arrays import ARRAYS
from pipeline.brains.arrays.files import READERS
from pipeline.errors import DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "digit69"


def test_every_format_that_is_read_is_tested():
    assert set(WRITERS) == set(READERS)
    assert ARRAYS.needs_directory


@pytest.mark.parametrize("suffix", WRITERS)
class TestEveryFormat:
    def test_gives_back_exactly_what_was_written(self, tmp_path, suffix):
        data = load(write(tmp_path, suffix))
        made, read = content(), data.subjects["s1"]
        assert data.stimuli.items == tuple(SENTENCES)
        assert data.stimuli.groups.tolist() == GROUPS
        np.testing.assert_array_equal(read.values, made["responses"])
        np.testing.assert_array_equal(read.coordinates, made["coordinates"])
        assert list(read.rois["language"]) == [0, 1, 2, 3]
        assert list(read.rois["visual"]) == [3, 4, 5, 6, 7]
        assert read.values.dtype == np.float32
        assert (read.repeats, read.stimulus_rows) == (None, None)

    def test_is_the_same_dataset_as_npz(self, tmp_path, suffix):
        (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
        assert load(write(tmp_path / "a", suffix)).digest == load(write(tmp_path / "b")).digest

    def test_rows_say_what_a_subject_saw_and_in_which_order(self, tmp_path, suffix):
        data = load(write(tmp_path, suffix, n_rows=4, rows=np.array([5, 0, 3, 2])))
        read = data.subjects["s1"]
        assert read.stimulus_rows.tolist() == [0, 2, 3, 5]
        np.testing.assert_array_equal(read.values, content(n_rows=4)["responses"][[1, 3, 2, 0]])

    def test_a_file_cut_short_is_refused(self, tmp_path, suffix):
        path = write(tmp_path, suffix) / f"s1{suffix}"
        whole = path.read_bytes()
        for n_bytes in {0, 1, 8, 100, 130, 600, len(whole) // 2, len(whole) - 60}:
            path.write_bytes(whole[:n_bytes])
            with pytest.raises(DataError, match=rf"s1\{suffix}"):
                load(tmp_path)

    def test_another_file_under_this_name_is_refused(self, tmp_path, suffix):
        (table(tmp_path) / f"s1{suffix}").write_text("<html>not found</html>" * 20)
        named = "MATLAB 5" if suffix == ".mat" else rf"whole \{suffix}"
        with pytest.raises(DataError, match=rf"s1\{suffix}: expected a {named} file"):
            load(tmp_path)

    def test_an_unknown_field_is_named(self, tmp_path, suffix):
        write(tmp_path, suffix, coordinate=np.zeros((8, 3)))
        with pytest.raises(DataError, match=r"'coordinate'\. Did you mean 'coordinates'\?"):
            load(tmp_path)

    def test_missing_responses_and_regions_are_named(self, tmp_path, suffix):
        with pytest.raises(DataError, match=r"responses: expected numbers .*found none"):
            load(write(tmp_path, suffix, responses=None))
        bare = {"roi/language": None, "roi/visual": None}
        with pytest.raises(DataError, match="roi/<name>: expected at least one; found none"):
            load(write(tmp_path, suffix, **bare))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_rows": 5}, r"responses: expected numbers of shape \(6, n_voxels\).*shape \(5, 8\)"),
        ({"responses": np.zeros(6)}, r"responses: .*float64 of shape \(6,\)"),
        ({"responses": np.zeros((6, 8), dtype=bool)}, "responses: .*found bool"),
        ({"responses": np.zeros((6, 8), dtype=complex)}, "responses: .*numbers; found kind c"),
        ({"roi/language": np.array([1, 8])}, "roi/language: expected different positions from 0 "
         "to 7; .*from 1 to 8.*subtract 1 from positions saved by MATLAB"),
        ({"roi/language": np.array([-1, 2])}, "roi/language: .*from -1 to 2"),
        ({"roi/language": np.array([1, 1])}, "roi/language: .*1 different"),
        ({"roi/language": np.array([1.5, 2])}, "roi/language: .*float64"),
        ({"roi/language": np.array([np.nan, 2])}, "roi/language: expected different positions"),
        ({"roi/language": np.array([], dtype=int)}, "roi/language: .*0 different"),
        ({"roi/language": np.ones((2, 4), dtype=int)}, r"roi/language: .*shape \(2, 4\)"),
        ({"roi/language": np.ones(7, dtype=bool)}, r"roi/language: .*a mask of shape \(8,\)"),
        ({"roi/language": np.zeros(8, dtype=bool)}, "roi/language: .*with 0 true"),
        ({"roi/language": (np.arange(8) < 4).astype(int)}, "roi/language: .*masks must be boo"),
        ({"coordinates": np.zeros((7, 3))}, r"coordinates: expected finite, \(8, 3\)"),
        ({"coordinates": np.full((8, 3), np.nan)}, "coordinates: .*24 not finite"),
        ({"rows": np.array([0, 1, 2, 3, 4, 6])}, "rows: expected different positions from 0 to 5"),
        ({"rows": np.array([0, 1, 2])}, r"responses: .*a row for each of 3 in rows"),
        ({"roi/": np.array([1])}, "fields: expected known fields; found 'roi/'"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(tmp_path, changes, message):
    with pytest.raises(DataError, match=rf"(?s)s1\.npz: {message}"):
        load(write(tmp_path, **changes))


def test_voxels_that_cannot_be_used_are_left_out_and_counted(tmp_path):
    values = content()["responses"]
    values[0, 1], values[:, 4], values[2, 7] = np.nan, 3.0, np.inf
    data = load(write(tmp_path, responses=values))
    read = data.subjects["s1"]
    assert read.values.shape == (6, 5)
    np.testing.assert_array_equal(read.values, values[:, [0, 2, 3, 5, 6]])
    assert {roi: c.tolist() for roi, c in read.rois.items()} == {
        "language": [0, 1, 2],
        "visual": [2, 3, 4],
    }
    np.testing.assert_array_equal(read.coordinates, content()["coordinates"][[0, 2, 3, 5, 6]])
    assert "voxels left out: s1 language 1, s1 visual 2" in data.source


def test_numbers_too_large_for_float32_are_left_out(tmp_path):
    values = content()["responses"].astype(np.float64)
    values[0, 1] = 1e300
    assert "left out: s1 language 1" in load(write(tmp_path, responses=values)).source


def test_a_region_of_mostly_nan_is_refused(tmp_path):
    values = content()["responses"]
    values[0, :3] = np.nan
    with pytest.raises(DataError, match=r"s1\.npz, ROI language: .*at most 50% .*found 3 of 4"):
        load(write(tmp_path, responses=values))


class TestRepeats:
    ROWS = (("a", "p", "1"), ("b", "p", ""), ("c", "q", "2"), ("a", "p", "1"),
            ("d", "q", ""), ("c", "q", "2"), ("c", "q", "2"))  # fmt: skip

    def read(self, folder, **changes):
        values = content(n_rows=7)["responses"]
        np.savez(folder / "s1.npz", **content(n_rows=7, **changes))
        return load(table(folder, self.ROWS, ("text", "group", "repeat"))), values

    def test_are_averaged_for_scoring_and_kept_for_the_ceiling(self, tmp_path):
        data, values = self.read(tmp_path)
        read = data.subjects["s1"]
        assert data.stimuli.items == ("a", "b", "c", "d")
        assert data.stimuli.groups.tolist() == ["p", "p", "q", "q"]
        means = [values[[0, 3]].mean(0), values[1], values[[2, 5, 6]].mean(0), values[4]]
        np.testing.assert_allclose(read.values, means, rtol=1e-5, atol=1e-7)
        # Twice a and twice c are four presentations; three times c would be three.
        assert read.repeated.tolist() == [0, 2]
        np.testing.assert_array_equal(read.repeats, values[[[0, 2], [3, 5]]])

    def test_of_voxels_left_out_are_left_out(self, tmp_path):
        values = content(n_rows=7)["responses"]
        values[6, 2] = np.nan
        read = self.read(tmp_path, responses=values)[0].subjects["s1"]
        assert read.repeats.shape == (2, 2, 7)

    def test_that_differ_are_refused(self, tmp_path):
        rows = [("a", "p", "1"), ("b", "p", "1"), ("a", "q", "1")]
        with pytest.raises(DataError, match=r"(?s)text, row 2: expected 'a' as in.*group, row 3"):
            load(table(tmp_path, rows, ("text", "group", "repeat")))

    def test_without_an_id_are_refused(self, tmp_path):
        with pytest.raises(DataError, match=r"row 3: expected another stimulus.*that of row 1"):
            load(table(tmp_path, [("a", "p"), ("b", "p"), ("a", "q")]))


def test_a_folder_with_a_table_and_subjects_is_needed(tmp_path):
    with pytest.raises(DataError, match="arrays: directory: expected a folder; found none given"):
        load(None)
    with pytest.raises(DataError, match="nowhere: expected a folder; found no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"stimuli\.csv: expected this file; found FileNotFound"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"a file for each subject .*found none\. Put them beside"):
        load(table(tmp_path))
    write(tmp_path)
    write(tmp_path, ".h5")
    with pytest.raises(DataError, match="one file for each subject; found 2 of 's1'"):
        load(tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real file is not in ../shared/data/digit69")
@pytest.mark.parametrize("suffix", WRITERS)
def test_digit69_written_as_arrays_is_digit69(tmp_path, suffix):
    real = BRAINS["digit69"].load(brain_settings(REAL))
    rows = []
    for number, picture in enumerate(real.stimuli.items):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
        rows.append((f"{number}.png", real.stimuli.groups[number]))
    table(tmp_path, rows, ("image", "group"))
    read = real.subjects["s1"]
    WRITERS[suffix](
        tmp_path / f"s1{suffix}", {"responses": read.values, "roi/visual": read.rois["visual"]}
    )
    made = load(tmp_path)
    assert made.digest == real.digest
    np.testing.assert_array_equal(made.stimuli.items, real.stimuli.items)
    np.testing.assert_array_equal(made.subjects["s1"].values, read.values)


def test_the_example_of_the_documentation_works(tmp_path, monkeypatch):
    import pipeline.brains.arrays as module

    example = module.__doc__.split("::\n\n")[1].split("\n\nFor .safe")[0]
    code = "\n".join(line.removeprefix("    ") for line in example.splitlines())
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    Y = np.random.default_rng(0).standard_normal((6, 100)).astype(np.float32)
    exec(code, {"sentences": SENTENCES, "passages": GROUPS, "Y": Y})
    data = load(tmp_path / "mine")
    assert data.rois == ("language", "visual")
    np.testing.assert_array_equal(data.subjects["s1"].values, Y)


def text_beside(path, suffix):
    words = np.array(["one", "two"])
    if suffix == ".npz":
        np.savez(path, **content(), notes=words, labels=words.astype(object))
    elif suffix == ".h5":
        write_h5(path, content())
        with h5py.File(path, "a") as file:
            file["notes"], file["labels"] = "read by hand", [b"one", b"two"]
    else:
        cells = np.array(["V1", "V2"], dtype=object)
        more = {"notes": "read by hand", "labels": cells, "roi_names": cells, "info": {"TR": 2.0}}
        write_mat(path, {**content(), **more})


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".mat"])
def test_text_cells_and_objects_beside_the_numbers_are_left_out_and_said(tmp_path, suffix):
    known = load(write(tmp_path, suffix))
    text_beside(tmp_path / f"s1{suffix}", suffix)
    data = load(tmp_path)
    assert data.digest == known.digest
    assert data.rois == ("language", "visual")
    assert f"without what holds no numbers (s1{suffix}: " in data.source
    assert {"notes", "labels"} <= set(re.findall(r"[\w]+", data.source))


@pytest.mark.parametrize("name", ["._s1.npz", ".s1.h5", "._stimuli.csv"])
def test_files_that_a_system_left_beside_are_passed_over(tmp_path, name):
    expected = load(write(tmp_path)).digest
    (tmp_path / name).write_bytes(b"\x00\x05\x16\x07")
    assert load(tmp_path).digest == expected


def test_both_forms_of_a_regions_name_are_one_region_over_subjects(tmp_path):
    folder = write(tmp_path, **{"roi/caf\u00e9": np.array([1, 2])})
    write(folder, subject="s2", **{"roi/cafe\u0301": np.array([1, 2])})
    dataset = load(folder)
    assert dataset.rois == ("language", "visual", "caf\u00e9")
    assert all("caf\u00e9" in responses.rois for responses in dataset.subjects.values())


@pytest.mark.parametrize(("first", "second"), [("caf\u00e9", "cafe\u0301"), ("V1", "V\uff11")])
def test_regions_whose_names_read_alike_are_refused_in_one_subject_and_over_all(
    tmp_path, first, second
):
    both = {f"roi/{first}": np.array([1]), f"roi/{second}": np.array([2])}
    with pytest.raises(DataError, match=r"names that read differently; found '.*' beside '.*\\u"):
        load(write(tmp_path, **both))


def test_cells_of_columns_are_regions_in_another_form_and_refused(tmp_path):
    columns = np.empty(2, dtype=object)
    columns[:] = [np.array([0, 1]), np.array([2, 3])]
    write_mat(table(tmp_path) / "s1.mat", {**content(), "roi_all": columns})
    with pytest.raises(DataError, match="roi_all: expected an array of numbers; found cell"):
        load(tmp_path)


def test_numbers_of_an_unknown_name_are_refused_with_the_nearest_one(tmp_path):
    np.savez(table(tmp_path) / "s1.npz", **content(), coordinate=np.zeros((8, 3)))
    with pytest.raises(DataError, match=r"found 'coordinate'.*mean 'coordinates'\?"):
        load(tmp_path)
