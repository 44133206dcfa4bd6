"""Very small language models of every kind, with random weights and tokenizers of their own."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    T5Config,
    T5ForConditionalGeneration,
)

SENTENCES = (
    "the baker kneads the dough in the warm kitchen .",
    "a sailor mends the old net on the pier .",
    "Where does the sailor mend the net ? The nurse reads a letter to the child at noon",
)
_SMALL = {"d_model": 32, "vocab_size": 400}
_NETWORKS = {
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=400, n_positions=96, n_embd=32, n_layer=2, n_head=2)
    ),
    "roberta": lambda: RobertaModel(
        RobertaConfig(
            vocab_size=400,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=66,
            type_vocab_size=1,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
        )
    ),
    "t5": lambda: T5ForConditionalGeneration(
        T5Config(
            **_SMALL,
            d_kv=16,
            d_ff=64,
            num_layers=2,
            num_heads=2,
            pad_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
        )
    ),
    "bart": lambda: BartForConditionalGeneration(
        BartConfig(
            **_SMALL,
            max_position_embeddings=64,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            decoder_start_token_id=2,
            forced_eos_token_id=2,
            tie_word_embeddings=False,
        )
    ),
}
_FRAMES = {
    "roberta": ("<s> $A </s>", "<s> $A </s> </s> $B </s>"),
    "bart": ("<s> $A </s>", "<s> $A </s> </s> $B </s>"),
    "t5": ("$A </s>", "$A </s> $B </s>"),
}


def make_architecture(kind: str, folder: Path) -> Path:
    """Lay a base of random weights down in a folder."""
    torch.manual_seed(0)
    network = _NETWORKS[kind]()
    network.init_weights()
    with torch.no_grad():  # random weights of the usual size write one token for ever
        for parameter in network.parameters():
            parameter.mul_(4 if parameter.dim() > 1 else 1)
    network.save_pretrained(folder)
    _make_tokenizer(kind).save_pretrained(folder)
    return folder


def _make_tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE on a few sentences; specials as the architecture has them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    if kind == "gpt2":
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")
    single, pair = _FRAMES[kind]
    specials = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single, pair, specials)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    )
