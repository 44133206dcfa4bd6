"""The loss sees targets and the end of text, never the source or the padding."""

from dataclasses import replace

import pytest
import torch

from pipeline.data.forms.generation import TextPairs
from pipeline.errors import TuningError
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.form import IGNORED
from pipeline.tuning.forms.prepare import prepare


@pytest.fixture(scope="module")
def model(adapted):
    return adapted("tiny-gpt2", "summarization", "full")


PAIRS = TextPairs(
    ("the baker kneads the dough .", "a sailor mends the old net on the pier ."),
    ("the baker kneads .", "a sailor mends the net ."),
)


def test_only_the_target_and_the_end_are_supervised(model):
    items, _ = prepare(model, PAIRS)
    for item, source, target in zip(items.items, *(PAIRS.sources, PAIRS.targets), strict=True):
        supervised = item["input_ids"][item["labels"] != IGNORED]
        text = model.tokenizer.decode(supervised)
        assert text == f" {target}{model.tokenizer.eos_token}"
        assert model.tokenizer.decode(item["input_ids"]).startswith(source + model.card.cue)


def test_padding_changes_no_loss(model):
    items, collate = prepare(model, PAIRS)
    batch = collate(items.items)
    single = [form_of(model.card).loss(model.network, collate([item])) for item in items.items]
    tokens = torch.tensor([(item["labels"] != IGNORED).sum() for item in items.items])
    expected = (torch.stack(single) * tokens).sum() / tokens.sum()
    torch.testing.assert_close(
        form_of(model.card).loss(model.network, batch), expected, atol=1e-5, rtol=0
    )


def test_a_long_source_is_cut_from_its_beginning_and_keeps_cue_and_target(model):
    source = "first words . " + "the baker kneads the dough . " * 60
    items, _ = prepare(model, TextPairs((source,), ("the baker kneads .",)))
    assert len(items[0]["input_ids"]) == model.network.config.n_positions
    text = model.tokenizer.decode(items[0]["input_ids"])
    assert "first words" not in text
    assert text.endswith(f"dough . {model.card.cue} the baker kneads .{model.tokenizer.eos_token}")


def test_a_target_longer_than_the_context_is_refused(model):
    pairs = TextPairs(("short",), ("the baker kneads the dough . " * 60,))
    with pytest.raises(TuningError, match=r"target: expected at most \d+ tokens.*Shorten"):
        prepare(model, pairs)


def test_examples_of_the_other_modality_are_refused(adapted):
    vision = adapted("tiny-vit", "digits", "full")
    with pytest.raises(TuningError, match=r"task digits: expected image examples; found TextPairs"):
        prepare(vision, PAIRS)


def test_the_prompt_leaves_less_room(adapted):
    prompted = adapted("tiny-gpt2", "summarization", "prompt", 40)
    assert replace(prompted.card, prompt_length=40) == prompted.card
    items, _ = prepare(prompted, TextPairs(("the baker . " * 100,), ("the baker .",)))
    assert len(items[0]["input_ids"]) == prompted.network.config.n_positions - 40


@pytest.mark.parametrize("kind", ["t5", "bart"])
def test_an_encoder_decoder_reads_the_source_and_is_taught_the_target(text_model, kind):
    model = text_model(kind, "generation", cue=" =>")
    items, collate = prepare(model, PAIRS)
    end = model.tokenizer.eos_token
    for item, source, target in zip(items.items, PAIRS.sources, PAIRS.targets, strict=True):
        assert source + " =>" in model.tokenizer.decode(item["input_ids"])
        assert model.tokenizer.decode(item["labels"]) == f"{target}{end}"
    batch = collate(items.items)
    single = [form_of(model.card).loss(model.network, collate([item])) for item in items.items]
    tokens = torch.tensor([float(len(item["labels"])) for item in items.items])
    expected = (torch.stack(single) * tokens).sum() / tokens.sum()
    torch.testing.assert_close(
        form_of(model.card).loss(model.network, batch), expected, atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("kind", ["tiny-gpt2", "t5"])
def test_what_is_trained_on_is_what_performing_reads(text_model, kind, monkeypatch):
    model = text_model(kind, "generation", cue=" =>")
    items, _ = prepare(model, PAIRS)
    read = []
    whole = type(model).batch
    monkeypatch.setattr(
        type(model), "batch", lambda self, encoded: read.extend(encoded) or whole(self, encoded)
    )
    model.perform(PAIRS.sources)
    for item in items.items:
        supervised = item["labels"] != IGNORED
        text = item["input_ids"] if kind == "t5" else item["input_ids"][~supervised]
        assert text.tolist() in [list(one["input_ids"]) for one in read]


def test_pictures_are_kept_as_bytes_and_brought_into_form_batch_by_batch(adapted, start_of):
    model = adapted("tiny-vit", "digits", "full")
    _, data = start_of("tiny-vit", "digits", "full")
    items, collate = prepare(model, data.train)
    assert {item["images"].dtype for item in items.items} == {torch.uint8}
    batch = collate(items.items[:5])
    torch.testing.assert_close(batch["images"], model.picture.prepare(data.train.images[:5]))
