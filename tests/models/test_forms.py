"""Every form of task, on every architecture that can do it: answers and hidden states."""

import json
import shutil

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model

from pipeline.models.travelling.card import Card, base_digest
from pipeline.models.travelling.forms.classification import class_logits
from pipeline.models.travelling.forms.spans import best_span, encode_windows, span_logits
from pipeline.models.travelling.framing import encode_segments
from pipeline.models.travelling.text_networks import load_text_network

LONG = " ".join(["the baker kneads the dough in the warm kitchen and a sailor mends the net ."] * 6)
TEXTS = ["the baker kneads", "a sailor mends the old net on the pier .", "where ?", LONG]
PAIRS = [("the baker kneads .", "a sailor"), ("where ?", "on the pier ."), (LONG, LONG)]
QUESTIONS = [("where ?", "a sailor mends the old net on the pier ."), ("who kneads ?", LONG)]
ALL = ("tiny-gpt2", "gpt2", "tiny-bert", "roberta", "t5", "bart")
PROMPTED = {"insertion": "prompt", "prompt_length": 4}


def forms_of(kinds):
    return [
        (kind, form)
        for kind in kinds
        for form in ("classification", "tagging", "spans")
        if (kind, form) != ("bart", "tagging")  # transformers has no such head
    ]


def answers_alone(model, items):
    return [model.perform([item])[0] for item in items]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("items", [TEXTS, PAIRS], ids=["texts", "pairs"])
def test_classes_are_named_alike_alone_and_among_others(text_model, kind, items):
    model = text_model(kind, "classification")
    named = model.perform(items)
    assert named == answers_alone(model, items)
    assert set(named) <= {"no", "maybe", "yes"}


@pytest.mark.parametrize("kind", [kind for kind, form in forms_of(ALL) if form == "tagging"])
def test_every_word_gets_a_tag_however_long_the_text(text_model, kind):
    model = text_model(kind, "tagging")
    tags = model.perform(TEXTS)
    assert tags == answers_alone(model, TEXTS)
    for text, tagged in zip(TEXTS, tags, strict=True):
        assert len(tagged.split()) == len(text.split())
        assert set(tagged.split()) <= {"no", "maybe", "yes"}


@pytest.mark.parametrize("kind", ALL)
def test_answers_are_stretches_of_the_text(text_model, kind):
    model = text_model(kind, "spans")
    answers = model.perform(QUESTIONS)
    assert answers == answers_alone(model, QUESTIONS)
    for answer, (_, context) in zip(answers, QUESTIONS, strict=True):
        assert answer
        assert answer in context


def test_the_best_legal_span_of_all_windows_is_found(text_model):
    """The independent implementation: every pair of tokens of every window, tried in turn."""
    model = text_model("tiny-bert", "spans")
    question, context = QUESTIONS[1]
    (windows,) = encode_windows(model.tokenizer, model.room, [question], [context])
    assert len(windows) > 1 or len(windows[0].offsets) > 60
    best, answer = -np.inf, ""
    for window in windows:
        with torch.no_grad():
            logits = span_logits(model.network, model.batch([window.encoded]))[0]
        for start in range(len(window.offsets)):
            for end in range(start, min(start + 30, len(window.offsets))):
                score = logits[window.first + start, 0] + logits[window.first + end, 1]
                if score > best:
                    first, last = window.offsets[start], window.offsets[end]
                    best, answer = score, context[first[0] : last[1]]
    assert model.perform([QUESTIONS[1]]) == [answer]


@torch.no_grad()
@pytest.mark.parametrize("kind", ["tiny-gpt2", "tiny-bert", "t5"])
def test_a_question_has_no_answer_where_the_null_scores_more_than_every_stretch(text_model, kind):
    """The token that stands for none is read in every window; the least of them decides."""
    certain, or_none = text_model(kind, "spans"), text_model(kind, "spans-or-none")
    assert or_none.perform(QUESTIONS) == answers_alone(or_none, QUESTIONS)
    for (question, context), answer in zip(QUESTIONS, certain.perform(QUESTIONS), strict=True):
        windows = encode_windows(or_none.tokenizer, or_none.room, [question], [context])[0]
        logits = or_none.logits([window.encoded for window in windows], 8)
        place = -1 if kind == "tiny-gpt2" else 0
        null = min(float(each[: len(w.encoded["input_ids"])][place].sum())
                   for each, w in zip(logits, windows, strict=True))  # fmt: skip
        best = max(best_span(each, w)[0] for each, w in zip(logits, windows, strict=True))
        assert or_none.perform([(question, context)]) == [answer if best > null else ""]


