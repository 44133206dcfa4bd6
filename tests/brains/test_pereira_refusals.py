"""Parts of Pereira's files that are missing or do not fit are refused by file and field."""

import numpy as np
import pereira_files as files
import pytest
from pereira_files import load, one

from pipeline.errors import ConfigError, DataError

RESPONSES, LABELS = "examples_passagesentences", "labelsPassageForEachSentence"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return files.write_whole(tmp_path_factory.mktemp("whole"))


class TestWhatIsMissing:
    def test_an_experiment_nobody_has_is_refused_with_who_has_what(self, whole):
        message = (
            r"data_180concepts_sentences\.mat; found M02 has 384sentences; M03 has 243sentences"
        )
        with pytest.raises(DataError, match=message):
            load(whole, "180-sentences")

    def test_a_folder_is_needed(self, tmp_path):
        with pytest.raises(DataError, match="directory: expected a folder; found none given"):
            load(None, "384")
        with pytest.raises(DataError, match="nowhere: expected a folder; found no such folder"):
            load(tmp_path / "nowhere", "384")
        with pytest.raises(DataError, match="found no subject's files"):
            load(tmp_path, "384")

    def test_an_unknown_experiment_is_refused(self, tmp_path):
        with pytest.raises(ConfigError, match=r"experiment: .*found '386'. Did you mean '384'"):
            load(tmp_path, "386")

    def test_an_unknown_region_is_refused_with_the_nearest(self, whole):
        with pytest.raises(DataError, match=r"region langage: .*Did you mean 'language'\?"):
            load(whole, "243", ("langage",))

    @pytest.mark.parametrize(
        "field",
        ["examples_passagesentences", "keySentences", "labelsPassageForEachSentence",
         "labelsPassageCategory", "keyPassageCategory", "meta"],
    )  # fmt: skip
    def test_a_missing_field_is_named(self, tmp_path, field):
        with pytest.raises(
            DataError, match=rf"{field}: expected this variable; found .*examples_p"
        ):
            load(one(tmp_path, **{field: None}), "384")

    @pytest.mark.parametrize("field", ["atlases", "rois", "roiColumns"])
    def test_a_missing_field_of_meta_is_named(self, tmp_path, field):
        meta = {name: value for name, value in files.meta().items() if name != field}
        with pytest.raises(DataError, match=f"meta: expected fields {field}; found only"):
            load(one(tmp_path, meta=meta), "384")


class TestWhatDoesNotFit:
    def test_columns_from_0_are_refused(self, tmp_path):
        with pytest.raises(DataError, match=r"roiColumns\{.*columns count from 1 .*found 0"):
            load(one(tmp_path, meta=files.meta(shift=-1)), "384")

    def test_columns_beyond_the_voxels_are_refused(self, tmp_path):
        with pytest.raises(DataError, match=r"roiColumns\{.*from 1 to 60; found 61"):
            load(one(tmp_path, meta=files.meta(shift=1)), "384")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({RESPONSES: files.responses(383)}, r"\(384, V\).*double of shape \(383, 60\)"),
            ({RESPONSES: files.responses(384) * 1j}, "expected real numbers"),
            ({RESPONSES: "text"}, r"expected shape \(384, V\).*found char of shape"),
            ({"keySentences": files.cells(files.sentences(3))}, "384 lines of text; found 3"),
            ({"keySentences": np.zeros((384, 1))}, "keySentences: expected one line of text"),
            ({"keySentences": files.cells([1.0] * 384)}, r"\{1\}: expected one line of text"),
            ({LABELS: np.ones(5)}, "384 passage numbers; found 5"),
            ({LABELS: np.full(384, 97)}, "from 1 to 96.*found 97"),
            ({LABELS: np.full(384, 1.5)}, "whole numbers .*found 1.5"),
            ({LABELS: np.full(384, np.nan)}, "whole numbers .*found nan"),
            ({"labelsPassageCategory": np.full(96, 4)}, "labelsPassageCategory: .*to 3; found 4"),
            ({"meta": np.ones(3)}, "meta: expected a single struct; found double"),
            ({"meta": {**files.meta(), "colToCoord": np.ones((59, 3))}}, r"colToCoord: .*\(60, 3"),
            ({"meta": {**files.meta(), "atlases": files.cells(["MD"])}}, "one of 1 atlases each"),
        ],
    )  # fmt: skip
    def test_fields_of_another_shape_or_kind_are_named(self, tmp_path, changes, message):
        with pytest.raises(DataError, match=message):
            load(one(tmp_path, **changes), "384")

    def test_a_column_list_of_another_length_than_its_names_is_refused(self, tmp_path):
        meta = files.meta()
        meta["roiColumns"][5, 0] = files.cells([files.span(1, 3)] * 2)
        with pytest.raises(DataError, match=r"roiColumns\{6\}: expected columns of 1 regions"):
            load(one(tmp_path, meta=meta), "384")
