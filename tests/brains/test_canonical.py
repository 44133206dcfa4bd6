"""A canonical copy gives back the dataset exactly, from disk, or says which part is not it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from brain_settings import brain_settings

from pipeline.brains import BRAINS, BrainDataset, Responses, Stimuli
from pipeline.brains.prepared import CANONICAL, read_canonical, write_canonical
from pipeline.errors import DataError

SMALL = brain_settings(n_stimuli=16, n_voxels=5, n_subjects=2)
FIELDS = ("values", "repeats", "stimulus_rows", "repeated", "coordinates")


def rich():
    """Two subjects of whom one has every optional part, under names that no path could have."""
    rng = np.random.default_rng(0)
    full = Responses(
        values=rng.standard_normal((4, 6)).astype(np.float32),
        rois={"a/b ü": np.array([4, 2]), "": np.array([5])},
        repeats=rng.standard_normal((3, 2, 6)).astype(np.float32),
        stimulus_rows=np.array([3, 0, 4, 1]),
        repeated=np.array([1, 2]),
        coordinates=rng.standard_normal((6, 3)).astype(np.float32),
        left_out={"a/b ü": 3},
    )
    plain = Responses(rng.standard_normal((5, 3)).astype(np.float32), {"a/b ü": np.arange(3)})
    texts = ("A b.", "line\nbreak\u2028", 'quote "', "tab\té\0", "ß")
    stimuli = Stimuli(texts, np.array(["p", "p", "q", "r\u2029", "r"]))
    return BrainDataset("rich", stimuli, {"../s 1": full, "ß": plain}, "made for this test")


MADE = {
    "rich": rich,
    **{
        name: lambda name=name: BRAINS[name].load(SMALL)
        for name in ("simulated-sentences", "simulated-pictures")
    },
}


def assert_equal(first, second):
    assert (first.name, first.source) == (second.name, second.source)
    assert first.digest == second.digest
    assert first.stimuli.groups.tolist() == second.stimuli.groups.tolist()
    np.testing.assert_array_equal(first.stimuli.items, second.stimuli.items)
    assert list(first.subjects) == list(second.subjects)
    for subject, one in first.subjects.items():
        other = second.subjects[subject]
        assert list(one.rois) == list(other.rois)
        for roi, columns in one.rois.items():
            np.testing.assert_array_equal(columns, other.rois[roi])
        assert one.left_out == other.left_out
        for field in FIELDS:
            mine, its = getattr(one, field), getattr(other, field)
            assert (mine is None) == (its is None)
            if mine is not None:
                np.testing.assert_array_equal(mine, its)
                assert mine.dtype == its.dtype


@pytest.fixture
def copy(tmp_path):
    write_canonical(rich(), tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize("name", MADE)
def test_what_is_read_is_exactly_what_was_written(tmp_path, name):
    made = MADE[name]()
    write_canonical(made, tmp_path / "copy")
    read = CANONICAL.load(brain_settings(tmp_path / "copy"))
    assert_equal(made, read)
    assert_equal(made, read_canonical(tmp_path / "copy", verify=True))
    assert read.simulated == made.simulated


def test_a_copy_of_a_copy_is_byte_for_byte_the_same(tmp_path, copy):
    write_canonical(read_canonical(copy), tmp_path / "again")
    files = [path.relative_to(copy) for path in copy.rglob("*") if path.is_file()]
    assert len(files) == 7
    for path in (path for path in files if path.suffix != ".npz"):  # zip holds the time
        if path.name != "dataset.json":
            assert (copy / path).read_bytes() == (tmp_path / "again" / path).read_bytes()


def test_responses_and_pictures_are_mapped_not_read(tmp_path):
    write_canonical(BRAINS["simulated-pictures"].load(SMALL), tmp_path / "copy")
    read = read_canonical(tmp_path / "copy")
    mapped = [read.stimuli.items]
    mapped += [array for s in read.subjects.values() for array in (s.values, s.repeats)]
    for array in mapped:
        assert isinstance(array, np.memmap)
        assert not array.flags.writeable


def test_columns_in_any_memory_order_are_written_in_theirs(tmp_path):
    made = rich()
    plain = made.subjects["ß"]
    turned = replace(plain, values=np.asfortranarray(plain.values))
    sliced = replace(plain, values=np.repeat(plain.values, 2, axis=1)[:, ::2])
    for number, responses in enumerate((turned, sliced)):
        variant = replace(made, subjects={**made.subjects, "ß": responses})
        write_canonical(variant, tmp_path / str(number))
        assert_equal(made, read_canonical(tmp_path / str(number), verify=True))


def test_a_folder_that_holds_something_is_not_written_over(copy):
    before = (copy / "dataset.json").read_bytes()
    with pytest.raises(DataError, match="expected a new or empty folder; found something"):
        write_canonical(rich(), copy)
    assert (copy / "dataset.json").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="expected a folder to write to; found NotADirectory"):
        write_canonical(rich(), tmp_path / "file" / "copy")


def test_responses_of_another_type_are_refused(tmp_path):
    made = rich()
    plain = made.subjects["ß"]
    wide = replace(made, subjects={"ß": replace(plain, values=plain.values.astype(float))})
    with pytest.raises(DataError, match="expected float32 responses of ß; found float64"):
        write_canonical(wide, tmp_path / "copy")


def test_a_directory_with_a_copy_is_needed(tmp_path):
    with pytest.raises(DataError, match="prepared: directory: expected a folder; found none"):
        CANONICAL.load(brain_settings())
    with pytest.raises(DataError, match=r"dataset\.json: .*found FileNotFoundError"):
        read_canonical(tmp_path)


@pytest.mark.parametrize("part", ["stimuli.jsonl", "subject-000/responses.npy",
                                  "subject-000/repeats.npy", "subject-001/small.npz"])  # fmt: skip
def test_a_file_that_is_missing_cut_short_or_longer_is_refused(copy, part):
    whole = (copy / part).read_bytes()
    for changed in (b"", whole[:5], whole[: len(whole) // 2], whole[:-1], whole + b"\0"):
        (copy / part).write_bytes(changed)
        with pytest.raises(DataError, match=r"copy: expected (files with the seal|a whole canon)"):
            read_canonical(copy)
    (copy / part).unlink()
    with pytest.raises(DataError, match="a whole canonical copy; found FileNotFoundError"):
        read_canonical(copy)


def test_a_changed_response_shows_when_asked_to_verify(copy):
    path = copy / "subject-000" / "responses.npy"
    array = np.load(path)
    array[0, 2] += 1
    np.save(path, array)
    assert read_canonical(copy)
    with pytest.raises(DataError, match=r"copy: expected the digest [0-9a-f]{12}; found"):
        read_canonical(copy, verify=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "real"}, "expected files with the seal"),
        ({"source": "elsewhere"}, "expected files with the seal"),
        ({"digest": "0" * 64}, "expected files with the seal"),
        ({"format": 1}, "expected format 2 of the copy; found format 1"),
        ({"n_stimuli": "many"}, "found n_stimuli: Input should be a valid integer"),
        ({"extra": 1}, "found extra: Extra inputs are not permitted"),
        ({"modality": "sound"}, "found modality: Input should be 'text' or 'image'"),
    ],
)
def test_a_manifest_that_was_edited_is_refused(copy, change, message):
    content = json.loads((copy / "dataset.json").read_text())
    (copy / "dataset.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(DataError, match=message):
        read_canonical(copy)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "\xff", "null"])
def test_a_manifest_that_is_none_is_refused(copy, text):
    (copy / "dataset.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"dataset\.json: expected what `prepare` wrote"):
        read_canonical(copy)


def test_pickled_arrays_are_refused_unread(copy):
    hostile = np.array([[print]], dtype=object)
    np.save(copy / "subject-000" / "responses.npy", hostile, allow_pickle=True)
    with pytest.raises(DataError, match="expected files with the seal"):
        read_canonical(copy)
