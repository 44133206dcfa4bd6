"""Both families of Pereira's files are read whole and by name, or refused with the field named."""

import tracemalloc

import numpy as np
import pereira_files as files
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import loadmat

from pipeline.brains import BrainRequest
from pipeline.brains.matlab import MatFile
from pipeline.brains.pereira import NETWORKS, PEREIRA_BRAINS, load_pereira
from pipeline.errors import ConfigError, DataError

N384, N243 = "data_384sentences.mat", "data_243sentences.mat"
RESPONSES, LABELS = "examples_passagesentences", "labelsPassageForEachSentence"
COLUMNS = {"language": (20, 36), "dmn": (9, 20), "task": (0, 12), "visual": (39, 55)}


def load(directory, experiment, rois=(), **wanted):
    return load_pereira(BrainRequest(directory, rois=rois, **wanted), experiment)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """P01 has everything, M02 and M08 the 384 sentences, M03 the 243."""
    folder = tmp_path_factory.mktemp("whole")
    files.write(folder, "P01", N384, files.current(seed=1))
    files.write(folder, "P01", N243, files.current(243, seed=2))
    files.write(folder, "M02", N384, files.current(seed=3), compressed=False)
    files.write(folder, "M03", N243, files.current(243, seed=4))
    files.write(folder, "P01", "data_180concepts_pictures.mat", files.concepts(seed=5))
    files.write(folder, "M08", "examples_384sentences.mat", files.older(seed=6))
    (folder / "notes").mkdir()
    return folder


def one(tmp_path, subject="P01", name=N384, **changes):
    return files.write(tmp_path, subject, name, files.current(**changes)).parents[1]


def voxels(data, subject, roi):
    responses = data.subjects[subject]
    return responses.values[:, responses.rois[roi]]


class TestTheCurrentRelease:
    def test_responses_come_back_exactly_in_every_network(self, whole):
        data = load(whole, "627")
        written = np.concatenate([files.responses(384, seed=1), files.responses(243, seed=2)])
        assert data.rois == tuple(COLUMNS)
        for roi, (first, end) in COLUMNS.items():
            expected = written[:, first:end].astype(np.float32)
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
        kept = load(whole, "243", ("dmn", "visual_face")).subjects["P01"]
        assert kept.values.shape == (243, 13)
        assert kept.values.dtype == np.float32
        written = files.meta()["colToCoord"]
        np.testing.assert_array_equal(kept.coordinates, written[[*range(9, 20), 42, 43]])

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


