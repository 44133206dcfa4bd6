"""Prompts and prefixes equal PEFT's where PEFT's work, and leave every token at its place."""

import copy

import pytest
import torch
import transformers
from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model

from pipeline.models.travelling.card import Card
from pipeline.models.travelling.insertions import INSERTIONS
from pipeline.models.travelling.insertions.prefix import (
    Prefix,
    ReparameterisedPrefix,
    fold_prefix,
    put_prefix,
)
from pipeline.models.travelling.insertions.prompt import reader_of

LENGTH, N_TOKENS = 4, 9
SIZES = {"hidden_size": 32, "num_attention_heads": 2, "vocab_size": 50, "num_labels": 3}
ENCODER = {
    **SIZES,
    "num_hidden_layers": 3,
    "intermediate_size": 64,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "max_position_embeddings": 66,
}
DECODER = {**SIZES, "num_hidden_layers": 3, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1}
DECODERS = ("gpt2", "llama", "opt", "gpt_neox")
CONFIGS = {
    "bert": transformers.BertConfig(**ENCODER),
    "roberta": transformers.RobertaConfig(**ENCODER, pad_token_id=1),
    "gpt2": transformers.GPT2Config(
        n_embd=32, n_layer=3, n_head=2, vocab_size=50, n_positions=64, num_labels=3,
        pad_token_id=0, bos_token_id=1, eos_token_id=1, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
    ),
    "t5": transformers.T5Config(
        d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, vocab_size=50, dropout_rate=0,
        decoder_start_token_id=0,
    ),
    "bart": transformers.BartConfig(
        d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, vocab_size=50,
        max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        decoder_start_token_id=2, dropout=0,
    ),
    "llama": transformers.LlamaConfig(
        **DECODER, num_key_value_heads=1, max_position_embeddings=66, intermediate_size=64,
    ),
    "opt": transformers.OPTConfig(
        **DECODER, ffn_dim=64, word_embed_proj_dim=32, max_position_embeddings=66, dropout=0,
    ),
    "gpt_neox": transformers.GPTNeoXConfig(
        **DECODER, max_position_embeddings=66, intermediate_size=64,
    ),
}  # fmt: skip
KINDS = {
    "generation": {**dict.fromkeys(DECODERS, "CausalLM"), "t5": "Seq2SeqLM", "bart": "Seq2SeqLM"},
    "classification": dict.fromkeys(("bert", "roberta", "gpt2"), "SequenceClassification"),
    "tagging": dict.fromkeys(("bert", "roberta"), "TokenClassification"),
}
TASK_TYPES = {
    "CausalLM": "CAUSAL_LM",
    "Seq2SeqLM": "SEQ_2_SEQ_LM",
    "TokenClassification": "TOKEN_CLS",
}
CARD = Card("b", "", "text", "t", "m", "part", "generation", prompt_length=LENGTH)
PARITY = [
    *(("prefix", "generation", base) for base in DECODERS),
    ("prefix", "tagging", "bert"),
    ("prefix", "tagging", "roberta"),
    ("prompt", "generation", "gpt2"),
    ("prompt", "generation", "t5"),
    ("prompt", "generation", "bart"),
    ("prompt", "tagging", "bert"),
    ("prompt", "tagging", "roberta"),
]
CLASSIFIED = [(name, "classification", base) for name in ("prefix", "prompt")
              for base in KINDS["classification"]]  # fmt: skip
INSERTED = [
    *PARITY,
    ("prefix", "generation", "t5"),
    ("prefix", "generation", "bart"),
    *CLASSIFIED,
]


def network_of(base, form):
    torch.manual_seed(0)
    auto = getattr(transformers, f"AutoModelFor{KINDS[form][base]}")
    return auto.from_config(copy.deepcopy(CONFIGS[base])).eval()


def batch_of(network):
    """Two texts, the second of which ends in three tokens of padding."""
    torch.manual_seed(1)
    pad = network.config.pad_token_id or 0
    tokens = torch.randint(5, 50, (2, N_TOKENS))
    mask = torch.ones_like(tokens)
    tokens[1, 6:], mask[1, 6:] = pad, 0
    batch = {"input_ids": tokens, "attention_mask": mask}
    if network.config.is_encoder_decoder:
        batch["decoder_input_ids"] = tokens[:, :5]
    return batch


def learned(network, name):
    if name == "prefix":
        return network.base_model.prefix.states
    return reader_of(network).prompt


def as_in_peft(network, name, form, base):
    """Let PEFT insert the same into a copy of a network, with the same values."""
    config = PrefixTuningConfig if name == "prefix" else PromptTuningConfig
    task = TASK_TYPES[KINDS[form][base]]
    once = config(task_type=task, num_virtual_tokens=LENGTH, num_transformer_submodules=1)
    tuned = get_peft_model(network_of(base, form), once).eval()
    values = learned(network, name).detach()
    if name == "prefix":
        values = values.permute(3, 0, 1, 2, 4).reshape(LENGTH, -1)
    tuned.prompt_encoder["default"].embedding.weight.data.copy_(values)
    return tuned


