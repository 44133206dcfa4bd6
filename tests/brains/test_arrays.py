"""A folder of stimuli.csv and arrays is read exactly, or refused with file and field named."""

import pickle
import re
import zipfile
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
from PIL import Image
from scipy.io import savemat

from pipeline.brains import BRAINS, BrainRequest
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
        assert (read.repeats, read.shown) == (None, None)

    def test_is_the_same_dataset_as_npz(self, tmp_path, suffix):
        (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
        assert load(write(tmp_path / "a", suffix)).digest == load(write(tmp_path / "b")).digest

    def test_rows_say_what_a_subject_saw_and_in_which_order(self, tmp_path, suffix):
        data = load(write(tmp_path, suffix, n_rows=4, rows=np.array([5, 0, 3, 2])))
        read = data.subjects["s1"]
        assert read.shown.tolist() == [0, 2, 3, 5]
        np.testing.assert_array_equal(read.values, content(n_rows=4)["responses"][[1, 3, 2, 0]])

    def test_a_file_cut_short_is_refused(self, tmp_path, suffix):
        path = write(tmp_path, suffix) / f"s1{suffix}"
        whole = path.read_bytes()
        for kept in {0, 1, 8, 100, 130, 600, len(whole) // 2, len(whole) - 60}:
            path.write_bytes(whole[:kept])
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


class TestTheTable:
    @pytest.mark.parametrize(
        ("header", "message"),
        [
            (("text", "group", "text"), "header: expected every column once; found 'text' twice"),
            (("sentence", "group"), "a column 'text' or a column 'image'; found sentence, group"),
            (("text", "image"), r"'text' or a column 'image'.*a column 'group'"),
            (("text", "topic"), "header: expected a column 'group'; found text, topic"),
        ],
    )
    def test_has_the_columns_once(self, tmp_path, header, message):
        with pytest.raises(DataError, match=rf"(?s)stimuli\.csv.*{message}"):
            load(table(tmp_path, header=header))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"text,group\ncaf\xe9,p\n", "text in UTF-8; found byte 14 is not"),
            ("text,group\na,p\n".encode("utf-16"), "text in UTF-8"),
            (b"", "a column 'text'.*found no columns"),
            (b"text,group\n", "at least one stimulus; found a header only"),
            (b"text,group\na,p,q\n", "2 cells in row 1; found 3 cells"),
            (b'text,group\n"a,p\n', "a table of comma-separated values; found Error"),
            (b"text,group\n" + b"a" * 200_000 + b",p\n", "comma-separated values; found Error"),
            (b"text,group\n ,p\na,\n", "text, row 1: expected a value.*group, row 2"),
        ],
    )
    def test_is_whole_and_utf8(self, tmp_path, text, message):
        (tmp_path / "stimuli.csv").write_bytes(text)
        with pytest.raises(DataError, match=rf"(?s)stimuli\.csv.*{message}"):
            load(tmp_path)

    def test_may_open_with_a_byte_order_mark_and_hold_other_columns(self, tmp_path):
        rows = [(s, g, i) for i, (s, g) in enumerate(zip(SENTENCES, GROUPS, strict=True))]
        write(tmp_path)
        table(tmp_path, rows, ("text", "group", "onset"), "utf-8-sig")
        assert load(tmp_path).stimuli.items == tuple(SENTENCES)


class TestPictures:
    def write(self, folder, names=("a.png", "b.png"), size=(4, 3)):
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 256, (2, *size[::-1], 3), dtype=np.uint8)
        for name, picture in zip(("a.png", "b.png"), pixels, strict=True):
            Image.fromarray(picture).save(folder / name)
        np.savez(folder / "s1.npz", **content(n_rows=2))
        return table(folder, [(name, name) for name in names], ("image", "group")), pixels

    def test_are_read_as_they_are(self, tmp_path):
        folder, pixels = self.write(tmp_path)
        np.testing.assert_array_equal(load(folder).stimuli.items, pixels)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("c.png", r"c\.png: expected this picture; found no such file"),
            ("../b.png", "image paths inside the folder"),
            ("/etc/hostname", "image paths inside the folder"),
            ("s1.npz", r"s1\.npz: expected a whole picture; found UnidentifiedImageError"),
        ],
    )
    def test_that_are_not_there_are_named(self, tmp_path, name, message):
        with pytest.raises(DataError, match=message):
            load(self.write(tmp_path, ("a.png", name))[0])

    def test_of_another_size_or_cut_short_or_transparent_are_refused(self, tmp_path):
        folder, _ = self.write(tmp_path)
        whole = (folder / "b.png").read_bytes()
        (folder / "b.png").write_bytes(whole[:60])
        with pytest.raises(DataError, match=r"b\.png: expected a whole picture"):
            load(folder)
        Image.new("RGB", (5, 3)).save(folder / "b.png")
        with pytest.raises(DataError, match=r"b\.png: .*3 x 4, as the first.*found 3 x 5"):
            load(folder)
        Image.new("RGBA", (4, 3)).save(folder / "b.png")
        with pytest.raises(DataError, match=r"b\.png: .*without transparency; found RGBA"):
            load(folder)

    def test_that_unfold_to_millions_of_pixels_are_refused_unread(self, tmp_path):
        folder, _ = self.write(tmp_path)
        Image.new("1", (5000, 5000)).save(folder / "b.png")
        with pytest.raises(DataError, match=r"b\.png: expected at most 16777216 pixels"):
            load(folder)

    def test_that_are_the_same_are_refused(self, tmp_path):
        folder, _ = self.write(tmp_path)
        (folder / "b.png").write_bytes((folder / "a.png").read_bytes())
        with pytest.raises(DataError, match="row 2: expected another stimulus"):
            load(folder)


