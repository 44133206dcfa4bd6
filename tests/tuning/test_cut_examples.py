"""Examples that a model reads in part are counted, and a longer prompt cuts more of them."""

import numpy as np
import pytest

from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.generation import TextPairs
from pipeline.data.task import TaskData
from pipeline.tracking.stages.tune.records import texts_cut
from pipeline.tuning.forms.classification import CLASSIFICATION
from pipeline.tuning.forms.prepare import prepare
from pipeline.tuning.tuned import count_cut_examples

SHORT, LONG = "the baker kneads the dough .", "the baker kneads the dough . " * 60


def pairs_of(*sources):
    return TextPairs(sources, ("the baker kneads .",) * len(sources))


def data_of(train, test):
    return TaskData(train=train, validation=test, test=test, source="")


def test_sources_that_do_not_fit_beside_their_answers_are_counted(adapted):
    model = adapted("tiny-gpt2", "summarization", "full")
    data = data_of(pairs_of(SHORT, LONG, LONG), pairs_of(SHORT, LONG))
    assert count_cut_examples(model, data) == {"train": 2, "test": 1}
    assert count_cut_examples(model, data_of(pairs_of(SHORT), pairs_of(SHORT))) == {
        "train": 0,
        "test": 0,
    }


def test_an_example_counts_as_cut_if_and_only_if_the_loop_reads_less_of_it(adapted):
    model = adapted("tiny-gpt2", "summarization", "full")
    sources = [" ".join(["the net .", *["dough"] * n]) for n in range(10, 200, 3)]
    items, _ = prepare(model, pairs_of(*sources))
    texts = [model.tokenizer.decode(item["input_ids"]) for item in items.items]
    pairs = zip(texts, sources, strict=True)
    n_whole = sum(text.startswith(source + model.card.cue) for text, source in pairs)
    n_cut = count_cut_examples(model, data_of(pairs_of(*sources), pairs_of(SHORT)))["train"]
    assert 0 < n_cut == len(sources) - n_whole < len(sources)


def test_a_longer_prompt_cuts_more(adapted):
    sources = [" ".join(["dough"] * n) for n in range(5, 200, 5)]
    data = data_of(pairs_of(*sources), pairs_of(*sources))
    none, prompt = (
        count_cut_examples(adapted("tiny-gpt2", "summarization", method, length), data)
        for method, length in (("full", 0), ("prompt", 40))
    )
    assert none["train"] < prompt["train"]
    assert none["test"] < prompt["test"]


def test_pictures_are_never_cut(adapted, start_of):
    data = start_of("tiny-vit", "digits", "full")[1]
    assert count_cut_examples(adapted("tiny-vit", "digits", "full"), data) == {
        "train": 0,
        "test": 0,
    }


def test_texts_to_classify_are_counted_with_their_special_tokens(adapted):
    model = adapted("tiny-gpt2", "summarization", "full")
    labelled = LabelledTexts(((SHORT,), (LONG,), (LONG, SHORT)), np.array([0, 1, 1]))
    lengths = CLASSIFICATION.whole_lengths(model, labelled, True)
    assert [length > model.room for length in lengths] == [False, True, True]
    assert lengths[2] == lengths[1] + lengths[0] + 1  # the end between them


@pytest.mark.parametrize(
    ("cuts", "sentence"),
    [({"train": 0, "test": 0}, ""), ({"train": 3, "test": 0}, "3 training and 0 test examples")],
)
def test_only_what_was_cut_is_told(cuts, sentence):
    assert texts_cut(cuts).startswith(sentence)
    assert bool(texts_cut(cuts)) == bool(sentence)
