"""Classes, tags and spans: what is supervised, what padding does, and what the loss is."""

import numpy as np
import pytest
import torch

from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.spans import TextSpans
from pipeline.data.forms.tagging import TaggedTexts
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.form import IGNORED
from pipeline.tuning.forms.prepare import prepare

CONTEXTS = (
    "a sailor mends the old net on the pier .",
    "the baker kneads the dough in the warm kitchen . " * 14 + "a sailor mends the net .",
)
EXAMPLES = {
    "classification": LabelledTexts(
        (("the baker .", "a sailor mends"), (CONTEXTS[1], "yes"), ("a", "the net on the pier")),
        np.array([0, 2, 1]),
    ),
    "tagging": TaggedTexts(
        tuple(tuple(context.split()) for context in CONTEXTS),
        tuple(np.arange(len(context.split())) % 3 for context in CONTEXTS),
    ),
    "spans": TextSpans(
        ("what does he mend ?", "who mends ?"),
        CONTEXTS,
        (("the old net", "net"), ("a sailor",)),
        np.array(
            [context.index(x) for context, x in zip(CONTEXTS, ("the old", "a sai"), strict=True)]
        ),
    ),
}
KINDS = ("tiny-bert", "gpt2", "roberta")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.mark.parametrize("form", EXAMPLES)
@pytest.mark.parametrize("insertion", ["", "prompt", "prefix"])
def test_padding_changes_no_loss(text_model, kind, form, insertion):
    length = 4 if insertion else 0
    model = text_model(kind, form, insertion=insertion, prompt_length=length)
    items, collate = prepare(model, EXAMPLES[form])
    with torch.no_grad():
        single = torch.stack(
            [form_of(model.card).loss(model.network, collate([item])) for item in items.items]
        )
        together = form_of(model.card).loss(model.network, collate(items.items))
    weights = torch.tensor([float((item["labels"] != IGNORED).sum()) for item in items.items])
    expected = (single * weights).sum() / weights.sum()
    torch.testing.assert_close(together, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("form", EXAMPLES)
def test_the_loss_is_that_of_transformers_for_an_example_alone(text_model, kind, form):
    model = text_model(kind, form)
    items, collate = prepare(model, EXAMPLES[form])
    batch = collate([items[0]])
    labels = batch["labels"]
    named = (
        {"start_positions": labels[:, 0], "end_positions": labels[:, 1]}
        if form == "spans"
        else {"labels": labels}
    )
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    with torch.no_grad():
        expected = model.network(**inputs, **named).loss
        torch.testing.assert_close(form_of(model.card).loss(model.network, batch), expected)


def test_every_word_is_supervised_once_at_its_first_token(text_model, kind):
    model = text_model(kind, "tagging")
    items, _ = prepare(model, EXAMPLES["tagging"])
    supervised = torch.cat([item["labels"][item["labels"] != IGNORED] for item in items.items])
    assert supervised.tolist() == [int(tag) for tags in EXAMPLES["tagging"].tags for tag in tags]


def test_spans_point_at_the_tokens_of_the_answer(text_model, kind):
    model = text_model(kind, "spans")
    items, _ = prepare(model, EXAMPLES["spans"])
    assert len(items) > 2, "a long text is read in windows"
    first, last = items[0]["labels"].tolist()
    answer = model.tokenizer.decode(items[0]["input_ids"][first : last + 1])
    expected = model.tokenizer.decode(
        model.tokenizer("the old net", add_special_tokens=False)["input_ids"]
    )
    assert answer.strip() == expected.strip()
    # the answer to the second question stands at the end of a long text
    assert items[1]["labels"].tolist() == [0, 0]
    assert items[len(items) - 1]["labels"].tolist() != [0, 0]


@pytest.mark.parametrize("form", EXAMPLES)
@pytest.mark.parametrize("kind", ["tiny-bert", "gpt2"])
def test_examples_can_be_learned(text_model, kind, form):
    model = text_model(kind, form)
    items, collate = prepare(model, EXAMPLES[form])
    batch = collate(items.items)
    optimizer = torch.optim.AdamW(model.network.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        loss = form_of(model.card).loss(model.network, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]
