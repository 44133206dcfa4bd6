"""The files of MNIST are believed only after they have been checked."""

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from few_examples import few_examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data import TASKS
from pipeline.data.reading.idx import read_idx
from pipeline.errors import DataError

REAL = Path(__file__).parents[3] / "shared" / "data" / "mnist"
PARTS = {"train": 40, "t10k": 20}
load_mnist = TASKS["mnist"].load


def request(directory, **changes):
    sizes = {"max_train": 25, "max_eval": 8, "seed": 0, **changes}
    return few_examples(directory=directory, **sizes)


def idx(array):
    magic = 0x0800 + array.ndim
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


def image_bytes(n, side=28):
    return idx(np.random.default_rng(n).integers(0, 256, (n, side, side), dtype=np.uint8))


def label_bytes(n):
    return idx((np.arange(n) % 10).astype(np.uint8))


@pytest.fixture
def folder(tmp_path):
    """A small MNIST in the original format."""
    for part, n in PARTS.items():
        write(tmp_path / f"{part}-images-idx3-ubyte.gz", image_bytes(n))
        write(tmp_path / f"{part}-labels-idx1-ubyte.gz", label_bytes(n))
    return tmp_path


def write(path, content):
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_the_splits_have_the_sizes_asked_for_in_colour_at_28_pixels(folder):
    data = load_mnist(request(folder))
    assert data.train.images.shape == (25, 28, 28, 3)
    assert data.validation.images.shape == data.test.images.shape == (8, 28, 28, 3)
    assert (data.train.images[..., 0] == data.train.images[..., 2]).all()


def test_pictures_keep_their_labels_and_validation_comes_out_of_the_training_file(folder):
    data = load_mnist(request(folder))
    images = np.frombuffer(image_bytes(40)[16:], dtype=np.uint8).reshape(40, 28, 28)
    known = {image.tobytes(): position % 10 for position, image in enumerate(images)}
    for split in (data.train, data.validation):
        labels = [known[np.ascontiguousarray(image[..., 0]).tobytes()] for image in split.images]
        assert labels == split.labels.tolist()
    seen = {image.tobytes() for image in (*data.train.images, *data.validation.images)}
    assert len(seen) == 33


def test_the_seed_decides_which_pictures_are_drawn(folder):
    first, again, other = (load_mnist(request(folder, seed=s)).digest for s in (1, 1, 2))
    assert first == again != other


def test_a_size_and_a_number_of_each_class_can_be_asked_for(folder):
    data = load_mnist(request(folder, image_size=32, shots=2, max_eval=2))
    assert data.train.images.shape == (20, 32, 32, 3)
    assert np.bincount(data.train.labels).tolist() == [2] * 10


def test_unpacked_files_are_read_as_well(folder):
    packed = load_mnist(request(folder)).digest
    for path in list(folder.glob("*.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert load_mnist(request(folder)).digest == packed


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="nowhere: expected a folder; found no such folder"):
        load_mnist(request(tmp_path / "nowhere"))


def test_a_missing_file_is_named(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz.*found no such file"):
        load_mnist(request(folder))


def test_a_file_cut_short_while_packed_is_refused(folder):
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: expected a whole file"):
        load_mnist(request(folder))


def test_a_file_that_is_not_packed_at_all_is_refused(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"<html>not found</html>")
    with pytest.raises(DataError, match="expected a whole file; found BadGzipFile"):
        load_mnist(request(folder))


def test_labels_in_place_of_pictures_are_refused(folder):
    write(folder / "train-images-idx3-ubyte.gz", label_bytes(40))
    with pytest.raises(
        DataError, match=r"magic number: expected 0x00000803 \(images\); found 0x00000801"
    ):
        load_mnist(request(folder))


def test_fewer_bytes_than_the_header_claims_are_refused(folder):
    write(folder / "t10k-images-idx3-ubyte.gz", image_bytes(20)[:-1])
    with pytest.raises(DataError, match=r"expected 15680 bytes \(20 x 28 x 28.*found 15679 bytes"):
        load_mnist(request(folder))


def test_as_many_labels_as_pictures_are_expected(folder):
    write(folder / "train-labels-idx1-ubyte.gz", label_bytes(39))
    with pytest.raises(DataError, match=r"number of labels: expected 40, one for each.*found 39"):
        load_mnist(request(folder))


def test_pictures_of_another_size_are_refused(folder):
    write(folder / "train-images-idx3-ubyte.gz", image_bytes(40, side=8))
    with pytest.raises(DataError, match="picture size: expected 28 x 28; found 8 x 8"):
        load_mnist(request(folder))


def test_labels_that_are_no_digits_are_refused(folder):
    write(folder / "t10k-labels-idx1-ubyte.gz", idx(np.full(20, 11, dtype=np.uint8)))
    with pytest.raises(DataError, match=r"label \d+, label: expected one of 0, 1, .*, 9; found 11"):
        load_mnist(request(folder))


def test_a_file_without_a_single_picture_is_refused(tmp_path):
    write(tmp_path / "empty", struct.pack(">4I", 0x803, 0, 2**32 - 1, 2**32 - 1))
    with pytest.raises(DataError, match="empty: images: expected at least one; found none"):
        read_idx(tmp_path / "empty", 3)


def test_more_than_there_are_means_all_of_them(folder):
    data = load_mnist(request(folder, max_train=1000, max_eval=1000))
    assert (len(data.train), len(data.validation), len(data.test)) == (32, 8, 20)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_damaged_the_parser_reads_or_refuses_but_never_breaks(tmp_path_factory, data):
    sound = data.draw(st.sampled_from([image_bytes(3), label_bytes(5)]))
    packed = data.draw(st.booleans())
    content = bytearray(gzip.compress(sound, mtime=0) if packed else sound)
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=4)
    ):
        content[position] = value
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path_factory.getbasetemp() / ("damaged.gz" if packed else "damaged")
    path.write_bytes(bytes(content[:cut]))
    for n_axes in (1, 3):
        try:
            read = read_idx(path, n_axes)
        except DataError:
            continue
        assert read.ndim == n_axes
        assert read.size > 0


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=64), suffix=st.sampled_from(["", ".gz"]))
def test_arbitrary_bytes_never_break_the_parser(tmp_path_factory, content, suffix):
    path = tmp_path_factory.getbasetemp() / f"arbitrary{suffix}"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert read_idx(path, 1).ndim == 1


@pytest.mark.skipif(not REAL.is_dir(), reason="the original MNIST is not in ../shared/data/mnist")
def test_the_original_files_are_read():
    data = load_mnist(few_examples(max_train=500, max_eval=200, seed=0, directory=REAL))
    assert np.bincount(data.train.labels, minlength=10).min() > 20
    assert 25 < data.train.images.mean() < 45
    assert data.train.images[:, 0].max() == 0
    labels = read_idx(REAL / "train-labels-idx1-ubyte.gz", 1)
    assert labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert len(labels) == 60_000
