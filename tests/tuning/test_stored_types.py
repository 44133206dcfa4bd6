"""A base is trained in float32, in whatever type its weights are stored."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from starts import examples_of, start_for

from pipeline.models.bases import PRETRAINED
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@pytest.fixture
def stored(tmp_path):
    """Copies of a base whose weights are the same numbers, stored in three types."""

    def make(base):
        weights = load_file(PRETRAINED / base / "model.safetensors")
        rounded = {n: w.to(torch.bfloat16).to(torch.float16).float() for n, w in weights.items()}
        for name, kind in TYPES.items():
            folder = shutil.copytree(PRETRAINED / base, tmp_path / name)
            # what both short types can hold, so that the copies differ in nothing but the type
            same = {n: w.to(torch.bfloat16).to(kind) for n, w in rounded.items()}
            save_file(same, folder / "model.safetensors", {"format": "pt"})
            config = folder / "config.json"
            text = config.read_text().replace('"float32"', f'"{name}"')
            config.write_text(text)
        return tmp_path

    return make


def losses(method, folder, base, form):
    """Train for three steps; the losses on the way, and the share of weights that moved."""
    torch.manual_seed(0)
    model = METHODS[method].adapt(start_for(method, base, form, folder=folder))
    network = model.network
    trained = [p for p in network.parameters() if p.requires_grad]
    before = [p.detach().clone() for p in trained]
    items, collate = prepare(model, examples_of(form))
    batch = collate([items[n] for n in range(6)])
    optimizer = torch.optim.AdamW(trained, 1e-4)
    seen = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = form_of(model.card).loss(network, batch)
        loss.backward()
        optimizer.step()
        seen.append(float(loss.detach()))
    moved = sum(int((p != b).sum()) for p, b in zip(trained, before, strict=True))
    touched = sum(int((p.grad != 0).sum()) for p in trained)
    assert {p.dtype for p in trained} == {torch.float32}
    return seen, moved / touched


@pytest.mark.parametrize(("base", "form"), [
    ("tiny-gpt2", "generation"), ("tiny-bert", "classification"), ("tiny-vit", "picture")
])  # fmt: skip
@pytest.mark.parametrize("method", ["full", "adapter", "lora", "untrained"])
def test_three_copies_of_a_base_train_to_the_same_loss(stored, method, base, form):
    if method == "untrained":
        folder = stored(base) / "bfloat16"
        model = METHODS[method].adapt(start_for(method, base, form, folder=folder))
        assert {p.dtype for p in model.network.parameters()} == {torch.float32}
        return
    folder = stored(base)
    expected, moved = losses(method, folder / "float32", base, form)
    assert moved > 0.99
    for kind in ("bfloat16", "float16"):
        loss, moved = losses(method, folder / kind, base, form)
        assert loss == pytest.approx(expected, rel=2e-3)
        assert moved > 0.99
