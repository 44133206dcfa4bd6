"""Features come back as they were written, and only to whoever asks for the same ones."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load

from pipeline.errors import DataError
from pipeline.extraction.spool import Spool
from pipeline.extraction.store import FILE, Origin, read_features, read_shapes

ORIGIN = Origin("models:/tiny-gpt2-summarization/1", "simulated-sentences", "abc", "mean")


@pytest.fixture
def features():
    return np.random.default_rng(0).standard_normal((5, 3, 4)).astype(np.float32)


def write(features, folder):
    """Write features of shape (n_stimuli, n_layers, n_features), the last stimuli first."""
    (raw := folder / "raw").mkdir()
    spool = Spool(raw, len(features))
    for members in ([3, 4], [0, 2, 1]):
        spool.put(members, list(np.moveaxis(features[members], 1, 0)))
    spool.write(ORIGIN, folder)
    return folder / FILE


def test_features_come_back_as_they_were_written(features, tmp_path):
    read = read_features(write(features, tmp_path), ORIGIN)
    assert list(read) == ["layer_00", "layer_01", "layer_02"]
    for number, array in enumerate(read.values()):
        np.testing.assert_array_equal(array, features[:, number])


def test_the_file_is_one_that_safetensors_reads(features, tmp_path):
    path = write(features, tmp_path)
    layers = {f"layer_{n:02d}": features[:, n] for n in range(3)}
    for name, array in load(path.read_bytes()).items():
        np.testing.assert_array_equal(array, layers[name])


def test_layers_may_differ_in_width(tmp_path):
    spool = Spool(tmp_path, 2)
    layers = [np.arange(2.0 * width, dtype=np.float32).reshape(2, width) for width in (3, 1)]
    spool.put([0, 1], layers)
    assert spool.write(ORIGIN, tmp_path) == {"layer_00": 3, "layer_01": 1}
    assert read_shapes(tmp_path / FILE) == {"layer_00": (2, 3), "layer_01": (2, 1)}
    for stored, expected in zip(
        read_features(tmp_path / FILE, ORIGIN).values(), layers, strict=True
    ):
        np.testing.assert_array_equal(stored, expected)


def test_a_layer_that_is_the_same_for_every_stimulus_is_left_out(features, tmp_path):
    features[:, 0] = 3.0
    assert list(read_features(write(features, tmp_path), ORIGIN)) == ["layer_01", "layer_02"]


def test_features_that_are_not_finite_are_refused(features, tmp_path):
    features[2, 1, 0] = np.nan
    with pytest.raises(DataError, match=r"finite values; found 1 values .* diverged"):
        write(features, tmp_path)


def test_memory_does_not_grow_with_the_number_of_stimuli(tmp_path):
    """What is written is 64 times what is put at once; memory holds less than a tenth of it."""
    batch = np.random.default_rng(0).standard_normal((2, 32, 4096)).astype(np.float32)
    tracemalloc.start()
    spool = Spool(tmp_path, 2048)
    for start in range(0, 2048, 32):
        spool.put(range(start, start + 32), batch)
    spool.write(ORIGIN, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / FILE).stat().st_size > 64e6
    assert peak < 16e6


@pytest.mark.parametrize("place", [3, 0.3, 0.6, 0.99])
def test_features_whose_file_is_damaged_are_refused(place, features, tmp_path):
    path = write(features, tmp_path)
    content = bytearray(path.read_bytes())
    content[place if place == 3 else int(place * len(content))] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"features\.safetensors: .*Run extract again"):
        read_features(path, ORIGIN)


def test_features_whose_file_was_cut_are_refused(features, tmp_path):
    path = write(features, tmp_path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError, match=r"features\.safetensors: .*Run extract again"):
        read_features(path, ORIGIN)


@pytest.mark.parametrize("field", ["model", "brain", "stimuli", "pooling"])
def test_features_of_something_else_are_refused(field, features, tmp_path):
    path = write(features, tmp_path)
    with pytest.raises(DataError, match=r"other.*found.*Run extract again"):
        read_features(path, replace(ORIGIN, **{field: "other"}))
