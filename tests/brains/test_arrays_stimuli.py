"""The table of stimuli and its pictures are read as they are, or refused by row and column."""

import unicodedata

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
            (
                b"text,group\na,p,q\n",
                r"row 1, which.* line 2: expected 2 cells.*found 3",
            ),
            (b'text,group\n"a,p\n', "a table of comma-separated values; found Error"),
            (b"text;group\na;p\n", "cells separated by commas; found semicolons"),
            (b"text,group\n" + b"a,\n" * 30, r"  10\. .*row 10: expected a value.*\n  and 20 more"),
            (b"text,group,\na,p,\nb,p,x\n", "row 2, which ends at line 3.*found 3 cells"),
            (b"text,group\na,p\n,\nb,q\n", "text, row 2: expected a value"),
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

    def test_may_have_empty_columns_and_rows_at_the_end_as_spreadsheets_save_them(self, tmp_path):
        write(tmp_path)
        rows = [(s, g, "", "") for s, g in zip(SENTENCES, GROUPS, strict=True)]
        table(tmp_path, [*rows, ("", "", "", "")], ("text", "group", "", ""))
        assert load(tmp_path).stimuli.items == tuple(SENTENCES)


class TestFormsOfUnicode:
    """An é is one letter, or an e with an accent: the same text."""

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_of_one_sentence_are_one_stimulus(self, tmp_path, form):
        write(tmp_path)
        sentences = ["Le café ouvre.", unicodedata.normalize(form, "Le café ouvre.")]
        texts = [*sentences, "c", "d", "e", "f"]
        with pytest.raises(DataError, match="row 2: expected another stimulus"):
            load(table(tmp_path, list(zip(texts, GROUPS, strict=True))))
        rows = [(t, "p", "x" if t in sentences else "") for t in texts]
        stimuli = load(table(tmp_path, rows, ("text", "group", "repeat"))).stimuli
        assert stimuli.items == ("Le café ouvre.", "c", "d", "e", "f")

    def test_of_one_group_are_one_group(self, tmp_path):
        write(tmp_path)
        groups = [unicodedata.normalize(f, "thé") for f in ("NFC", "NFD")] * 3
        stimuli = load(table(tmp_path, list(zip(SENTENCES, groups, strict=True)))).stimuli
        assert set(stimuli.groups) == {"thé"}


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

    def test_of_another_size_or_cut_short_are_refused(self, tmp_path):
        folder, _ = self.write(tmp_path)
        whole = (folder / "b.png").read_bytes()
        (folder / "b.png").write_bytes(whole[:60])
        with pytest.raises(DataError, match=r"b\.png: expected a whole picture"):
            load(folder)
        Image.new("RGB", (5, 3)).save(folder / "b.png")
        with pytest.raises(DataError, match=r"b\.png: .*3 x 4, as the first.*found 3 x 5"):
            load(folder)

    def test_that_unfold_to_millions_of_pixels_are_refused_unread(self, tmp_path):
        folder, _ = self.write(tmp_path)
        Image.new("1", (9000, 6000)).save(folder / "b.png")
        with pytest.raises(DataError, match=r"b\.png: expected at most 50,000,000 pixels"):
            load(folder)

    def test_are_found_in_the_other_form_of_unicode_that_a_disk_keeps(self, tmp_path):
        folder, pixels = self.write(tmp_path)
        (folder / "a.png").rename(folder / unicodedata.normalize("NFD", "café.png"))
        table(folder, [("café.png", "p"), ("b.png", "q")], ("image", "group"))
        np.testing.assert_array_equal(load(folder).stimuli.items, pixels)

    def test_that_are_the_same_are_refused(self, tmp_path):
        folder, _ = self.write(tmp_path)
        (folder / "b.png").write_bytes((folder / "a.png").read_bytes())
        with pytest.raises(DataError, match="row 2: expected another stimulus"):
            load(folder)
