"""Of two sentences a model prefers the one that it holds more likely, token by token."""

import json

import numpy as np
import pytest
import torch
from starts import start_for

from pipeline.data.minimal_pairs import Phenomenon, read_minimal_pairs
from pipeline.errors import DataError
from pipeline.tuning.methods import METHODS
from pipeline.tuning.scores.minimal_pairs import accuracy, log_likelihoods, names_words

GOOD = ("the baker kneads the dough in the kitchen .", "the sailor mends the net .")
BAD = ("baker the the kneads dough in kitchen the .", "the mends net sailor the .")


def write(folder, name, *lines):
    rows = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / name).write_text("".join(f"{row}\n" for row in rows))


def test_pairs_are_read_from_files_of_blimps_form(tmp_path):
    extra = {"sentence_good": GOOD[1], "sentence_bad": BAD[1], "field": "syntax", "pair_id": "1"}
    write(tmp_path, "order.jsonl", {"sentence_good": GOOD[0], "sentence_bad": BAD[0]}, extra)
    write(tmp_path, "agreement.jsonl", extra)
    first, second = read_minimal_pairs(tmp_path)
    assert (first.name, first.good) == ("agreement", GOOD[1:])
    assert second == Phenomenon("order", GOOD, BAD)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "expected at least one pair; found none"),
        (["{"], "line 1: expected whole JSON"),
        ([{"sentence_good": "a b ."}], "line 1: columns: expected 'sentence_bad'"),
        ([{"sentence_good": "a", "sentence_bad": "a"}], "another sentence than sentence_good"),
        ([{"sentence_good": "a", "sentence_bad": 3}], "expected text; found 3"),
    ],
)
def test_lines_that_are_no_pairs_are_refused(tmp_path, lines, message):
    write(tmp_path, "order.jsonl", *lines)
    with pytest.raises(DataError, match=message):
        read_minimal_pairs(tmp_path)


def test_a_folder_without_pairs_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"found no file that ends in .jsonl"):
        read_minimal_pairs(tmp_path)
    with pytest.raises(DataError, match="found no such folder"):
        read_minimal_pairs(tmp_path / "none")


@torch.inference_mode()
def test_a_decoder_gives_the_sum_of_what_transformers_computes_as_loss(adapted):
    model = adapted("tiny-gpt2", "summarization", "base")
    for text, value in zip(GOOD, log_likelihoods(model, GOOD), strict=True):
        ids = [model.tokenizer.eos_token_id, *model.tokenizer(text)["input_ids"]]
        batch = torch.tensor([ids])
        loss = model.network(input_ids=batch, labels=batch).loss  # mean over all but the first
        assert value == pytest.approx(-float(loss) * (len(ids) - 1), rel=1e-4)


@torch.inference_mode()
def test_a_masked_model_gives_the_sum_over_tokens_each_masked_alone():
    model = METHODS["base"].adapt(start_for("base", "tiny-bert", "cloze"))
    assert names_words(model)
    tokens = model.tokenizer(GOOD[1])["input_ids"]
    total = 0.0
    for place in range(1, len(tokens) - 1):  # not the special ones around it
        masked = torch.tensor([tokens])
        masked[0, place] = model.tokenizer.mask_token_id
        logits = model.network(input_ids=masked).logits[0, place]
        total += float(torch.log_softmax(logits, dim=-1)[tokens[place]])
    np.testing.assert_allclose(log_likelihoods(model, [GOOD[1]]), [total], rtol=1e-4)


def test_a_language_model_prefers_the_order_of_words_that_it_was_trained_on(adapted):
    model = adapted("tiny-gpt2", "summarization", "base")
    assert accuracy(model, Phenomenon("order", GOOD, BAD)) == 1
    assert accuracy(model, Phenomenon("order", BAD, GOOD)) == 0
    assert accuracy(model, Phenomenon("order", GOOD, GOOD)) == 0.5  # ties


def test_a_prompt_stands_in_front_and_leaves_a_value_for_every_token(adapted):
    model = adapted("tiny-gpt2", "summarization", "prompt", 4)
    plain = adapted("tiny-gpt2", "summarization", "base")
    prompted = log_likelihoods(model, GOOD)
    assert np.isfinite(prompted).all()
    assert not np.allclose(prompted, log_likelihoods(plain, GOOD))


def test_a_model_with_another_head_names_no_words():
    start = start_for("base", "tiny-bert", "classification")
    assert not names_words(METHODS["base"].adapt(start))


def test_a_sentence_is_as_likely_beside_a_longer_one_where_padding_is_read(text_model):
    from transformers import AutoModelForMaskedLM

    model = text_model("fnet", "features")
    model.network = AutoModelForMaskedLM.from_config(model.network.config).eval()
    model.tokenizer.mask_token = "<unk>"  # any token of the base's will do
    alone = [log_likelihoods(model, [text])[0] for text in GOOD]
    np.testing.assert_allclose(log_likelihoods(model, GOOD), alone, rtol=1e-5)
