"""Pretrain tiny-bert from random weights: ``python -m pipeline.models.pretraining.tiny_bert``.

A small BERT trained by masked-language modelling on the documents that tiny-gpt2 reads (other
passages). It is what BERTScore compares texts with when no larger model is at hand. It takes about
five minutes on one processor core that does nothing else; the result, with its record in
``training.json``, lies in ``pipeline/models/pretrained/tiny-bert``. Compare on layer 3, the last:
it tells other topics apart best.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from pipeline.models.pretraining.loop import HELD_OUT_SEED, Run, TextTraining, save, train
from pipeline.models.pretraining.text_mixture import documents

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
POSITIONS = 128
MASKED_SHARE = 0.2
TARGET = Path(__file__).parents[1] / "pretrained" / "tiny-bert"
DOCUMENTS, HELD_OUT = 80_000, 1_000
SETTINGS = TextTraining(seed=1, epochs=1, batch_size=32, learning_rate=3e-3)


def make_tokenizer(texts: list[str]) -> Any:
    """Return a word-level tokenizer over the words of both languages."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordLevelTrainer(special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", SPECIAL.index("[SEP]")), ("[CLS]", SPECIAL.index("[CLS]"))
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=POSITIONS,
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer: Any) -> Any:
    """Return a BERT of about 0.2 million random weights."""
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=256,
            max_position_embeddings=POSITIONS,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def encode(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """Tokenize documents, each between ``[CLS]`` and ``[SEP]``."""
    return [list(ids) for ids in tokenizer(texts)["input_ids"]]


def masked_loss(model: Any, ids: Any, lengths: Any) -> Any:
    """Return the mean cross-entropy (nats) of a fifth of the words, hidden at random.

    Of the chosen words 80 % become ``[MASK]``, 10 % another word, 10 % stay: as in BERT.

    Parameters
    ----------
    model : BertForMaskedLM
    ids : LongTensor, shape (n_documents, longest)
    lengths : LongTensor, shape (n_documents,)
    """
    import torch

    inside = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
    masked = inside & (ids >= len(SPECIAL)) & (torch.rand(ids.shape) < MASKED_SHARE)
    fate = torch.rand(ids.shape)
    inputs = ids.masked_fill(masked & (fate < 0.8), SPECIAL.index("[MASK]"))
    other = torch.randint(len(SPECIAL), model.config.vocab_size, ids.shape)
    inputs = torch.where(masked & (fate >= 0.9), other, inputs)
    labels = ids.masked_fill(~masked, -100)
    return model(input_ids=inputs, attention_mask=inside.long(), labels=labels).loss


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    tokenizer = make_tokenizer(list(documents(4_000, seed=0)))
    run = Run(
        SETTINGS,
        list(documents(options.documents, SETTINGS.seed)),
        list(documents(HELD_OUT, HELD_OUT_SEED)),
        tokenizer,
        make_model,
        encode,
        masked_loss,
        masked_loss,
    )
    model, record = train(run)
    save(options.target, model, tokenizer, record)


if __name__ == "__main__":
    main()
