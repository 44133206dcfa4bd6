"""The small language models that travel with the project are what their records say."""

import json
from pathlib import Path

import pytest

import pipeline
from pipeline.models.pretraining import tiny_bert, tiny_gpt2
from pipeline.models.pretraining.loop import Run, held_out_loss
from pipeline.models.pretraining.text_mixture import documents
from pipeline.worlds.language import DICTIONARY, sample_passages, translate
from pipeline.worlds.lexicon import CONTENT_WORDS

SHIPPED = Path(pipeline.__file__).parent / "models" / "pretrained"
FRESH_SEED = 91_000  # neither trained on nor measured when the record was made


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def load(name):
    from transformers import AutoTokenizer, BertForMaskedLM, GPT2LMHeadModel

    kind = {"tiny-gpt2": GPT2LMHeadModel, "tiny-bert": BertForMaskedLM}[name]
    directory = SHIPPED / name
    record = json.loads((directory / "training.json").read_text())
    model = kind.from_pretrained(directory).eval()
    return model, AutoTokenizer.from_pretrained(directory), record


@pytest.mark.parametrize(("name", "limit"), [("tiny-gpt2", 4_000_000), ("tiny-bert", 1_500_000)])
def test_files_are_small_enough_to_travel(name, limit):
    sizes = {path.name: path.stat().st_size for path in (SHIPPED / name).iterdir()}
    assert sizes["model.safetensors"] < limit
    assert sum(sizes.values()) < limit + 100_000


@pytest.mark.parametrize(
    ("name", "module", "loss"),
    [
        ("tiny-gpt2", tiny_gpt2, tiny_gpt2.language_model_loss),
        ("tiny-bert", tiny_bert, tiny_bert.masked_loss),
    ],
)
def test_held_out_loss_on_fresh_passages_is_near_the_recorded_one(name, module, loss):
    model, tokenizer, record = load(name)
    fresh = list(documents(160, FRESH_SEED))
    run = Run(module.SETTINGS, [], fresh, tokenizer, module.make_model, module.encode, loss, loss)
    loss = held_out_loss(run, model)
    assert loss == pytest.approx(record["held_out_loss"], rel=0.1)


@pytest.mark.parametrize(
    ("name", "seed", "n_documents", "parameters"),
    [
        (
            "tiny-gpt2",
            tiny_gpt2.SETTINGS.seed,
            tiny_gpt2.DOCUMENTS + tiny_gpt2.SECOND_DOCUMENTS,
            900_000,
        ),
        ("tiny-bert", tiny_bert.SETTINGS.seed, tiny_bert.DOCUMENTS, 200_000),
    ],
)
def test_the_record_names_the_recipe_and_the_size(name, seed, n_documents, parameters):
    model, _, record = load(name)
    assert record["seed"] == seed
    assert record["documents"] == n_documents
    assert record["parameters"] == sum(p.numel() for p in model.parameters()) > parameters


def test_the_gpt2_tokenizer_gives_back_every_word_of_both_languages():
    _, tokenizer, _ = load("tiny-gpt2")
    text = " ".join((*CONTENT_WORDS, *DICTIONARY.values(), "=> ? ."))
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer.pad_token == tokenizer.eos_token == tokenizer.bos_token == "<|endoftext|>"


def test_a_passage_its_question_and_an_answer_fit_in_the_context():
    _, tokenizer, _ = load("tiny-gpt2")
    for passage in sample_passages(48, seed=0):
        text = f"{passage.text} {translate(passage.text)}"
        assert len(tokenizer(text)["input_ids"]) < tiny_gpt2.POSITIONS - 20


def test_the_bert_tokenizer_knows_every_word_of_both_languages():
    _, tokenizer, _ = load("tiny-bert")
    ids = tokenizer(" ".join((*CONTENT_WORDS, *DICTIONARY.values(), "the => ? .")))["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert ids[0] == tokenizer.cls_token_id
    assert ids[-1] == tokenizer.sep_token_id
