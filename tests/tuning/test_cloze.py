"""A class is named by the word that the base would write behind a text, with its own head."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from starts import CLASSES, SENTENCES, examples_of, start_for

from pipeline.data.forms.classification import LabelledTexts
from pipeline.errors import TuningError
from pipeline.models.bases import PRETRAINED
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.framing import token_ids
from pipeline.models.travelling.loading import load_tuned
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.methods import METHODS


def adapted(method, base, **settings):
    torch.manual_seed(0)
    return METHODS[method].adapt(start_for(method, base, "cloze", **settings))


@torch.no_grad()
@pytest.mark.parametrize("base", ["tiny-bert", "tiny-gpt2"])
def test_an_untuned_base_names_the_likeliest_of_the_words(base):
    """The independent implementation: transformers' own head at the place of the answer."""
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    model = adapted("base", base)
    masked = base == "tiny-bert"
    head = (AutoModelForMaskedLM if masked else AutoModelForCausalLM).from_pretrained(
        PRETRAINED / base
    )
    mask = f" {model.tokenizer.mask_token}" if masked else ""
    words = [token_ids(model.tokenizer, [f" {word}"])[0] for word in CLASSES["cloze"]]
    expected = []
    for sentence in SENTENCES:
        ids = model.tokenizer(f"{sentence} so :{mask}", return_tensors="pt")["input_ids"]
        place = (ids[0] == model.tokenizer.mask_token_id).nonzero()[0, 0] if masked else -1
        logits = head(input_ids=ids).logits[0, place]
        expected.append(int(np.argmax([float(logits[tokens].mean()) for tokens in words])))
    assert model.card.storage == "nothing"
    assert model.perform(SENTENCES) == [CLASSES["cloze"][n] for n in expected]


@pytest.mark.parametrize("base", ["tiny-bert", "tiny-gpt2"])
@pytest.mark.parametrize("method", ["full", "prompt", "prompt-full", "lora"])
def test_every_way_of_tuning_learns_the_words_and_comes_back(base, method, tmp_path):
    model = adapted(method, base)
    trained = [p for p in model.network.parameters() if p.requires_grad]
    whole = sum(p.numel() for p in model.network.parameters())
    assert (sum(p.numel() for p in trained) == whole) == (method in ("full", "prompt-full"))
    items, collate = prepare(model, examples_of("cloze"))
    batch, loss = collate([items[n] for n in range(6)]), form_of(model.card).loss
    optimizer = torch.optim.AdamW(trained, 1e-2)
    losses = []
    for _ in range(8):
        losses.append(loss(model.network, batch))
        losses[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < losses[0]
    save_tuned(model, tmp_path)
    again = load_tuned(tmp_path, lambda: PRETRAINED / base)
    assert again.perform(SENTENCES) == model.perform(SENTENCES)


def test_a_long_text_is_cut_and_the_template_is_not():
    model = adapted("base", "tiny-bert")
    long = " ".join(SENTENCES * 20)
    texts = form_of(model.card).items(model, examples_of("cloze"))
    lengths = form_of(model.card).whole_lengths(model, LabelledTexts(((long,),), np.zeros(1)), True)
    assert lengths[0] > model.room
    assert model.perform([long]) == model.perform([long, SENTENCES[1]])[:1]
    assert all(model.tokenizer.mask_token_id in item["input_ids"] for item in texts)


def test_a_base_without_the_head_that_is_asked_is_refused(tmp_path, architecture):
    for path in (PRETRAINED / "tiny-bert").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    body = {name: value for name, value in weights.items() if not name.startswith("cls.")}
    assert len(body) < len(weights)
    save_file(body, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(TuningError, match="expected the head of bert that names words"):
        METHODS["full"].adapt(start_for("full", "tiny-bert", "cloze", folder=tmp_path))
    start = start_for("full", "t5", "cloze", folder=architecture("t5"))
    with pytest.raises(TuningError, match="a network of for cloze"):
        METHODS["full"].adapt(start)


@pytest.mark.parametrize("method", ["base", "full", "prompt"])
def test_classes_that_a_base_cannot_tell_apart_by_name_are_refused(method):
    start = start_for(method, "tiny-bert", "cloze")
    alike = replace(start, card=replace(start.card, classes=("dough", "雨", "雪")))
    with pytest.raises(TuningError, match=r"by their names; found '雨' and '雪', of the same"):
        METHODS[method].check(alike)
    METHODS[method].check(start)
