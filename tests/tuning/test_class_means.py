"""An untrained base classifies texts and words by the nearest class mean."""

import numpy as np
import pytest
import torch

from pipeline.data.examples import LabelledTexts, TaggedTexts
from pipeline.tuning.class_means import pooled, set_nearest_class_mean

BAKER = [
    "the baker kneads the dough .",
    "the baker kneads .",
    "a baker kneads dough in the kitchen .",
]
SAILOR = [
    "a sailor mends the old net .",
    "the sailor mends a net on the pier .",
    "a sailor mends .",
]
TEXTS = LabelledTexts(tuple((text,) for text in (*BAKER, *SAILOR)), np.array([0, 0, 0, 2, 2, 2]))


def nearest_means(vectors, labels):
    """The independent implementation: distances to the means, of the classes that occur."""
    occurring = labels.unique()
    means = torch.stack([vectors[labels == label].mean(dim=0) for label in occurring])
    return occurring[torch.cdist(vectors, means).argmin(dim=1)]


@pytest.mark.parametrize("kind", ["tiny-bert", "tiny-gpt2", "roberta", "t5"])
def test_the_class_with_the_nearest_mean_is_named(text_model, kind):
    model = text_model(kind, "classification")
    vectors, labels = pooled(model, TEXTS, batch_size=2)
    expected = nearest_means(vectors, labels)
    set_nearest_class_mean(model, TEXTS)
    for label, group in ((0, BAKER), (2, SAILOR)):
        named = [model.card.classes[n] for n in expected[labels == label]]
        assert sorted(model.perform(group)) == sorted(named)
    assert "maybe" not in model.perform([*BAKER, *SAILOR]), "of which there is no example"


@pytest.mark.parametrize("kind", ["tiny-bert", "tiny-gpt2"])
def test_words_are_tagged_by_the_nearest_tag_mean(text_model, kind):
    model = text_model(kind, "tagging")
    words = tuple(tuple(text.split()) for text in (*BAKER, *SAILOR))
    nouns = {"baker", "dough", "kitchen", "sailor", "net", "pier"}
    tags = tuple(np.array([2 * (word in nouns) for word in text]) for text in words)
    vectors, labels = pooled(model, TaggedTexts(words, tags))
    expected = float((nearest_means(vectors, labels) == labels).float().mean())
    set_nearest_class_mean(model, TaggedTexts(words, tags))
    found = " ".join(model.perform([" ".join(text) for text in words])).split()
    truth = [model.card.classes[tag] for tagged in tags for tag in tagged]
    right = float(np.mean([a == b for a, b in zip(found, truth, strict=True)]))
    assert right == pytest.approx(expected)
    assert right > 0.75