class TestDamagedFiles:
    @pytest.mark.parametrize("compressed", [True, False])
    def test_a_file_cut_short_anywhere_is_refused(self, tmp_path, compressed):
        path = files.write(tmp_path, "P01", N384, files.current(), compressed)
        content = path.read_bytes()
        ends = [0, 1, 100, 127, 129, 135, len(content) - 1]
        ends += np.random.default_rng(0).integers(130, len(content), 15).tolist()
        for end in ends:
            path.write_bytes(content[:end])
            with pytest.raises(DataError, match=r"P01/data_384sentences\.mat"):
                load(tmp_path, "384")

    @pytest.mark.parametrize(
        ("content", "message"),
        [(b"<html>" * 99, "a MATLAB 5 file; found 128 first bytes of another kind"),
         (b"\x89HDF\r\n\x1a\n" + bytes(200), r"\(-v6 or -v7\); found an HDF5 file"),
         (b"MATLAB 7.3 MAT-file" + bytes(200), r"found an HDF5 file \(-v7.3\)")],
    )  # fmt: skip
    def test_another_file_under_this_name_is_refused(self, tmp_path, content, message):
        (tmp_path / "P01").mkdir()
        (tmp_path / "P01" / N384).write_bytes(content)
        with pytest.raises(DataError, match=message):
            load(tmp_path, "384")

    def test_text_in_another_coding_is_refused(self, tmp_path):
        path = files.write(tmp_path, "P01", N384, files.current(), compressed=False)
        content = path.read_bytes().replace(b"Sentence 384-9 s", b"Sentence 384-9 \xff")
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"keySentences\{10\}.*: expected text in utf-8"):
            load(tmp_path, "384")

    def test_a_declared_size_beyond_reason_is_refused_before_reading(self, tmp_path):
        huge = np.zeros((384, 2), dtype=np.uint8)
        path = files.write(
            tmp_path, "P01", N384, files.current(examples_passagesentences=huge), compressed=False
        )
        declared = np.array([384, 2], dtype="<i4").tobytes()
        bomb = np.array([384, 2_000_000_000], dtype="<i4").tobytes()
        path.write_bytes(path.read_bytes().replace(declared, bomb))
        with pytest.raises(DataError, match=r"V from 1 to 1,000,000; found uint8 of shape"):
            load(tmp_path, "384")

    def test_a_compressed_bomb_is_refused_before_it_is_unpacked(self, tmp_path):
        bomb = {**files.meta(), "filler": np.zeros(300 << 20, dtype=np.uint8)}
        path = files.write(tmp_path, "P01", N384, files.current(meta=bomb))
        assert path.stat().st_size < 2 << 20
        del bomb
        tracemalloc.start()
        with pytest.raises(DataError, match="meta: expected at most 268,435,456 bytes; found 3"):
            load(tmp_path, "384")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 << 20


def facts(data):
    return (
        data.stimuli.items,
        data.stimuli.groups.tolist(),
        data.source,
        data.rois,
        list(data.subjects),
    )


@pytest.fixture(scope="module", params=[True, False], ids=["compressed", "plain"])
def small(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    path = files.write(folder, "P01", N384, files.current(), request.param)
    return request.param, path, path.read_bytes(), load(folder, "384")


def loaded_or_refused(folder):
    try:
        return load(folder, "384")
    except DataError as refusal:
        return refusal


class TestAnyCorruption:
    """Flipped bits, cut ends, foreign bytes: an error of ours or the very same data.

    MATLAB compresses by default, and a check sum then guards every byte that counts. Without
    compression (-v6) nothing guards the numbers and letters themselves: a flip inside them gives
    another number or letter and cannot be told from the truth. What is held there is that the
    result is well-formed and no error but ours escapes.
    """

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(corruption=st.data())
    def test_is_refused_or_changes_nothing(self, small, corruption):
        compressed, path, content, sound = small
        path.write_bytes(corrupted(content, corruption))
        data = loaded_or_refused(path.parents[1])
        if isinstance(data, DataError):
            assert N384 in str(data)
        elif compressed:
            assert data.digest == sound.digest
            assert facts(data) == facts(sound)
        else:
            assert len(data.stimuli) == 384
            assert data.subjects["P01"].values.dtype == np.float32


def corrupted(content, corruption):
    changed = bytearray(content)
    for _ in range(corruption.draw(st.integers(1, 4))):
        # Half of the changes go to where sizes and names are dense.
        near = corruption.draw(st.sampled_from([0, 128, len(content) - 20_000]))
        at = corruption.draw(st.integers(max(near, 0), len(content) - 1))
        if corruption.draw(st.booleans()):
            at = min(len(content) - 1, max(near, 0) + at % 400)
        changed[at] = corruption.draw(st.integers(0, 255))
    if corruption.draw(st.integers(0, 4)) == 0:
        del changed[corruption.draw(st.integers(0, len(content))) :]
    return bytes(changed)


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
    request = BrainRequest(directory=whole)
    if brain.name in {"pereira2018-180-sentences", "pereira2018-180-wordclouds"}:
        with pytest.raises(DataError, match="expected a folder <subject>/ with"):
            brain.load(request)
    else:
        data = brain.load(request)
        assert data.name == brain.name
        assert not data.simulated
        assert set(NETWORKS) <= set(data.rois)