class TestHostileFiles:
    def test_pickles_are_refused_and_nothing_in_them_runs(self, tmp_path):
        canary = tmp_path / "canary"

        class Runs:
            def __reduce__(self):
                return Path.touch, (canary,)

        pickle.loads(pickle.dumps(Runs()))  # it would run
        canary.unlink()
        hostile = np.empty((6, 8), dtype=object)
        hostile[:] = Runs()
        with pytest.raises(DataError, match=r"responses: expected an array of .* never op"):
            load(write(tmp_path, responses=hostile))
        (tmp_path / "s1.npz").write_bytes(pickle.dumps(Runs()))
        with pytest.raises(DataError, match=r"s1\.npz: expected a whole \.npz file"):
            load(tmp_path)
        assert not canary.exists()

    def test_a_zip_bomb_is_refused_by_what_it_declares(self, tmp_path):
        np.savez_compressed(tmp_path / "s1.npz", **content(responses=np.zeros((6, 4_000_000))))
        with pytest.raises(DataError, match=r"s1\.npz: expected at most \d+ bytes of arrays"):
            load(table(tmp_path))

    def test_a_header_that_promises_more_than_it_holds_is_refused(self, tmp_path):
        write(tmp_path)
        with zipfile.ZipFile(tmp_path / "s1.npz") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        lie = re.sub(rb"\(6, 8\), }    ", b"(6, 8000)}    ", members["responses.npy"])
        assert lie != members["responses.npy"]
        with zipfile.ZipFile(tmp_path / "s1.npz", "w") as archive:
            for name, data in {**members, "responses.npy": lie}.items():
                archive.writestr(name, data)
        with pytest.raises(DataError, match=r"bytes in responses\.npy; found \d+ bytes"):
            load(tmp_path)

    def test_an_hdf5_bomb_is_refused_by_its_shape(self, tmp_path):
        with h5py.File(tmp_path / "s1.h5", "w") as file:
            zeros = np.zeros((6, 4_000_000))
            file.create_dataset("responses", data=zeros, chunks=(6, 10_000), compression="gzip")
        with pytest.raises(DataError, match=r"s1\.h5: expected at most \d+ bytes of arrays"):
            load(table(tmp_path))

    def test_hdf5_that_was_never_written_is_not_read_as_zeros(self, tmp_path):
        with h5py.File(tmp_path / "s1.h5", "w") as file:
            file.create_dataset("responses", (6, 10**12), "f4", chunks=(6, 1000))
        with pytest.raises(DataError, match=r"responses to be a whole .*not stored whole"):
            load(table(tmp_path))

    @pytest.mark.parametrize("link", ["soft", "external", "virtual"])
    def test_hdf5_that_points_elsewhere_is_refused(self, tmp_path, link):
        with h5py.File(tmp_path / "s1.h5", "w") as file:
            if link == "virtual":
                layout = h5py.VirtualLayout((6, 8), "f4")
                layout[:] = h5py.VirtualSource("other.h5", "x", (6, 8))
                file.create_virtual_dataset("responses", layout)
            else:
                to = h5py.SoftLink("/x") if link == "soft" else h5py.ExternalLink("o.h5", "x")
                file["responses"] = to
        with pytest.raises(
            DataError, match="expected responses to be a whole dataset of this file"
        ):
            load(table(tmp_path))

    def test_a_matlab_bomb_is_refused_while_it_is_counted(self, tmp_path):
        bomb = content(responses=np.zeros((6, 4_000_000)))
        write_mat(tmp_path / "s1.mat", bomb, do_compression=True)
        with pytest.raises(DataError, match=r"s1\.mat: expected at most \d+ bytes unfolded"):
            load(table(tmp_path))

    def test_matlab_structures_and_version_7_3_are_refused(self, tmp_path):
        savemat(tmp_path / "s1.mat", {"responses": {"a": 1}})
        with pytest.raises(DataError, match="expected an array of numbers; found struct"):
            load(table(tmp_path))
        write_h5(tmp_path / "s1.mat", content())
        with pytest.raises(DataError, match=r"a MATLAB 5 file \(-v6 or -v7\); found .*-v7\.3"):
            load(tmp_path)


def test_a_folder_with_a_table_and_subjects_is_needed(tmp_path):
    with pytest.raises(DataError, match="arrays: directory: expected a folder; found none given"):
        load(None)
    with pytest.raises(DataError, match="nowhere: expected a folder; found no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"stimuli\.csv: expected this file; found FileNotFound"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"a file for each subject .*found none"):
        load(table(tmp_path))
    write(tmp_path)
    write(tmp_path, ".h5")
    with pytest.raises(DataError, match="one file for each subject; found 2 of 's1'"):
        load(tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real file is not in ../shared/data/digit69")
@pytest.mark.parametrize("suffix", WRITERS)
def test_digit69_written_as_arrays_is_digit69(tmp_path, suffix):
    real = BRAINS["digit69"].load(BrainRequest(directory=REAL))
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
