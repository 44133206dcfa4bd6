"""An untrained base names the class or tag whose mean is nearest, and none without an example."""

import numpy as np
import pytest
import torch
from starts import start_for

from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.tagging import TaggedTexts
from pipeline.models.travelling.forms import FORMS
from pipeline.models.travelling.forms.tagging import encode_words
from pipeline.models.travelling.framing import encode_segments, padded
from pipeline.tuning.heads import head_modules, put_nearest_class_mean
from pipeline.tuning.methods import METHODS

BAKER = (
    "the baker kneads the dough .",
    "the baker kneads .",
    "a baker kneads dough in the kitchen .",
)
SAILOR = (
    "a sailor mends the old net .",
    "the sailor mends a net on the pier .",
    "a sailor mends .",
)
TEXTS = LabelledTexts(tuple((text,) for text in (*BAKER, *SAILOR)), np.array([0, 0, 0, 2, 2, 2]))
WORDS = tuple(tuple(text.split()) for text in (*BAKER, *SAILOR))
NOUNS = {"baker", "dough", "kitchen", "sailor", "net", "pier"}
TAGS = tuple(np.array([2 * (word in NOUNS) for word in text]) for text in WORDS)


def last_layer(model):
    parts = head_modules(model.network).values()
    return [m for part in parts for m in part.modules() if isinstance(m, torch.nn.Linear)][-1]


@torch.no_grad()
def seen_by(layer, model, encoded):
    """What a layer is given of one text."""
    inputs = []
    hook = layer.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0]))
    FORMS[model.card.form].logits(model.network, padded([encoded], 0))
    hook.remove()
    return inputs[-1][0]


def nearest_means(vectors, labels, by_angle):
    """The independent implementation: distances to the means, of the classes that occur."""
    occurring = labels.unique()
    means = torch.stack([vectors[labels == label].mean(dim=0) for label in occurring])
    if by_angle:
        vectors, means = (torch.nn.functional.normalize(x) for x in (vectors, means))
    return occurring[torch.cdist(vectors, means).argmin(dim=1)]


@pytest.mark.parametrize("kind", ["tiny-bert", "tiny-gpt2", "roberta", "t5", "eurobert"])
def test_the_class_with_the_nearest_mean_is_named(text_model, kind):
    model = text_model(kind, "classification")
    layer = last_layer(model)
    encoded = encode_segments(model.tokenizer, model.room, TEXTS.texts)
    seen = [seen_by(layer, model, one) for one in encoded]
    # EuroBERT's logits are a mean over tokens: a linear layer's of their mean
    vectors = torch.stack([x.mean(dim=0) if x.ndim == 2 else x for x in seen])
    expected = nearest_means(vectors, torch.from_numpy(TEXTS.labels), layer.bias is None)
    put_nearest_class_mean(model, head_modules(model.network).values(), TEXTS)
    named = model.perform([*BAKER, *SAILOR])
    assert named == [model.card.classes[n] for n in expected]
    assert "maybe" not in named, "of which there is no example"


@pytest.mark.parametrize("method", ["base", "random-prompt"])
@pytest.mark.parametrize("base", ["tiny-bert", "tiny-gpt2"])
def test_controls_tag_the_words_that_they_saw_better_than_one_tag_for_all(method, base):
    start = start_for(method, base, "tagging")
    model = METHODS[method].adapt(start)
    tags = " ".join(model.perform([" ".join(words) for words in start.train.words])).split()
    truth = [model.card.classes[tag] for tags in start.train.tags for tag in tags]
    recall = {
        name: np.mean([f == name for f, t in zip(tags, truth, strict=True) if t == name])
        for name in model.card.classes
    }
    assert min(recall.values()) > 0.6


@pytest.mark.parametrize("kind", ["tiny-bert", "tiny-gpt2"])
def test_words_are_tagged_by_the_nearest_tag_mean(text_model, kind):
    model = text_model(kind, "tagging")
    layer = last_layer(model)
    vectors = torch.cat(
        [
            seen_by(layer, model, stretch.encoded)[stretch.firsts]
            for text in encode_words(model.tokenizer, model.room, WORDS)
            for stretch in text
        ]
    )
    labels = torch.from_numpy(np.concatenate(TAGS))
    expected = nearest_means(vectors, labels, layer.bias is None)
    put_nearest_class_mean(model, head_modules(model.network).values(), TaggedTexts(WORDS, TAGS))
    tags = " ".join(model.perform([" ".join(words) for words in WORDS])).split()
    assert tags == [model.card.classes[n] for n in expected]
    assert float((expected == labels).float().mean()) > 0.75


def test_means_are_of_texts_without_padding_where_a_network_reads_it(architecture):
    start = start_for("base", "fnet", "classification", folder=architecture("fnet"))
    model = METHODS["base"].adapt(start)
    head, examples = last_layer(model), start.train
    encoded = encode_segments(model.tokenizer, model.room, examples.texts)
    vectors = torch.stack([seen_by(head, model, one) for one in encoded])
    for label in range(3):
        mean = vectors[torch.from_numpy(examples.labels == label)].mean(dim=0)
        torch.testing.assert_close(head.weight[label], mean, rtol=1e-4, atol=1e-5)
