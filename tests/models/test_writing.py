"""An answer depends on its text alone: not on the batch, nor on how long the others are."""

import pytest
import torch
from peft import LoraConfig, get_peft_model

TEXTS = [
    "the baker kneads the dough .",
    "a sailor",
    "the nurse reads a letter to the child at noon . a sailor mends the old net on the pier .",
    "where does the sailor mend the net ?",
    "the",
]
LENGTH = 5


def lora(network):
    config = LoraConfig(task_type="CAUSAL_LM", r=2, init_lora_weights=False, fan_in_fan_out=True)
    return get_peft_model(network, config)


MADE = {
    "base": {},
    "prompt": {"insertion": "prompt", "prompt_length": LENGTH},
    "prefix": {"insertion": "prefix", "prompt_length": LENGTH},
    "lora": {"put_in": lora},
}


@pytest.fixture(params=MADE)
def decoder(request, text_model):
    return text_model("gpt2", "generation", cue=" .", **MADE[request.param])


def test_a_decoder_answers_a_text_alike_alone_and_among_others(decoder):
    together = decoder.perform(TEXTS, batch_size=3)
    assert together == [decoder.perform([text])[0] for text in TEXTS]
    assert len(set(together)) > 2, "the texts must be answered differently for this to say much"


def written_by_generate(model):
    """The independent implementation: that of transformers, one text at a time."""
    tokenizer = model.tokenizer
    answers = []
    for text in TEXTS:
        ids = tokenizer(text + model.card.cue, return_tensors="pt")["input_ids"]
        tokens = model.network.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=model.card.max_target_tokens,
            do_sample=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        answer = tokenizer.decode(tokens[0, ids.shape[1] :], skip_special_tokens=True)
        answers.append(answer.strip())
    return answers


def test_a_decoder_writes_what_generate_writes_after_the_text_alone(decoder):
    assert decoder.perform(TEXTS) == written_by_generate(decoder)


@pytest.mark.parametrize("kind", ["mpt", "gpt_neo", "gpt_oss"])
def test_distances_and_windows_are_those_of_the_text_alone_in_a_batch_too(text_model, kind):
    """Padding between a text and its answer would shift biases by distance, and local windows."""
    model = text_model(kind, "generation", cue=" .", max_target_tokens=16)
    expected = written_by_generate(model)
    assert model.perform(TEXTS) == expected
    assert [model.perform([text])[0] for text in TEXTS] == expected
    assert len(set(expected)) > 2


def test_no_position_is_read_twice_nor_a_token_after_the_last(text_model):
    model = text_model("gpt2", "generation", cue=" .", max_target_tokens=4)
    assert model.ignores_padding  # which is tried once, before
    n_read = []
    model.network.transformer.wte.register_forward_pre_hook(
        lambda _, inputs: n_read.append(inputs[0].shape[1])
    )
    model.tokenizer.eos_token = "<unk>"  # which this base never writes
    model.perform(TEXTS[:1])
    assert n_read[1:] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["t5", "bart"])
@pytest.mark.parametrize("made", ["base", "prompt"])
def test_an_encoder_decoder_answers_a_text_alike_alone_and_among_others(text_model, kind, made):
    model = text_model(kind, "generation", **MADE[made])
    together = model.perform(TEXTS, batch_size=3)
    assert together == [model.perform([text])[0] for text in TEXTS]
    assert len(set(together)) > 1


def test_writing_stops_at_the_end_of_text(text_model):
    model = text_model("tiny-gpt2", "generation", max_target_tokens=40)
    answers = model.perform(TEXTS)
    assert any(len(model.tokenizer(answer)["input_ids"]) < 40 for answer in answers)
    assert not any("endoftext" in answer for answer in answers)


def test_a_base_that_reads_both_ways_is_not_asked_to_write(text_model):
    with pytest.raises(ValueError, match="tiny-bert is of type bert, which cannot do generation"):
        text_model("tiny-bert", "generation")


FORCING = {
    "forced_bos_token_id": 0,
    "no_repeat_ngram_size": 1,
    "num_beams": 4,
    "min_length": 6,
    "repetition_penalty": 3.0,
}


@pytest.mark.parametrize("kind", ["bart", "t5", "mamba"])
def test_what_a_checkpoint_forces_or_forbids_decides_nothing(text_model, architecture, kind):
    """As the hub's BART has it, which then loses its first word."""
    from transformers import GenerationConfig

    expected = text_model(kind, "generation").perform(TEXTS)
    folder = architecture(kind)
    before = (folder / "generation_config.json").read_text()
    try:
        GenerationConfig(**FORCING).save_pretrained(folder)
        assert text_model(kind, "generation").perform(TEXTS) == expected
    finally:
        (folder / "generation_config.json").write_text(before)


def test_an_encoder_decoder_writes_the_tokens_its_loss_makes_likeliest(text_model):
    """Step by step as trained: from the start token on, each likeliest token in turn."""
    model = text_model("bart", "generation", max_target_tokens=5)
    ids = model.tokenizer(TEXTS[0], return_tensors="pt")["input_ids"]
    start = model.network.config.decoder_start_token_id
    read = torch.tensor([[start]])
    for _ in range(5):
        logits = model.network(input_ids=ids, decoder_input_ids=read).logits[0, -1]
        read = torch.cat([read, logits.argmax()[None, None]], dim=1)
    tokens = read[0, 1:].tolist()
    end = model.tokenizer.eos_token_id
    tokens = tokens[: tokens.index(end)] if end in tokens else tokens
    expected = model.tokenizer.decode(tokens, skip_special_tokens=True).strip()
    assert model.perform(TEXTS[:1]) == [expected]


@pytest.mark.parametrize("kind", ["mistral", "mamba", "bloom", "opt", "gpt_neox", "llama"])
def test_decoders_of_every_kind_of_cache_answer_alike_alone_and_among_others(text_model, kind):
    model = text_model(kind, "generation", cue=" .")
    assert model.perform(TEXTS, batch_size=5) == [model.perform([text])[0] for text in TEXTS]
