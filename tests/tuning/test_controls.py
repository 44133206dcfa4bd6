"""Controls are trained by nothing: pretrained, random, or with a prompt in the way."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from starts import CLASSES, SENTENCES, examples_of, start_for

from pipeline.data.forms.pictures import LabelledImages
from pipeline.models.bases import PRETRAINED
from pipeline.tuning.loading import load_base
from pipeline.tuning.methods import METHODS
from pipeline.tuning.methods.prompt import commonest, vocabulary

CASES = [
    ("tiny-gpt2", "generation"),
    ("tiny-gpt2", "classification"),
    ("tiny-bert", "classification"),
    ("tiny-vit", "picture"),
]


def adapt(method, base, form, seed=0, **settings):
    torch.manual_seed(seed)
    return METHODS[method].adapt(start_for(method, base, form, **settings))


def items_of(form):
    return examples_of(form).images if form == "picture" else SENTENCES


@pytest.mark.parametrize(("base", "form"), CASES)
def test_untrained_reads_no_pretrained_weight(base, form, tmp_path):
    for path in (PRETRAINED / base).glob("*.json"):
        shutil.copy(path, tmp_path)
    with_weights = adapt("untrained", base, form)
    without = adapt("untrained", base, form, folder=tmp_path)
    items = items_of(form)
    np.testing.assert_array_equal(without.features(items), with_weights.features(items))


@pytest.mark.parametrize(("base", "form"), CASES)
def test_untrained_is_the_base_s_architecture_at_weights_of_the_seed(base, form):
    first, again = (adapt("untrained", base, form).network.state_dict() for _ in range(2))
    other = adapt("untrained", base, form, seed=1).network.state_dict()
    base_weights = adapt("base", base, form).network.state_dict()
    shapes = {name: value.shape for name, value in base_weights.items()}
    assert {name: value.shape for name, value in first.items()} == shapes
    assert all(torch.equal(first[name], again[name]) for name in first)
    name = next(n for n in first if ("attn" in n and "weight" in n) or "query.weight" in n)
    assert not torch.allclose(first[name], other[name])
    assert not torch.allclose(first[name], base_weights[name])


@pytest.mark.parametrize(("base", "form"), CASES)
def test_a_random_prompt_moves_features_as_the_prompt_does_before_training(base, form):
    method = "vpt-shallow" if form == "picture" else "prompt"
    items = items_of(form)
    random = adapt("random-prompt", base, form).features(items)
    np.testing.assert_array_equal(random, adapt(method, base, form).features(items))
    base_features = adapt("base", base, form).features(items)
    assert np.abs(random[:, 1:] - base_features[:, 1:]).max() > 1e-3


@pytest.mark.parametrize("method", ["untrained", "random-prompt"])
@pytest.mark.parametrize("base", ["tiny-gpt2", "tiny-bert"])
def test_a_control_of_texts_is_the_same_network_for_every_form_of_task(method, base):
    """Pooler, head and number of classes draw from the seed too, and must shift nothing else."""
    forms = {"tiny-gpt2": "generation", "tiny-bert": "spans"}
    every = [forms[base], "classification", "tagging"]
    first, *others = (adapt(method, base, form).features(SENTENCES) for form in every)
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("method", ["untrained", "random-prompt"])
def test_a_control_of_pictures_is_the_same_network_for_any_number_of_classes(method):
    def features(n_classes):
        torch.manual_seed(0)
        start = start_for(method, "tiny-vit", "picture")
        card = replace(start.card, classes=start.card.classes[:n_classes])
        some = start.train.labels < n_classes
        train = LabelledImages(start.train.images[some], start.train.labels[some])
        return METHODS[method].adapt(replace(start, card=card, train=train)).features(pictures)

    pictures = examples_of("picture").images
    np.testing.assert_array_equal(features(2), features(3))


@pytest.mark.parametrize("method", ["base", "untrained", "random-prompt"])
@pytest.mark.parametrize(("base", "form"), [case for case in CASES if "generation" not in case])
def test_classes_are_named_by_the_nearest_class_mean(method, base, form):
    """In the space that the head's last layer sees; by angle where that layer has no bias."""
    model = adapt(method, base, form)
    last = [m for m in model.network.modules() if isinstance(m, torch.nn.Linear)][-1]
    inputs = []
    hook = last.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0]))
    examples = examples_of(form)
    items = examples.images if form == "picture" else examples.texts
    named = [model.perform(items[n : n + 1])[0] for n in range(len(items))]
    hook.remove()
    seen = torch.cat([states for states in inputs if states.ndim == 2])
    means = torch.stack([seen[examples.labels == label].mean(dim=0) for label in range(3)])
    if last.bias is None:
        seen, means = (torch.nn.functional.normalize(x) for x in (seen, means))
    nearest = torch.cdist(seen, means).argmin(dim=1)
    assert named == [CLASSES[form][label] for label in nearest]
    assert len(set(named)) > 1


