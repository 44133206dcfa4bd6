"""A part holds what was trained and what the base does not hold; nothing else fits."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from peft import IA3Config, LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from pipeline.models.bases import PRETRAINED
from pipeline.models.saving import save_tuned
from pipeline.models.travelling.card import Card, base_digest
from pipeline.models.travelling.insertions import INSERTIONS
from pipeline.models.travelling.loading import load_tuned
from pipeline.models.travelling.pictures import picture_form
from pipeline.models.travelling.text import TextModel
from pipeline.models.travelling.text_networks import load_text_network
from pipeline.models.travelling.vision import VisionModel
from pipeline.models.travelling.vision_networks import load_vision_network

TYPES = {
    "generation": "CAUSAL_LM",
    "classification": "SEQ_CLS",
    "tagging": "TOKEN_CLS",
    "spans": "QUESTION_ANS",
}
ITEMS = {
    "generation": ["the baker kneads", "a sailor mends the net on the pier ."],
    "classification": [("the baker kneads .", "a sailor"), ("where ?", "the net .")],
    "tagging": ["the baker kneads the dough", "a sailor"],
    "spans": [("where ?", "a sailor mends the net on the pier ."), ("who ?", "the baker .")],
}
WRITES = {"gpt2": "CAUSAL_LM", "t5": "SEQ_2_SEQ_LM", "bart": "SEQ_2_SEQ_LM"}


def by_peft(config_class, **settings):
    def put_in(form, kind):
        task_type = WRITES[kind] if form == "generation" else TYPES[form]
        transposed = kind == "gpt2" and config_class in (LoraConfig, IA3Config)
        further = {"fan_in_fan_out": True} if transposed else {}
        config = config_class(task_type=task_type, **settings, **further)
        return lambda network: get_peft_model(network, config)

    return put_in


def biases(_form, _kind):
    def put_in(network):
        for name, parameter in network.named_parameters():
            parameter.requires_grad_("bias" in name or name not in network.from_base)
        return network

    return put_in


def inserted(name, frozen=True):
    card = Card("b", "", "text", "t", "m", "part", "generation", prompt_length=3)

    def put_in(_form, _kind):
        return lambda network: INSERTIONS[name](network.requires_grad_(not frozen), card)

    return put_in


MADE = {
    "prompt": (inserted("prompt"), "part", "prompt", 3),
    "prefix": (inserted("prefix"), "part", "prefix", 3),
    "lora": (by_peft(LoraConfig, r=2), "part", "peft", 0),
    "ia3": (by_peft(IA3Config), "part", "peft", 0),
    "bitfit": (biases, "part", "", 0),
    "full": (lambda _form, _kind: None, "whole", "", 0),
    "prompt-full": (inserted("prompt", frozen=False), "whole", "prompt", 3),
}
CASES = [
    *(("gpt2", form, method) for form in TYPES for method in ("prompt", "lora", "bitfit")),
    *(("gpt2", "classification", method) for method in ("prefix", "ia3", "full", "prompt-full")),
    *(("gpt2", "generation", method) for method in ("prefix", "full", "prompt-full")),
    *(("tiny-bert", form, "lora") for form in ("classification", "tagging", "spans")),
    *(("tiny-bert", "classification", m) for m in ("prompt", "bitfit", "full", "prompt-full")),
    ("roberta", "classification", "lora"),
    ("roberta", "tagging", "prompt"),
    ("t5", "generation", "lora"),
    ("t5", "classification", "lora"),
    ("t5", "classification", "bitfit"),
    ("bart", "generation", "full"),
    ("bart", "classification", "lora"),
]


@pytest.fixture
def trained(text_model):
    """Make a model of a method, moved as if trained: every parameter that may move has."""

    def make(kind, form, method):
        put_in, storage, insertion, length = MADE[method]
        card = {"storage": storage, "insertion": insertion, "prompt_length": length}
        model = text_model(kind, form, put_in(form, kind), **card)
        torch.manual_seed(2)
        with torch.no_grad():
            for parameter in model.network.parameters():
                if parameter.requires_grad:
                    parameter.add_(0.1 * torch.randn_like(parameter))
        return model

    return make


@pytest.mark.parametrize(("kind", "form", "method"), CASES)
def test_a_tuned_model_comes_back_the_same(trained, architecture, tmp_path, kind, form, method):
    model = trained(kind, form, method)
    save_tuned(model, tmp_path)
    again = load_tuned(tmp_path, lambda: architecture(kind))
    texts = ["a sailor mends the net .", "the baker"]
    np.testing.assert_allclose(again.features(texts), model.features(texts), atol=1e-6)
    assert again.perform(ITEMS[form]) == model.perform(ITEMS[form])
    before, after = dict(model.network.named_parameters()), dict(again.network.named_parameters())
    assert before.keys() == after.keys()
    for name, value in before.items():
        if "original_module" not in name:  # what PEFT keeps of a head it trains a copy of
            assert torch.equal(value, after[name]), name


@pytest.mark.parametrize("modality", ["text", "image"])
def test_a_head_is_kept_even_where_the_base_has_one_of_its_size(
    trained, adapted, tmp_path, modality
):
    """As for the untuned control, whose head is set and not trained."""
    if modality == "text":
        whole = trained("tiny-bert", "tagging", "full")
    else:
        whole = adapted("tiny-vit", "digits", "full")
    save_tuned(whole, tmp_path / "base")
    folder = tmp_path / "base" / "weights"
    card = replace(whole.card, storage="part", base_digest=base_digest(folder))
    if modality == "text":
        model = TextModel(load_text_network(folder, card), whole.tokenizer, card)
        head = model.network.classifier
    else:
        network = load_vision_network(folder, 10)
        model = VisionModel(network, picture_form(network), card)
        head = model.network.head
    model.network.requires_grad_(False)
    head.weight.normal_()
    save_tuned(model, tmp_path / "tuned")
    again = load_tuned(tmp_path / "tuned", lambda: folder).network
    head_again = again.classifier if modality == "text" else again.head
    assert torch.equal(head_again.weight, head.weight)


def test_a_vision_base_with_a_head_for_other_classes_gets_a_new_one(adapted, tmp_path):
    save_tuned(adapted("tiny-vit", "digits", "full"), tmp_path)
    network = load_vision_network(tmp_path / "weights", 3)
    assert network.head.weight.shape == (3, 128)


@pytest.mark.parametrize("method", ["lora", "prompt"])
def test_a_head_and_what_stands_before_it_are_kept_where_the_base_has_neither(
    trained, architecture, tmp_path, method
):
    """The embedded BERT has no pooler: a new one, trained or not, belongs to the tuned model."""
    model = trained("tiny-bert", "classification", method)
    save_tuned(model, tmp_path)
    again = load_tuned(tmp_path, lambda: architecture("tiny-bert"))
    names = [n for n, _ in model.network.named_parameters() if "pooler" in n or "classifier" in n]
    assert len(names) >= 4
    parameters = dict(again.network.named_parameters())
    for name, value in model.network.named_parameters():
        if "pooler" in name or "classifier.modules_to_save" in name:
            assert torch.equal(parameters[name], value)


def test_a_part_is_as_small_as_what_was_trained(trained, tmp_path):
    model = trained("tiny-bert", "tagging", "bitfit")
    save_tuned(model, tmp_path)
    stored = load_file(tmp_path / "weights" / "model.safetensors")
    moved = {n for n, p in model.network.named_parameters() if p.requires_grad}
    assert stored.keys() == moved
    assert "classifier.weight" in moved


@pytest.mark.parametrize(
    ("method", "file"),
    [("bitfit", "model.safetensors"), ("lora", "adapter_model.safetensors")],
)
@pytest.mark.parametrize("damage", ["missing", "unknown"])
def test_missing_and_unknown_names_are_refused(
    trained, architecture, tmp_path, method, file, damage
):
    save_tuned(trained("tiny-bert", "tagging", method), tmp_path)
    path = tmp_path / "weights" / file
    stored = load_file(path)
    if damage == "missing":
        del stored[next(name for name in stored if "classifier" in name)]
    else:
        stored["classifier.extra"] = torch.zeros(3)
    save_file(stored, path)
    with pytest.raises(ValueError, match=rf"{damage} \['\S*classifier.*Was the file damaged"):
        load_tuned(tmp_path, lambda: architecture("tiny-bert"))


def test_a_part_of_another_shape_is_refused(trained, architecture, tmp_path):
    save_tuned(trained("tiny-bert", "tagging", "bitfit"), tmp_path)
    path = tmp_path / "weights" / "model.safetensors"
    save_file({**load_file(path), "classifier.bias": torch.zeros(9)}, path)
    with pytest.raises(ValueError, match=r"expected classifier.bias of shape \(3,\); found \(9,\)"):
        load_tuned(tmp_path, lambda: architecture("tiny-bert"))


def test_a_part_without_its_file_is_refused(trained, architecture, tmp_path):
    save_tuned(trained("tiny-bert", "tagging", "lora"), tmp_path)
    (tmp_path / "weights" / "adapter_model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"expected adapter_model.safetensors; found none"):
        load_tuned(tmp_path, lambda: architecture("tiny-bert"))


def test_lora_on_a_vision_transformer_comes_back_the_same(adapted, tmp_path, architecture):
    plain = adapted("tiny-vit", "digits", "full")
    config = LoraConfig(r=2, target_modules=["qkv"], modules_to_save=["head"])
    card = replace(plain.card, method="lora", storage="part", insertion="peft")
    model = VisionModel(get_peft_model(plain.network, config), plain.picture, card)
    with torch.no_grad():
        for parameter in model.network.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    save_tuned(model, tmp_path)
    again = load_tuned(tmp_path, lambda: PRETRAINED / "tiny-vit")
    images = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(again.features(images), model.features(images), atol=1e-5)
    assert again.perform(images) == model.perform(images)
