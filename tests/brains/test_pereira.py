"""Both families of Pereira's files are read whole and by name, or refused with the field named."""

import numpy as np
import pereira_files as files
import pytest
from brain_settings import brain_settings
from pereira_files import N243, N384, load, one
from scipy.io import loadmat

from pipeline.brains.formats.matlab import MatFile
from pipeline.brains.pereira import NETWORKS, PEREIRA_BRAINS
from pipeline.errors import DataError

COLUMNS = {"language": (20, 36), "dmn": (9, 20), "task": (0, 12), "visual": (39, 55)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return files.write_whole(tmp_path_factory.mktemp("whole"))


def voxels(data, subject, roi):
    responses = data.subjects[subject]
    return responses.values[:, responses.rois[roi]]


class TestTheCurrentRelease:
    def test_responses_come_back_exactly_in_every_network(self, whole):
        data = load(whole, "627")
        stored = np.concatenate([files.responses(384, seed=1), files.responses(243, seed=2)])
        assert data.rois == tuple(COLUMNS)
        for roi, (first, end) in COLUMNS.items():
            expected = stored[:, first:end].astype(np.float32)
            np.testing.assert_array_equal(voxels(data, "P01", roi), expected)

    def test_the_union_has_384_first_and_only_subjects_with_both(self, whole):
        data = load(whole, "627")
        assert data.stimuli.items == (*files.sentences(384, 384), *files.sentences(243, 243))
        assert list(data.subjects) == ["P01"]
        assert "3 left out that lack it (M02, M03, M08)" in data.source

    def test_a_passage_is_a_group_and_its_topic_is_in_the_name(self, whole):
        groups = load(whole, "627").stimuli.groups
        assert groups[[0, 3, 4, 383, 384]].tolist() == [
            "exp2-passage001-fruit", "exp2-passage001-fruit", "exp2-passage002-body-part",
            "exp2-passage096-crime", "exp3-passage001-fruit",
        ]  # fmt: skip
        assert len(set(groups[:384])) == 96

    def test_passage_numbers_may_stand_in_a_row(self, tmp_path, whole):
        row = files.passages(384)["labelsPassageForEachSentence"].T
        groups = load(one(tmp_path, labelsPassageForEachSentence=row), "384").stimuli.groups
        np.testing.assert_array_equal(groups, load(whole, "384").stimuli.groups)

    def test_concepts_are_stimuli_and_groups_of_their_own(self, whole):
        data = load(whole, "180-pictures")
        assert data.stimuli.items[:2] == ("concept 0", "concept 1")
        assert len(set(data.stimuli.groups)) == 180
        assert list(data.subjects) == ["P01"]

    @pytest.mark.parametrize(
        ("roi", "columns"),
        [("visual_face", [42, 43]), ("languageRH", range(30, 36)), ("DMN", range(9, 20)),
         ("gordon:Default", range(7, 30)), ("aal_1ofN:left_part", range(1, 5)),
         ("gordon:ROI241_VentralAttn_R_48.1_38.3_-9.2", range(7))],
    )  # fmt: skip
    def test_finer_regions_and_parcels_are_found_by_name(self, whole, roi, columns):
        data = load(whole, "243", (roi,))
        expected = files.responses(243, seed=4)[:, list(columns)].astype(np.float32)
        np.testing.assert_array_equal(voxels(data, "M03", roi), expected)

    def test_atlases_are_found_by_name_wherever_they_stand(self, tmp_path, monkeypatch):
        turned = dict(reversed(files.atlases().items()))
        monkeypatch.setattr(files, "atlases", lambda: turned)
        data = load(one(tmp_path), "384")
        for roi, (first, end) in COLUMNS.items():
            expected = files.responses(384)[:, first:end].astype(np.float32)
            np.testing.assert_array_equal(voxels(data, "P01", roi), expected)

    def test_only_voxels_of_regions_are_kept_with_their_coordinates(self, whole):
        read_subject = load(whole, "243", ("dmn", "visual_face")).subjects["P01"]
        assert read_subject.values.shape == (243, 13)
        assert read_subject.values.dtype == np.float32
        stored = files.meta()["colToCoord"]
        np.testing.assert_array_equal(read_subject.coordinates, stored[[*range(9, 20), 42, 43]])

    def test_unusable_voxels_are_left_out_and_counted(self, tmp_path):
        values = files.responses(384)
        values[3, 10], values[:, 20], values[0, 40] = np.nan, 1.5, 1e300
        data = load(one(tmp_path, examples_passagesentences=values), "384")
        assert voxels(data, "P01", "language").shape == (384, 15)
        assert "left out: P01 language 1, P01 dmn 1, P01 task 1, P01 visual 1" in data.source
        np.testing.assert_array_equal(
            voxels(data, "P01", "dmn"), np.delete(values[:, 9:20], 1, axis=1).astype(np.float32)
        )
        coordinates = data.subjects["P01"].coordinates
        assert len(coordinates) == data.subjects["P01"].values.shape[1] == 49

    def test_a_region_mostly_unusable_is_refused(self, tmp_path):
        values = files.responses(384)
        values[:, 9:17] = 0
        with pytest.raises(DataError, match=r"ROI dmn: expected at most 50% .*found 8 of 11"):
            load(one(tmp_path, examples_passagesentences=values), "384")


class TestTheOlderFamily:
    def test_the_default_stands_for_gordon_networks_and_the_source_says_so(self, whole):
        data = load(whole, "384")
        assert set(data.subjects["M08"].rois) == {
            "gordon:VentralAttn", "gordon:Default", "gordon:Visual"
        }  # fmt: skip
        assert "M08: Gordon networks, as older files have no language or MD masks" in data.source
        expected = files.responses(384, seed=6)[:, 7:30].astype(np.float32)
        np.testing.assert_array_equal(voxels(data, "M08", "gordon:Default"), expected)

    def test_a_parcel_is_the_same_in_both_families(self, whole):
        data = load(whole, "384", ("gordon:Visual",))
        assert {r.values.shape for r in data.subjects.values()} == {(384, 20)}

    def test_networks_it_lacks_are_refused_by_name(self, whole):
        with pytest.raises(DataError, match=r"region language: .*no such region.*gordon:Default"):
            load(whole, "384", ("language",))

    def test_without_masks_the_columns_are_used(self, tmp_path):
        content = files.older()
        del content["meta"]["roiMultimaskGordon"]
        content["meta"]["roiColumnsGordon"] = files.cells(
            [files.span(*place) for place in files.GORDON.values()]
        )
        files.write(tmp_path, "M08", "examples_384sentences.mat", content)
        data = load(tmp_path, "384")
        expected = files.responses(384)[:, 7:30].astype(np.float32)
        np.testing.assert_array_equal(voxels(data, "M08", "gordon:Default"), expected)

    def test_a_mask_of_another_space_is_refused(self, tmp_path):
        content = files.older()
        content["meta"]["roiMultimaskGordon"] = np.ones((1, 59))
        files.write(tmp_path, "M08", "examples_384sentences.mat", content)
        with pytest.raises(DataError, match=r"roiMultimaskGordon: .*each of 60 voxels; found 59"):
            load(tmp_path, "384")


class TestSeveralSubjects:
    def shuffled(self, order):
        made = files.current(seed=1)
        for field in ("examples_passagesentences", "keySentences", "labelsPassageForEachSentence"):
            made[field] = made[field][order]
        return made

    def test_another_order_is_turned_back_by_the_text(self, tmp_path):
        order = np.random.default_rng(0).permutation(384)
        files.write(tmp_path, "A", N384, files.current(seed=1))
        files.write(tmp_path, "B", N384, self.shuffled(order))
        data = load(tmp_path, "384")
        np.testing.assert_array_equal(data.subjects["A"].values, data.subjects["B"].values)

    def test_another_sentence_is_refused(self, tmp_path):
        texts = [*files.sentences(384, 384)[:-1], "A stranger."]
        one(tmp_path, "A")
        one(tmp_path, "B", keySentences=files.cells(texts))
        message = (
            r"B/data_384sentences\.mat: stimuli: .*1 of them missing, such as 'Sentence 384-383"
        )
        with pytest.raises(DataError, match=message):
            load(tmp_path, "384")

    def test_a_duplicated_sentence_is_refused(self, tmp_path):
        texts = files.sentences(384, 384)
        texts[7] = texts[3]
        with pytest.raises(DataError, match=r"keySentences: expected different .*Sentence 384-3 "):
            load(one(tmp_path, keySentences=files.cells(texts)), "384")

    def test_other_passages_are_refused(self, tmp_path):
        one(tmp_path, "A")
        labels = files.passages(384)["labelsPassageForEachSentence"]
        labels[4] = 1
        one(tmp_path, "B", labelsPassageForEachSentence=labels)
        with pytest.raises(
            DataError, match=r"B/.*labelsPassageForEachSentence: expected the passa"
        ):
            load(tmp_path, "384")

    def test_a_sentence_in_both_experiments_is_refused(self, tmp_path):
        one(tmp_path)
        texts = [files.sentences(384, 384)[5], *files.sentences(243, 243)[1:]]
        one(tmp_path, name=N243, n=243, keySentences=files.cells(texts))
        with pytest.raises(DataError, match="in both: 'Sentence 384-5 "):
            load(tmp_path, "627")

    def test_experiments_in_different_spaces_are_refused(self, tmp_path):
        one(tmp_path)
        moved = files.meta()
        moved["colToCoord"] = moved["colToCoord"] + 1
        one(tmp_path, name=N243, n=243, meta=moved)
        with pytest.raises(DataError, match=r"colToCoord: .*found voxels in another space"):
            load(tmp_path, "627")


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", ["f8", "f4", "i2", "u1", "i8"])
def test_numbers_are_read_as_scipy_reads_them(tmp_path, kind, compressed):
    numbers = (np.random.default_rng(0).normal(size=(384, 9)) * 50).astype(kind)
    path = files.write(
        tmp_path, "P01", N384, files.current(examples_passagesentences=numbers), compressed
    )
    with MatFile(path) as file:
        whole = file.value("examples_passagesentences", 1 << 20).numbers()
        some = np.empty((384, 3), dtype=np.float32)
        file.columns("examples_passagesentences", np.array([0, 4, 8]), np.arange(384), some)
        fields = file.value("meta", 1 << 20).fields()
    np.testing.assert_array_equal(whole, loadmat(path)["examples_passagesentences"])
    np.testing.assert_array_equal(some, numbers[:, [0, 4, 8]].astype(np.float32))
    by_scipy = loadmat(path, simplify_cells=True)["meta"]
    assert [cell.text() for cell in fields["atlases"].cells()] == by_scipy["atlases"].tolist()
    assert fields.keys() == by_scipy.keys()


@pytest.mark.parametrize("brain", PEREIRA_BRAINS, ids=lambda brain: brain.name)
def test_every_experiment_is_a_brain(brain, whole):
    assert brain.needs_directory
    request = brain_settings(whole)
    if brain.name in {"pereira2018-180-sentences", "pereira2018-180-wordclouds"}:
        with pytest.raises(DataError, match="expected a folder <subject>/ with"):
            brain.load(request)
    else:
        data = brain.load(request)
        assert data.name == brain.name
        assert not data.simulated
        assert set(NETWORKS) <= set(data.rois)