def test_a_prompt_starts_as_asked():
    def prompt_of(**settings):
        return adapt("prompt", "tiny-gpt2", "generation", **settings).network.base_model.prompt

    embeddings = load_base(start_for("full", "tiny-gpt2", "generation")).network.base_model.wte
    distances = torch.cdist(prompt_of(prompt_init="vocabulary"), embeddings.weight).min(dim=1)
    assert (distances.values < 1e-6).all()
    noise = prompt_of(prompt_init="random")
    assert 0.4 < noise.abs().max() <= 0.5
    model = adapt("base", "tiny-gpt2", "generation")
    tokens = model.tokenizer("the baker")["input_ids"]
    expected = embeddings(torch.tensor((tokens * 6)[:6]))
    prompt = prompt_of(prompt_init="text", prompt_text="the baker")
    torch.testing.assert_close(prompt, expected)


def test_a_prompt_may_start_from_the_commonest_tokens(monkeypatch):
    monkeypatch.setattr("pipeline.tuning.methods.prompt.COMMONEST", 7)
    model = adapt("prompt", "tiny-gpt2", "generation", length=40, prompt_init="common")
    stack, special = model.network.base_model, set(model.tokenizer.all_special_ids)
    tokens = torch.cdist(stack.prompt, stack.get_input_embeddings().weight).argmin(dim=1)
    n_alphabet = 256  # bytes
    behind = [n for n in range(n_alphabet + 7 + len(special)) if n not in special][n_alphabet:]
    assert set(tokens.tolist()) == set(behind[:7])


def word_piece(*words):
    from transformers import BertTokenizer

    special = ("[PAD]", "[unused0]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused99]")
    return BertTokenizer(vocab={word: n for n, word in enumerate((*special, *words))})


def test_neither_idle_tokens_nor_an_alphabet_are_among_the_commonest():
    """BERT's vocabulary begins with a thousand idle tokens and as many rare characters."""
    tokenizer = word_piece("!", "a", "é", "☃", "##b", "the", "of", "##s", "kitchen")
    names = tokenizer.convert_ids_to_tokens
    assert names(commonest(tokenizer)) == ["the", "of", "##s", "kitchen"]
    drawn = [name for _, name in vocabulary(tokenizer)]
    assert drawn == ["!", "a", "é", "☃", "##b", "the", "of", "##s", "kitchen"]


def test_a_vocabulary_of_characters_alone_is_drawn_from_whole():
    tokenizer = word_piece("!", "a", "b")
    assert tokenizer.convert_ids_to_tokens(commonest(tokenizer)) == ["!", "a", "b"]


@pytest.mark.parametrize("mlp", [0, 16])
def test_parts_of_a_prefix_are_dropped_in_training_alone(mlp):
    settings = {"prefix_mlp": mlp, "length": 20}
    prefix = adapt("prefix", "tiny-gpt2", "generation", prefix_dropout=0.5, **settings)
    prefix = prefix.network.base_model.prefix
    whole = adapt("prefix", "tiny-gpt2", "generation", **settings).network.base_model.prefix
    torch.testing.assert_close(prefix.eval().layer(0), whole.layer(0))
    states = prefix.train().layer(0)
    assert 0.4 < (states == 0).float().mean() < 0.6
    left = states != 0
    torch.testing.assert_close(states[left], 2 * whole.layer(0)[left])  # the expectation stays
