"""The table of stimuli and its pictures are read as they are, or refused by row and column."""

import numpy as np
import pytest
from array_folders import GROUPS, SENTENCES, content, load, table, write
from PIL import Image

from pipeline.errors import DataError


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
