"""Every method trains exactly the parameters it says, and no others."""

import pytest
import torch

from pipeline.tuning.examples import loss_of, prepare
from pipeline.tuning.methods import METHODS

LENGTH = 6
CASES = [
    pytest.param(base, task, name, id=f"{name}-{modality}")
    for name, method in METHODS.items()
    for modality, base, task in (
        ("text", "tiny-gpt2", "summarization"),
        ("image", "tiny-vit", "digits"),
    )
    if modality in method.storage
]
WIDTH = 128
HEAD = WIDTH * 10 + 10
TRAINED = {
    ("base", "text"): 0,
    ("base", "image"): 0,
    ("full", "text"): None,
    ("full", "image"): None,
    ("prompt", "text"): WIDTH * LENGTH,
    ("vpt-shallow", "image"): WIDTH * LENGTH + HEAD,
}


@pytest.fixture
def made(start_of):
    def make(base, task, name):
        length = LENGTH if METHODS[name].has_prompt else 0
        start, data = start_of(base, task, name, length)
        return METHODS[name].adapt(start), data

    return make


@pytest.mark.parametrize(("base", "task", "name"), CASES)
def test_the_number_of_trained_parameters_is_that_of_the_source(made, base, task, name):
    model, _ = made(base, task, name)
    parameters = list(model.network.parameters())
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    expected = TRAINED[name, model.card.modality]
    assert trained == (sum(p.numel() for p in parameters) if expected is None else expected)


@pytest.mark.parametrize(("base", "task", "name"), CASES)
def test_a_step_moves_what_is_trained_and_nothing_else(made, base, task, name):
    model, data = made(base, task, name)
    network = model.network
    before = {key: value.detach().clone() for key, value in network.named_parameters()}
    chosen = {key for key, value in network.named_parameters() if value.requires_grad}
    if chosen:
        items, collate = prepare(model, data.train)
        optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], 1e-2)
        loss_of(network, collate([items[n] for n in range(8)])).backward()
        optimizer.step()
    moved = {
        key for key, value in network.named_parameters() if not torch.equal(value, before[key])
    }
    assert moved == chosen
    assert bool(chosen) == bool(METHODS[name].recipes)


def test_a_picture_base_is_the_nearest_class_mean(made):
    model, data = made("tiny-vit", "digits", "base")
    train, test = data.train, data.test
    tokens = torch.from_numpy(model.features(train.images, "class")[:, -1])
    labels = torch.from_numpy(train.labels)
    means = torch.stack([tokens[labels == digit].mean(dim=0) for digit in range(10)])
    asked = torch.from_numpy(model.features(test.images, "class")[:, -1])
    nearest = torch.cdist(asked, means).argmin(dim=1)
    assert model.perform(test.images) == [model.card.classes[n] for n in nearest]


def test_every_method_says_where_it_is_described():
    for name, method in METHODS.items():
        assert method.name == name
        assert method.summary
        assert method.source
        assert set(method.recipes) in (set(), set(method.storage))
