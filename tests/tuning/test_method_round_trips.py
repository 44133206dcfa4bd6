"""All that a method leaves is stored and comes back, for every base and form of task."""

import numpy as np
import pytest
import torch
from starts import examples_of, start_for
from test_methods import CASES

from pipeline.models.bases import PRETRAINED
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.loading import load_tuned
from pipeline.tuning.methods import METHODS


def items_of(form):
    examples = examples_of(form)
    if form == "picture":
        return examples.images
    if form == "generation":
        return examples.sources
    if form == "classification":
        return examples.texts
    if form == "tagging":
        return [" ".join(words) for words in examples.words]
    return list(zip(examples.questions, examples.contexts, strict=True))


def trained(name, base, form, **settings):
    """Adapt, move what a training would move, and finish."""
    torch.manual_seed(0)
    model = METHODS[name].adapt(start_for(name, base, form, **settings))
    with torch.no_grad():
        for parameter in model.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.02 * torch.randn_like(parameter))
    METHODS[name].finish(model)
    return model


def check(model, base, folder, form):
    save_tuned(model, folder)
    again = load_tuned(folder, lambda: PRETRAINED / base)
    assert again.card == model.card
    items = items_of(form)
    np.testing.assert_allclose(again.features(items), model.features(items), atol=2e-6)
    assert again.perform(items) == model.perform(items)


@pytest.mark.parametrize(("name", "base", "form"), [c.values[:3] for c in CASES])
def test_a_tuned_model_comes_back_as_it_was(name, base, form, tmp_path):
    check(trained(name, base, form), base, tmp_path / "tuned", form)


@pytest.mark.parametrize(("base", "form"), [
    ("tiny-gpt2", "generation"), ("tiny-bert", "classification"), ("tiny-bert", "spans")
])  # fmt: skip
def test_of_a_reparameterised_prefix_keys_and_values_alone_are_stored(base, form, tmp_path):
    mlp = trained("prefix", base, form, prefix_mlp=16)
    check(mlp, base, tmp_path / "mlp", form)
    plain = trained("prefix", base, form)
    save_tuned(plain, tmp_path / "plain")
    sizes = {path.parent.parent.name: path.stat().st_size for path in tmp_path.rglob("model.*")}
    assert sizes["mlp"] == sizes["plain"]
