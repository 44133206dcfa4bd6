"""Very small language models of every kind, with random weights and tokenizers of their own."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, PreTrainedTokenizerFast

SENTENCES = (
    "the baker kneads the dough in the warm kitchen .",
    "a sailor mends the old net on the pier .",
    "Where does the sailor mend the net ? The nurse reads a letter to the child at noon",
)
_SIZES = {
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 96,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
}
_T5 = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2, "vocab_size": 400}
_BART = {
    "d_model": 32,
    "vocab_size": 400,
    "max_position_embeddings": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
    "forced_eos_token_id": 2,
    "tie_word_embeddings": False,
}
_DECODER, _ENCODER, _PAIR = "CausalLM", "", "Seq2SeqLM"
#: Head and settings of each architecture; its name is that of transformers.
_NETWORKS: dict[str, tuple[str, dict]] = {
    "gpt2": (
        _DECODER,
        {"vocab_size": 400, "n_positions": 96, "n_embd": 32, "n_layer": 2, "n_head": 2},
    ),
    "opt": (_DECODER, {**_SIZES, "ffn_dim": 64, "word_embed_proj_dim": 32}),
    "llama": (_DECODER, {**_SIZES, "num_key_value_heads": 1}),
    "qwen2": (_DECODER, {**_SIZES, "num_key_value_heads": 1}),
    "qwen3": (_DECODER, {**_SIZES, "num_key_value_heads": 1, "head_dim": 16}),
    "mistral": (_DECODER, {**_SIZES, "num_key_value_heads": 1, "sliding_window": 64}),
    "gemma": (_DECODER, {**_SIZES, "num_key_value_heads": 1, "head_dim": 16}),
    "gpt_neox": (_DECODER, _SIZES),
    "bloom": (
        _DECODER,
        {
            "vocab_size": 400,
            "hidden_size": 32,
            "n_layer": 2,
            "n_head": 2,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "pad_token_id": 1,
        },
    ),
    "phi": (_DECODER, _SIZES),
    "mamba": (_DECODER, {**_SIZES, "state_size": 4, "expand": 2, "time_step_rank": 2}),
    "bert": (_ENCODER, _SIZES),
    "roberta": (_ENCODER, {**_SIZES, "max_position_embeddings": 66, "type_vocab_size": 1}),
    "albert": (_ENCODER, {**_SIZES, "embedding_size": 16}),
    "deberta-v2": (
        _ENCODER,
        {
            **_SIZES,
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_buckets": 16,
            "position_biased_input": False,
        },
    ),
    "distilbert": (
        _ENCODER,
        {
            "vocab_size": 400,
            "dim": 32,
            "n_layers": 2,
            "n_heads": 2,
            "hidden_dim": 64,
            "max_position_embeddings": 96,
            "pad_token_id": 1,
        },
    ),
    "electra": (_ENCODER, {**_SIZES, "embedding_size": 16}),
    "modernbert": (
        _ENCODER,
        {**_SIZES, "cls_token_id": 0, "sep_token_id": 2, "local_attention": 16},
    ),
    "t5": (_PAIR, {**_T5, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}),
    "bart": (_PAIR, _BART),
}
_GPT = {"vocab_size": 400, "n_positions": 96, "n_embd": 32, "n_layer": 2, "n_head": 2}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
#: Decoders of one build, with what each lacks of ``_SIZES``: keys and values of one head.
LIKE_LLAMA: dict[str, dict] = {
    **{
        kind: {}
        for kind in ("olmo", "olmo2", "cohere", "granite", "starcoder2", "smollm3", "stablelm")
    },
    **{kind: {"sliding_window": 64} for kind in ("olmo3", "cohere2", "exaone4")},
    **{kind: {"head_dim": 16} for kind in ("glm", "glm4", "ernie4_5", "helium")},
    **{kind: {"head_dim": 16, "sliding_window": 64} for kind in ("gemma3_text", "ministral")},
    "nemotron": {},
    "phi3": {"num_key_value_heads": 2},
    "persimmon": {"num_key_value_heads": 2},
    "mixtral": {"num_local_experts": 4},
    "olmoe": _EXPERTS,
    "qwen2_moe": {**_EXPERTS, "shared_expert_intermediate_size": 16},
    "qwen3_moe": {**_EXPERTS, "head_dim": 16},
}
#: Beside those above: of other builds too, some of which are refused.
FURTHER: dict[str, tuple[str, dict]] = {
    **{
        kind: (_DECODER, {**_SIZES, "num_key_value_heads": 1, **further})
        for kind, further in LIKE_LLAMA.items()
    },
    "gpt_bigcode": (_DECODER, _GPT),
    "gptj": (_DECODER, {**_GPT, "rotary_dim": 8}),
    "marian": (_PAIR, _BART),
    "roformer": (_ENCODER, {**_SIZES, "embedding_size": 32}),
    "codegen": (_DECODER, {**_GPT, "n_embd": 64, "n_head": 4, "rotary_dim": 8}),
    "openai-gpt": (_DECODER, _GPT),
    "mamba2": (
        _DECODER,
        {**_SIZES, "state_size": 4, "expand": 2, "num_heads": 4, "head_dim": 16, "n_groups": 1},
    ),
    "xlnet": (
        _DECODER,
        {"vocab_size": 400, "d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64},
    ),
    "squeezebert": (_ENCODER, {**_SIZES, "embedding_size": 32}),
    "nystromformer": (_ENCODER, {**_SIZES, "num_landmarks": 4, "segment_means_seq_len": 8}),
}
_PAIR_SIZES = {name: size for name, size in _BART.items() if name != "decoder_start_token_id"}
#: Beside those: in which distance or padding counts, or that are started or biased otherwise.
UNUSUAL: dict[str, tuple[str, dict]] = {
    "mpt": (
        _DECODER,
        {
            **{"vocab_size": 400, "d_model": 32, "n_heads": 2, "n_layers": 2, "max_seq_len": 96},
            **{"expansion_ratio": 2, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
        },
    ),
    "gpt_neo": (
        _DECODER,
        {
            **{"vocab_size": 400, "hidden_size": 32, "num_layers": 2, "num_heads": 2},
            **{"attention_types": [[["global", "local"], 1]], "window_size": 6},
            **{"max_position_embeddings": 96, "intermediate_size": 64},
            **{"bos_token_id": 0, "eos_token_id": 2},
        },
    ),
    "gpt_oss": (
        _DECODER,
        {
            **{**_SIZES, "num_key_value_heads": 1, "head_dim": 16, "sliding_window": 8},
            **{"num_local_experts": 4, "num_experts_per_tok": 2},
        },
    ),
    "fnet": (_ENCODER, {**_SIZES, "tpu_short_seq_length": 32}),
    "convbert": (_ENCODER, {**_SIZES, "embedding_size": 16, "num_attention_heads": 4}),
    "yoso": (_ENCODER, _SIZES),
    "mbart": (_PAIR, {**_PAIR_SIZES, "decoder_start_token_id": 5}),
    "plbart": (_PAIR, {**_PAIR_SIZES, "decoder_start_token_id": 5}),
    "eurobert": (_ENCODER, {**_SIZES, "num_key_value_heads": 1, "mask_token_id": 3}),
}
DECODERS = tuple(kind for kind, (head, _) in _NETWORKS.items() if head == _DECODER)
ENCODERS = tuple(kind for kind, (head, _) in _NETWORKS.items() if head == _ENCODER)
FURTHER_ENCODERS = tuple(kind for kind, (head, _) in FURTHER.items() if head == _ENCODER)
PAIRS = tuple(kind for kind, (head, _) in _NETWORKS.items() if head == _PAIR)
SEEING_PADDING = ("fnet", "convbert", "yoso")
_FRAMES = {
    **dict.fromkeys((*ENCODERS, *SEEING_PADDING), ("<s> $A </s>", "<s> $A </s> $B </s>")),
    **dict.fromkeys(("roberta", "bart"), ("<s> $A </s>", "<s> $A </s> </s> $B </s>")),
    **dict.fromkeys(("opt", "llama", "mistral", "gemma"), ("<s> $A", "<s> $A $B")),
    "t5": ("$A </s>", "$A </s> $B </s>"),
}


def make_architecture(kind: str, folder: Path, changes: dict | None = None) -> Path:
    """Lay a base of random weights down in a folder; changes are of its configuration."""
    torch.manual_seed(0)
    head, settings = {**_NETWORKS, **FURTHER, **UNUSUAL}[kind]
    factory = getattr(transformers, f"AutoModelFor{head}" if head else "AutoModel")
    network = factory.from_config(AutoConfig.for_model(kind, **{**settings, **(changes or {})}))
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
    if kind not in _FRAMES:
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
