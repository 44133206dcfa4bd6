"""Features of another tool are read by the names of their stimuli, or refused with every reason."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pipeline.brains.dataset import Stimuli
from pipeline.errors import DataError
from pipeline.extraction.foreign import foreign_layers

SENTENCES = ("the baker kneads the dough .", "a sailor mends  the net .", "the nurse reads .")
TEXTS = Stimuli(SENTENCES, np.array(["a", "a", "b"]))
PICTURES = Stimuli(np.zeros((3, 2, 2, 3), np.uint8), np.array(["a", "b", "c"]))
FEATURES = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)


def lay_down(folder, names, **layers):
    (folder / "stimuli.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    for name, layer in layers.items():
        np.savez(folder / f"{name}.npz", layer)
    return folder


def test_rows_are_brought_into_the_order_of_the_stimuli(tmp_path):
    turned = lay_down(tmp_path, SENTENCES[::-1], layer_2=FEATURES[::-1], layer_10=FEATURES[::-1])
    layers = foreign_layers(turned, TEXTS)
    assert list(layers) == ["layer_2", "layer_10"]
    for values in layers.values():
        np.testing.assert_array_equal(values, FEATURES)


def test_pictures_are_named_by_their_number_and_layers_may_share_a_file(tmp_path):
    save_file({"b10": FEATURES, "b9": FEATURES.astype(np.float64)}, tmp_path / "net.safetensors")
    layers = foreign_layers(lay_down(tmp_path, "012"), PICTURES)
    assert list(layers) == ["net/b9", "net/b10"]
    assert {x.dtype for x in layers.values()} == {np.dtype(np.float32)}


def test_layers_may_differ_in_width(tmp_path):
    layers = foreign_layers(lay_down(tmp_path, "012", a=FEATURES, b=FEATURES[:, :1]), PICTURES)
    assert [x.shape for x in layers.values()] == [(3, 4), (3, 1)]


def test_sentences_that_subjects_read_twice_have_a_row_each_or_share_one(tmp_path):
    twice = Stimuli((*SENTENCES, SENTENCES[0]), np.array(["a", "a", "b", "b"]))
    shared = foreign_layers(lay_down(tmp_path, SENTENCES, a=FEATURES), twice)["a"]
    np.testing.assert_array_equal(shared, FEATURES[[0, 1, 2, 0]])
    four = np.arange(4.0)[:, None]
    own = foreign_layers(lay_down(tmp_path, twice.items, a=four), twice)["a"]
    np.testing.assert_array_equal(own, four)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    broken = FEATURES.copy()
    broken[1, 2] = np.nan
    lay_down(tmp_path, ["0", "1", "1", "7"], a=FEATURES, b=broken, c=np.zeros((4, 3, 2)))
    np.savez(tmp_path / "d.npz", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "e.safetensors").write_bytes(b"no tensors")
    with pytest.raises(DataError) as refusal:
        foreign_layers(tmp_path, PICTURES)
    message = str(refusal.value)
    for part in (
        "without '2'",
        "others: '7'",
        "more than once: '1'",
        "a: expected 4 rows, one a stimulus; found 3",
        "b: expected finite values; found 1",
        "c: expected numbers of shape (n_stimuli, n_features); found float64 of shape (4, 3, 2)",
        "d.npz: expected arrays of numbers",
        "e.safetensors: expected arrays of numbers",
    ):
        assert part in message


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000, "a\0b"])
def test_a_folder_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="features: expected a folder; found"):
        foreign_layers(tmp_path / name, TEXTS)


def test_a_folder_without_arrays_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"files \.npz or \.safetensors; found none"):
        foreign_layers(lay_down(tmp_path, SENTENCES), TEXTS)


def test_one_name_of_two_layers_is_refused(tmp_path):
    lay_down(tmp_path, "012", layer_1=FEATURES)
    save_file({"x": FEATURES + 1}, tmp_path / "layer_1.safetensors")
    with pytest.raises(DataError, match="expected layer layer_1 in one file; found another"):
        foreign_layers(tmp_path, PICTURES)


def test_numbers_of_bfloat16_are_read_and_of_eight_bits_refused(tmp_path):
    import torch
    from safetensors.torch import save_file as save_tensors

    tensor, folder = torch.tensor(FEATURES), lay_down(tmp_path, "012")
    save_tensors({"x": tensor.bfloat16(), "y": tensor}, folder / "a.safetensors")
    layers = foreign_layers(folder, PICTURES)
    np.testing.assert_array_equal(layers["a/x"], tensor.bfloat16().float())
    np.testing.assert_array_equal(layers["a/y"], FEATURES)
    save_tensors({"x": tensor.to(torch.float8_e4m3fn)}, folder / "b.safetensors")
    with pytest.raises(DataError, match=r"expected arrays of numbers; found .*type F8_E4M3"):
        foreign_layers(folder, PICTURES)


def _one_array(path):
    with path.open("wb") as file:
        np.save(file, FEATURES)


def _truncated(path):
    np.savez(path, np.zeros((3, 4000)))
    path.write_bytes(path.read_bytes()[:-60000])


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (_one_array, "one array without a name"),
        (_truncated, "found "),
        (lambda path: path.write_bytes(b""), "EOFError"),
        (Path.mkdir, "IsADirectoryError"),
        (lambda path: path.symlink_to(path.with_name("nowhere.npz")), "FileNotFoundError"),
        (np.savez, "found none"),
        (lambda path: np.savez(path, np.zeros((3, 0))), r"found float64 of shape \(3, 0\)"),
        (lambda path: np.savez(path, np.zeros((3, 1), [("a", "f4")])), r"of shape \(3, 1\)"),
    ],
)
def test_a_file_that_holds_no_arrays_of_numbers_is_refused(tmp_path, damage, finding):
    damage(lay_down(tmp_path, "012", a=FEATURES) / "b.npz")
    with pytest.raises(DataError, match=rf"b(\.npz)?: expected (arrays of )?numbers.*{finding}"):
        foreign_layers(tmp_path, PICTURES)


def test_a_file_of_tensors_without_any_is_refused(tmp_path):
    save_file({}, lay_down(tmp_path, "012") / "b.safetensors")
    with pytest.raises(DataError, match=r"b\.safetensors: expected arrays of numbers; found none"):
        foreign_layers(tmp_path, PICTURES)


def test_names_may_begin_with_the_mark_that_windows_writes(tmp_path):
    lay_down(tmp_path, "012", a=FEATURES)
    (tmp_path / "stimuli.txt").write_bytes(b"\xef\xbb\xbf0\n1\n2\n")
    np.testing.assert_array_equal(foreign_layers(tmp_path, PICTURES)["a"], FEATURES)
