"""CIFAR-10's batches are read without running them, class folders with classes from their names."""

import io
import pickle
import tarfile

import numpy as np
import pandas as pd
import pytest
from corpus_files import request
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.data import TASKS
from pipeline.data.reading.cifar import read_batch
from pipeline.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3072), dtype=np.uint8)


class Calls:
    """What a hostile pickle asks for."""

    def __reduce__(self):
        return print, ("called",)


def batch(protocol=2, **changes):
    content = {b"batch_label": b"1 of 5", b"labels": [3, 8, 0, 3], b"data": PIXELS,
            b"filenames": [b"a.png"] * 4, **changes}  # fmt: skip
    return pickle.dumps(content, protocol=protocol)


def batch_of_python_2():
    """Write two pictures as Python 2's cPickle did: its strings, which pickle now has no more."""
    labels = b"U\x06labels](K\x03K\x08e"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    shape = b"K\x01K\x02M\x00\x0c\x86"
    state = b"(K\x03U\x01|NNN" + 2 * b"J\xff\xff\xff\xff" + b"K\x00tb"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R" + state
    content = b"T\x00\x18\x00\x00" + PIXELS[:2].tobytes()
    data = b"U\x04data" + array + b"(" + shape + dtype + b"\x89" + content + b"tb"
    return b"\x80\x02}(" + labels + data + b"u."


def write_cifar(directory, content):
    for name in (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"):
        (directory / name).write_bytes(content)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_batches_are_read_in_every_form_that_python_writes(tmp_path, protocol):
    (tmp_path / "data_batch_1").write_bytes(batch(protocol))
    rows = read_batch(tmp_path / "data_batch_1")
    assert [rows[i].values["label"] for i in range(4)] == [3, 8, 0, 3]
    red = PIXELS[1, :1024].reshape(32, 32)
    np.testing.assert_array_equal(rows[1].values["img"][..., 0], red)


def test_the_batches_of_python_2_are_read(tmp_path):
    (tmp_path / "data_batch_1").write_bytes(batch_of_python_2())
    rows = read_batch(tmp_path / "data_batch_1")
    assert [rows[i].values["label"] for i in range(2)] == [3, 8]
    np.testing.assert_array_equal(
        rows[1].values["img"], PIXELS[1].reshape(3, 32, 32).transpose(1, 2, 0)
    )


def test_the_task_takes_validation_out_of_the_training_batches(tmp_path):
    write_cifar(tmp_path, batch())
    data = TASKS["cifar10"].load(request(tmp_path))
    assert (len(data.train), len(data.validation), len(data.test)) == (16, 4, 4)
    assert data.classes[data.test.labels[0]] in ("cat", "ship", "airplane")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (batch(data=Calls()), "a call of"),
        (batch(data=PIXELS.astype(np.int16)), "expected an array of bytes"),
        (batch(data=PIXELS[:, :-1]), "expected pictures of 3072 bytes"),
        (batch(labels=[1]), "expected 4 labels, one for each picture; found 1"),
        (batch(labels=["1"] * 4), "expected a list of labels"),
        (batch()[:-20], "expected"),
        (pickle.dumps([1]), "expected a dictionary with data and labels; found list"),
    ],
)
def test_batches_that_hold_or_call_anything_else_are_refused(tmp_path, capsys, content, refusal):
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(DataError, match=refusal):
        read_batch(tmp_path / "b")
    assert capsys.readouterr().out == ""


def test_a_missing_batch_is_named(tmp_path):
    write_cifar(tmp_path, batch())
    (tmp_path / "data_batch_3").unlink()
    with pytest.raises(DataError, match="found no data_batch_3"):
        TASKS["cifar10"].load(request(tmp_path))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damaged_batches_are_read_or_refused_but_never_break(tmp_path_factory, data):
    content = bytearray(data.draw(st.sampled_from([batch(2), batch(4), batch_of_python_2()])))
    head = min(300, len(content) - 1)
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(-head, head), st.integers(0, 255)), max_size=4)
    ):
        content[position] = value
    path = tmp_path_factory.getbasetemp() / "damaged_batch"
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        rows = read_batch(path)
    except DataError:
        return
    assert rows[0].values["img"].shape == (32, 32, 3)