@torch.no_grad()
@pytest.mark.parametrize(("name", "form", "base"), PARITY)
def test_the_network_computes_what_it_does_with_peft(name, form, base):
    network = INSERTIONS[name](network_of(base, form), CARD)
    batch = batch_of(network)
    logits = network(**batch).logits
    expected = as_in_peft(network, name, form, base)(**batch).logits
    expected = expected[:, expected.shape[1] - logits.shape[1] :]  # PEFT gives those of the prompt
    decodes = network.config.is_encoder_decoder  # all of what is asked is no padding
    seen = slice(None) if decodes else batch["attention_mask"].bool()
    torch.testing.assert_close(logits[seen], expected[seen], atol=1e-6, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "form", "base"), [case for case in PARITY if "generation" in case]
)
def test_the_network_writes_what_it_does_with_peft(name, form, base):
    network = INSERTIONS[name](network_of(base, form), CARD)
    one = {
        "input_ids": batch_of(network)["input_ids"][:1],
        "attention_mask": torch.ones(1, N_TOKENS),
    }
    settings = {"max_new_tokens": 12, "min_new_tokens": 12, "do_sample": False}
    expected = as_in_peft(network, name, form, base).generate(**one, **settings)
    assert torch.equal(network.generate(**one, **settings), expected)


@torch.no_grad()
@pytest.mark.parametrize("name", ["prompt", "prefix"])
def test_writing_step_by_step_is_reading_all_at_once(name):
    """What the cache holds and where it puts tokens is what a single pass computes."""
    network = INSERTIONS[name](network_of("gpt2", "generation"), CARD)
    tokens = batch_of(network)["input_ids"][:1]
    continued = network.generate(input_ids=tokens, max_new_tokens=10, do_sample=False)
    likeliest = network(input_ids=continued).logits.argmax(dim=-1)
    assert torch.equal(likeliest[:, N_TOKENS - 1 : -1], continued[:, N_TOKENS:])


@torch.no_grad()
@pytest.mark.parametrize(("name", "form", "base"), INSERTED)
def test_a_padded_text_is_read_as_it_is_alone(name, form, base):
    network = INSERTIONS[name](network_of(base, form), CARD)
    batch = batch_of(network)
    alone = {key: value[1:, :6] for key, value in batch.items()}
    together, expected = network(**batch).logits[1:], network(**alone).logits
    if form == "tagging" or (base in DECODERS and form == "generation"):
        together = together[:, :6]
    torch.testing.assert_close(together, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("name", "form", "base"), INSERTED)
def test_states_are_those_of_tokens_and_every_layer_learns(name, form, base):
    network = INSERTIONS[name](network_of(base, form), CARD)
    batch = batch_of(network)
    before = network_of(base, form)(**batch)
    output = network(**batch, output_hidden_states=True)
    if not network.config.is_encoder_decoder:
        assert {states.shape[1] for states in output.hidden_states} == {N_TOKENS}
    assert (output.logits - before.logits).abs().max() > 1e-4
    output.logits.square().sum().backward()
    gradient = learned(network, name).grad
    per_layer = gradient.flatten(1).abs().sum(dim=1)  # prompt: per position
    assert (per_layer > 0).all()


@pytest.mark.parametrize("base", ["gpt2", "bert"])
@pytest.mark.parametrize("name", ["prompt", "prefix"])
def test_checkpointing_gradients_changes_nothing(name, base):
    gradients = []
    for checkpointed in (False, True):
        torch.manual_seed(2)
        network = INSERTIONS[name](network_of(base, "classification"), CARD).train()
        if checkpointed:
            network.gradient_checkpointing_enable({"use_reentrant": False})
        network(**batch_of(network)).logits.square().sum().backward()
        gradients.append(learned(network, name).grad)
    assert gradients[0].abs().sum() > 0
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.parametrize("base", ["gpt2", "bert"])
def test_a_reparameterised_prefix_folds_into_the_keys_and_values_it_makes(base):
    network = INSERTIONS["prefix"](network_of(base, "classification"), CARD)
    put_prefix(network, ReparameterisedPrefix(network.base_model.prefix, width=7))
    batch = batch_of(network)
    before = network(**batch).logits
    before.square().sum().backward()
    made = network.base_model.prefix
    assert all(p.grad.abs().sum() > 0 for p in made.parameters())
    fold_prefix(network)
    assert isinstance(network.base_model.prefix, Prefix)
    assert not any("outer" in name for name, _ in network.named_parameters())
    torch.testing.assert_close(network(**batch).logits, before, atol=1e-6, rtol=0)


def test_a_copy_of_a_network_has_a_prefix_of_its_own():
    network = INSERTIONS["prefix"](network_of("bert", "tagging"), CARD)
    twin = copy.deepcopy(network)
    twin.base_model.prefix.states.data.zero_()
    batch = batch_of(network)
    assert not torch.equal(network(**batch).logits, twin(**batch).logits)
