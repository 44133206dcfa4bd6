"""Features come back as they were written, and only to whoever asks for the same ones."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.extraction.store import Origin, by_layer, read_features, write_features

ORIGIN = Origin("models:/tiny-gpt2-summarization/1", "simulated-sentences", "abc", "mean")


@pytest.fixture
def features():
    return np.random.default_rng(0).standard_normal((5, 3, 4)).astype(np.float32)


def test_features_come_back_as_they_were_written(features, tmp_path):
    layers = by_layer(features)
    read = read_features(write_features(layers, ORIGIN, tmp_path), ORIGIN)
    assert list(read) == ["layer_00", "layer_01", "layer_02"]
    for number, array in enumerate(read.values()):
        np.testing.assert_array_equal(array, features[:, number])


def test_a_layer_that_is_the_same_for_every_stimulus_is_left_out(features):
    features[:, 0] = 3.0
    assert list(by_layer(features)) == ["layer_01", "layer_02"]


def test_features_that_are_not_finite_are_refused(features):
    features[2, 1, 0] = np.nan
    with pytest.raises(DataError, match=r"finite values; found 1 values .* diverged"):
        by_layer(features)


@pytest.mark.parametrize("place", [3, 0.3, 0.6, 0.99])
def test_features_whose_file_is_damaged_are_refused(place, features, tmp_path):
    path = write_features(by_layer(features), ORIGIN, tmp_path)
    content = bytearray(path.read_bytes())
    content[place if place == 3 else int(place * len(content))] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"features\.safetensors: .*Run extract again"):
        read_features(path, ORIGIN)


def test_features_whose_file_was_cut_are_refused(features, tmp_path):
    path = write_features(by_layer(features), ORIGIN, tmp_path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError, match=r"features\.safetensors: .*Run extract again"):
        read_features(path, ORIGIN)


@pytest.mark.parametrize("field", ["model", "brain", "stimuli", "pooling"])
def test_features_of_something_else_are_refused(field, features, tmp_path):
    path = write_features(by_layer(features), ORIGIN, tmp_path)
    with pytest.raises(DataError, match=r"other.*found.*Run extract again"):
        read_features(path, replace(ORIGIN, **{field: "other"}))