def test_a_base_with_a_head_of_three_outputs_gets_one_of_two_for_spans(tmp_path, architecture):
    folder = shutil.copytree(architecture("tiny-bert"), tmp_path / "base")
    config = json.loads((folder / "config.json").read_text())
    labels = {"id2label": {n: str(n) for n in range(3)}, "label2id": {str(n): n for n in range(3)}}
    (folder / "config.json").write_text(json.dumps({**config, **labels}))
    card = Card("base", base_digest(folder), "text", "task", "method", "whole", "spans")
    assert load_text_network(folder, card).qa_outputs.out_features == 2


@pytest.mark.parametrize("kind", ["gpt2", "tiny-bert", "roberta"])
def test_classes_behind_a_prompt_do_not_depend_on_padding(text_model, kind):
    """Decoders' own search for the last token fails behind a prompt; ours must not."""
    model = text_model(kind, "classification", **PROMPTED)
    encoded = encode_segments(model.tokenizer, model.room, [(text,) for text in TEXTS])
    together = torch.stack(model.logits(encoded, 8))
    alone = torch.stack([model.logits([one], 1)[0] for one in encoded])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ALL)
def test_logits_equal_those_of_transformers(text_model, kind):
    model = text_model(kind, "classification")
    inputs = model.tokenizer("a sailor mends the net .", return_tensors="pt")
    encoded = encode_segments(model.tokenizer, model.room, [("a sailor mends the net .",)])
    with torch.no_grad():
        expected = model.network(**inputs).logits
        logits = class_logits(model.network, model.batch(encoded))
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "form"), forms_of(("gpt2", "tiny-bert", "roberta")))
def test_prompts_leave_no_positions_in_logits_or_states(text_model, kind, form):
    model = text_model(kind, form, **PROMPTED)
    items = QUESTIONS if form == "spans" else TEXTS
    assert model.perform(items) == answers_alone(model, items)
    assert model.features(TEXTS).shape[:2] == (
        len(TEXTS),
        model.network.config.num_hidden_layers + 1,
    )


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("pooling", ["mean", "last", "class"])
def test_features_are_alike_alone_and_among_others(text_model, kind, pooling):
    model = text_model(kind, "classification")
    if pooling not in model.poolings:
        pytest.skip(f"{kind} has no {pooling} token")
    together = model.features(TEXTS, pooling, tokens_at_once=1000)
    alone = np.concatenate([model.features([text], pooling) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["tiny-bert", "roberta", "t5", "bart"])
def test_special_tokens_are_computed_with_but_are_no_part_of_a_text(text_model, kind):
    form = "generation" if kind in ("t5", "bart") else "tagging"
    model = text_model(kind, form)
    ids = model.tokenizer(TEXTS[0], return_tensors="pt")["input_ids"]
    special = torch.isin(ids[0], torch.tensor(model.tokenizer.all_special_ids))
    body = model.network.get_encoder() if form == "generation" else model.network.base_model
    with torch.no_grad():
        states = body(input_ids=ids, output_hidden_states=True).hidden_states
    mean = np.stack([state[0, ~special].mean(dim=0).numpy() for state in states])
    np.testing.assert_allclose(model.features(TEXTS[:1])[0], mean, atol=1e-5)
    last = np.stack([state[0, ~special][-1].numpy() for state in states])
    np.testing.assert_allclose(model.features(TEXTS[:1], "last")[0], last, atol=1e-5)


@pytest.mark.parametrize("kind", ["gpt2", "t5", "bart"])
def test_only_encoders_have_a_class_token(text_model, kind):
    assert "class" not in text_model(kind, "generation").poolings


def test_a_text_without_tokens_has_no_features_and_no_answer(text_model):
    with pytest.raises(ValueError, match="at least one token"):
        text_model("gpt2", "generation").perform(["the baker", ""])
    with pytest.raises(ValueError, match="at least one token"):
        text_model("tiny-bert", "classification").features(["the baker", ""])


def test_an_architecture_without_the_head_is_refused(text_model):
    with pytest.raises(ValueError, match="bart is of type bart, which cannot do tagging"):
        text_model("bart", "tagging")


@pytest.mark.parametrize(("kind", "room"), [("roberta", 64), ("tiny-bert", 128), ("gpt2", 96)])
def test_the_context_is_that_of_the_architecture(text_model, kind, room):
    assert text_model(kind, "classification").room == room
    lora = LoraConfig(r=2, task_type="SEQ_CLS", target_modules="all-linear")
    model = text_model(kind, "classification", lambda n: get_peft_model(n, lora), prompt_length=0)
    assert model.room == room
