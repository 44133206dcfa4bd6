"""Logits at supervised positions only give the loss, and the gradient, of logits everywhere."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from starts import SENTENCES, examples_of, start_for
from transformers import (
    AutoModelForCausalLM,
    GPT2ForSequenceClassification,
    LlamaConfig,
    OPTConfig,
    T5Config,
    T5ForConditionalGeneration,
)

from pipeline.data.forms.generation import TextPairs
from pipeline.models.bases import PRETRAINED
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.insertions import INSERTIONS
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.form import IGNORED
from pipeline.tuning.forms.generation import GENERATION
from pipeline.tuning.forms.prepare import n_supervised, prepare
from pipeline.tuning.forms.word_losses import writes_one_token_after_another
from pipeline.tuning.methods import METHODS
from pipeline.tuning.training.batch_loss import lean

LORA = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["c_attn"], fan_in_fan_out=True)
CARD = Card("tiny-gpt2", "", "text", "t", "m", "part", "generation", prompt_length=5)
PUT_IN = {
    "nothing": lambda network: network,
    "prompt": lambda network: INSERTIONS["prompt"](network, CARD),
    "prefix": lambda network: INSERTIONS["prefix"](network, CARD),
    "lora": lambda network: get_peft_model(network, LORA),
}
SMALL = {"vocab_size": 101, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
FAMILIES = {
    "llama": LlamaConfig(**SMALL, intermediate_size=32, num_key_value_heads=1),
    "opt": OPTConfig(**SMALL, ffn_dim=32, word_embed_proj_dim=16, dropout=0.0),
}
PAIRS = TextPairs(
    ("the baker kneads the dough .", "a sailor mends the old net on the pier .", "a baker ."),
    ("the baker kneads .", "a sailor mends the net .", "a baker in the kitchen kneads ."),
)


def gpt2(put_in="nothing"):
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_pretrained(PRETRAINED / "tiny-gpt2")
    return PUT_IN[put_in](network).eval()


@pytest.fixture
def batch(adapted):
    items, collate = prepare(adapted("tiny-gpt2", "summarization", "full"), PAIRS)
    return collate(items.items)


def gradients(network):
    by_name = {n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None}
    network.zero_grad()
    return by_name


def assert_equal_to_logits_everywhere(network, batch):
    network(**batch).loss.backward()
    expected_gradients = gradients(network)
    expected = network(**batch).loss
    loss = GENERATION.loss(network, batch)
    loss.backward()
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=0)
    own = gradients(network)
    assert own.keys() == expected_gradients.keys()
    for name, gradient in own.items():
        torch.testing.assert_close(gradient, expected_gradients[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("put_in", PUT_IN)
def test_loss_and_gradient_equal_those_of_logits_everywhere(put_in, batch):
    assert_equal_to_logits_everywhere(gpt2(put_in), batch)


@pytest.mark.parametrize("family", FAMILIES)
def test_other_families_of_decoders_are_served_too(family, batch):
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(FAMILIES[family]).eval()
    small = {**batch, "input_ids": batch["input_ids"] % 101}
    small["labels"] = torch.where(batch["labels"] == IGNORED, IGNORED, batch["labels"] % 101)
    assert_equal_to_logits_everywhere(network, small)


def test_logits_are_computed_for_supervised_positions_only(batch):
    network, rows = gpt2(), []
    network.lm_head.register_forward_hook(lambda _m, _i, out: rows.append(out.shape[0]))
    GENERATION.loss(network, batch)
    assert rows == [n_supervised(batch)]
    assert network(**batch).logits.shape[:2] == batch["input_ids"].shape  # and is as before again


def test_only_decoders_with_a_head_over_the_vocabulary_are_meant():
    assert writes_one_token_after_another(gpt2("lora"))
    tiny = GPT2ForSequenceClassification.from_pretrained(PRETRAINED / "tiny-gpt2", num_labels=2)
    assert not writes_one_token_after_another(tiny)
    assert not writes_one_token_after_another(t5())
    assert not writes_one_token_after_another(torch.nn.Linear(1, 1))


@pytest.mark.parametrize("checkpointing", [False, True])
def test_keeping_less_changes_no_gradient(checkpointing, batch):
    network = gpt2().train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    network.config.attn_pdrop = 0.0
    kinds = [type(module) for module in network.modules()]
    GENERATION.loss(network, batch).backward()
    expected = gradients(network)
    with lean(network, checkpointing):
        assert network.is_activation_checkpointing == checkpointing
        assert [type(module) for module in network.modules()] != kinds
        GENERATION.loss(network, batch).backward()
    assert [type(module) for module in network.modules()] == kinds
    assert not network.is_activation_checkpointing
    for name, gradient in gradients(network).items():
        torch.testing.assert_close(gradient, expected[name], atol=1e-5, rtol=1e-3)


def t5():
    torch.manual_seed(0)
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    ends = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 0}
    return T5ForConditionalGeneration(T5Config(vocab_size=1024, **sizes, **ends))


def test_an_encoder_decoder_reads_the_source_and_learns_the_target(adapted):
    decoder = adapted("tiny-gpt2", "summarization", "full")
    model = TextModel(t5(), decoder.tokenizer, decoder.card)
    items, collate = prepare(model, PAIRS)
    for item, source, target in zip(items.items, PAIRS.sources, PAIRS.targets, strict=True):
        assert model.tokenizer.decode(item["input_ids"]) == source + model.card.cue
        assert model.tokenizer.decode(item["labels"]) == target + model.tokenizer.eos_token
    batch = collate(items.items)
    logits = model.network(**batch).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten())
    torch.testing.assert_close(form_of(model.card).loss(model.network, batch), expected)


def encoder_decoder_batch(architecture, kind):
    start = start_for("full", kind, "generation", folder=architecture(kind))
    model = METHODS["full"].adapt(start)
    items, collate = prepare(model, examples_of("generation"))
    return model, collate(items.items)


@pytest.mark.parametrize("kind", ["t5", "bart", "marian"])
def test_an_answer_starts_in_the_loss_as_the_type_itself_starts_it(architecture, kind):
    model, batch = encoder_decoder_batch(architecture, kind)
    own = form_of(model.card).loss(model.network, batch)
    assert torch.equal(own, model.network(**batch).loss)


@pytest.mark.parametrize("kind", ["mbart", "plbart", "bart"])
def test_an_answer_starts_in_training_as_in_writing(architecture, kind):
    """Types that put the last token of an answer in front train one start and write another."""
    model, batch = encoder_decoder_batch(architecture, kind)
    firsts = []
    model.network.get_decoder().register_forward_pre_hook(
        lambda _, __, inputs: firsts.append(inputs["input_ids"][:, 0]), with_kwargs=True
    )
    form_of(model.card).loss(model.network, batch)
    model.perform(SENTENCES)
    start = model.network.config.decoder_start_token_id
    assert len(firsts) >= 2
    assert all((first == start).all() for first in firsts[:2])