def picture(seed, size=(12, 8), kind="PNG"):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def write_classes(directory, count=5, **kinds):
    for name in ("cat", "dog"):
        (directory / name).mkdir(parents=True)
        for number in range(count):
            (directory / name / f"{number}.png").write_bytes(picture(number, **kinds))


def test_classes_are_known_from_the_folders_and_one_folder_is_divided(tmp_path):
    write_classes(tmp_path)
    data = TASKS["image-folder"].load(request(tmp_path))
    assert data.classes == ("cat", "dog")
    assert (len(data.train), len(data.validation), len(data.test)) == (6, 2, 2)
    assert data.train.images.shape == (6, 8, 12, 3)


@pytest.mark.parametrize("place", [
    ".ipynb_checkpoints/0-checkpoint.png",
    "__MACOSX/cat/._0.png",
    "cat/._0.png",
])  # fmt: skip
def test_what_notebooks_and_systems_leave_behind_is_no_class_and_no_picture(tmp_path, place):
    write_classes(tmp_path)
    expected = TASKS["image-folder"].load(request(tmp_path))
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_bytes(picture(9))
    data = TASKS["image-folder"].load(request(tmp_path))
    assert (data.classes, data.digest) == (("cat", "dog"), expected.digest)


def test_folders_of_splits_are_taken_as_such(tmp_path):
    for split, count in (("train", 5), ("val", 3), ("test", 2)):
        write_classes(tmp_path / split, count)
    data = TASKS["image-folder"].load(request(tmp_path))
    assert (len(data.train), len(data.validation), len(data.test)) == (10, 6, 4)


def test_archives_give_the_same_as_their_unpacked_folders(tmp_path):
    write_classes(tmp_path / "unpacked")
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed" / "pictures.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "unpacked", arcname="data")
    unpacked, packed = (
        TASKS["image-folder"].load(request(tmp_path / name)) for name in ("unpacked", "packed")
    )
    assert unpacked.digest == packed.digest


def test_pictures_are_brought_to_one_size_by_their_middle(tmp_path):
    write_classes(tmp_path, size=(48, 32))
    for number in range(3):
        (tmp_path / "cat" / f"{number}.png").write_bytes(picture(number, size=(20, 60)))
    refusal = r"all of one size; found 20 x 60, 48 x 32\..*image_size"
    with pytest.raises(DataError, match=refusal):
        TASKS["image-folder"].load(request(tmp_path))
    data = TASKS["image-folder"].load(request(tmp_path, image_size=16))
    assert data.train.images.shape == (6, 16, 16, 3)


def test_grey_and_transparent_pictures_become_colours(tmp_path):
    write_classes(tmp_path)
    for number, mode in enumerate(("L", "RGBA", "P", "1", "CMYK")):
        image = Image.new(mode, (12, 8))
        path = tmp_path / "cat" / f"{number}.{'jpg' if mode == 'CMYK' else 'png'}"
        (tmp_path / "cat" / f"{number}.png").unlink()
        image.save(path)
    data = TASKS["image-folder"].load(request(tmp_path))
    assert data.train.images.shape[3] == 3


def test_a_damaged_picture_is_named(tmp_path):
    write_classes(tmp_path)
    for number in range(5):
        (tmp_path / "dog" / f"{number}.png").write_bytes(picture(number)[:-40])
    with pytest.raises(DataError, match=r"dog/\d\.png, image: expected a whole picture"):
        TASKS["image-folder"].load(request(tmp_path))


def test_pictures_without_classes_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(picture(0))
    with pytest.raises(DataError, match="found 1 pictures in 0 such folders"):
        TASKS["image-folder"].load(request(tmp_path))


def test_pictures_in_tables_are_read(tmp_path):
    rows = [
        {"img": {"bytes": picture(n, size=(32, 32)), "path": None}, "label": n} for n in range(10)
    ]
    for split in ("train", "test"):
        pd.DataFrame(rows).to_parquet(tmp_path / f"{split}-00000-of-00001.parquet")
    data = TASKS["cifar10"].load(request(tmp_path))
    assert data.test.images.shape == (10, 32, 32, 3)
    assert sorted(data.test.labels) == list(range(10))
