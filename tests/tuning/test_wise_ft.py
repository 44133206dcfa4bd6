"""Interpolated weights are those of the base at 0, of the tuned version at 1, and between."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from starts import examples_of, start_for

from pipeline.errors import TuningError
from pipeline.models.saving import save_tuned
from pipeline.tuning.methods import METHODS
from pipeline.tuning.methods.wise_ft import ALPHAS, interpolate
from pipeline.tuning.start import Interpolation

CASES = [
    ("tiny-gpt2", "generation"),
    ("tiny-bert", "classification"),
    ("tiny-vit", "picture"),
]


def weights(**others):
    torch.manual_seed(len(others))
    return {"w": torch.randn(3, 2), "b": torch.randn(3).half(), "n": torch.tensor(7), **others}


def test_the_ends_are_exactly_the_base_and_the_tuned():
    base, tuned = weights(), {**weights(), "w": torch.randn(3, 2), "b": torch.randn(3).half()}
    for alpha, expected in ((0.0, base), (1.0, tuned)):
        point = interpolate(base, tuned, alpha)
        assert all(torch.equal(point[name], expected[name]) for name in expected)


def test_kinds_are_kept_and_whole_numbers_are_the_tuned():
    base, tuned = weights(), {**weights(), "n": torch.tensor(9)}
    point = interpolate(base, tuned, 0.3)
    assert {k: v.dtype for k, v in point.items()} == {k: v.dtype for k, v in tuned.items()}
    assert point["n"] == 9


@pytest.mark.parametrize("alpha", ALPHAS)
def test_a_point_between_is_the_weighted_mean(alpha):
    point = interpolate({"w": torch.tensor(2.0)}, {"w": torch.tensor(12.0)}, alpha)
    assert point["w"] == pytest.approx(2 + 10 * alpha)


def test_a_new_head_is_the_tuned_one_at_every_point():
    base, tuned = {"head.w": torch.zeros(2)}, {"head.w": torch.ones(2)}
    assert torch.equal(
        interpolate(base, tuned, 0.0, new_parts=("head.",))["head.w"], tuned["head.w"]
    )


@pytest.mark.parametrize("other", [{"x": torch.zeros(1)}, {"w": torch.zeros(3, 3)}])
def test_networks_of_other_names_or_shapes_are_refused(other):
    with pytest.raises(TuningError, match=r"expected two networks of one architecture; found"):
        interpolate(weights(), weights(**other), 0.5)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A version that training moved away from the base, as it is stored."""

    def make(base, form):
        model = METHODS["full"].adapt(start_for("full", base, form))
        with torch.no_grad():
            for parameter in model.network.parameters():
                parameter.add_(0.01 * torch.randn_like(parameter))
        folder = tmp_path_factory.mktemp("full")
        save_tuned(model, folder)
        return model, folder

    return make


@pytest.mark.parametrize(("base", "form"), CASES)
def test_a_version_is_made_of_the_base_and_the_tuned_version(full, base, form):
    tuned, folder = full(base, form)
    start = start_for("wise-ft", base, form)
    items = examples_of(form)
    items = items.images if form == "picture" else [
        text[0] if isinstance(text, tuple) else text
        for text in getattr(items, "texts", getattr(items, "sources", None))
    ]  # fmt: skip
    features = []
    for alpha in (0.0, 0.5, 1.0):
        model = METHODS["wise-ft"].adapt(replace(start, interpolation=Interpolation(folder, alpha)))
        assert (model.card.method, model.card.storage) == ("wise-ft", "whole")
        assert not any(p.requires_grad for p in model.network.parameters())
        features.append(model.features(items))
    untuned = METHODS["base"].adapt(start_for("base", base, form)).features(items)
    np.testing.assert_array_equal(features[0], untuned)
    np.testing.assert_array_equal(features[2], tuned.features(items))
    assert np.abs(features[1] - features[0]).max() > 1e-4
    assert np.abs(features[1] - features[2]).max() > 1e-4


def test_without_a_version_to_go_to_nothing_is_made():
    with pytest.raises(TuningError, match=r"wise-ft.*tuned by full; found none"):
        METHODS["wise-ft"].check(start_for("wise-ft", "tiny-vit", "picture"))


def test_a_version_of_another_base_is_refused(full):
    _, folder = full("tiny-vit", "picture")
    start = replace(
        start_for("wise-ft", "tiny-bert", "classification"),
        interpolation=Interpolation(folder, 0.5),
    )
    with pytest.raises(TuningError, match=r"expected tiny-bert tuned on classification by full"):
        METHODS["wise-ft"].check(start)
