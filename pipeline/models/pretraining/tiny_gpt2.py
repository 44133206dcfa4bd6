"""Pretrain tiny-gpt2 from random weights: ``python -m pipeline.models.pretraining.tiny_gpt2``.

A real GPT-2 in architecture and file format, small enough to travel with the project. The result
lies in ``pipeline/models/pretrained/tiny-gpt2``, with the record of its training, minutes and
losses among it, in ``training.json``.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.models.pretraining.loop import (
    HELD_OUT_SEED,
    Run,
    TextTraining,
    TrainingRecord,
    save,
    train,
)
from pipeline.models.pretraining.text_mixture import CUE, documents

END = "<|endoftext|>"
VOCABULARY = 1024
POSITIONS = 192
TARGET = Path(__file__).parents[1] / "pretrained" / "tiny-gpt2"
HELD_OUT = 1_000
DOCUMENTS = 120_000
SETTINGS = TextTraining(seed=0, epochs=1, batch_size=32, learning_rate=2e-3)
# Most tokens of a document are drawn at random and cannot be predicted. Once they are modelled as
# well as they can be, a second phase looks at what follows the cue.
SECOND_DOCUMENTS = 128_000
SECOND_PHASE = TextTraining(seed=2, epochs=1, batch_size=32, learning_rate=2e-3)
BEFORE_THE_CUE = 0.1  # weight of a token in the second phase, unless it follows the cue


def make_tokenizer(texts: list[str]) -> Any:
    """Train a byte-level BPE tokenizer on texts; one token is end, start and padding alike."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        pad_token=END,
        model_max_length=POSITIONS,
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer: Any) -> Any:
    """Return a GPT-2 of 0.95 million random weights."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=POSITIONS,
            n_embd=128,
            n_layer=4,
            n_head=4,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def encode(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """Tokenize documents and end each with the end-of-text token."""
    return [[*ids, tokenizer.eos_token_id] for ids in tokenizer(texts)["input_ids"]]


def language_model_loss(model: Any, ids: Any, lengths: Any) -> Any:
    """Return the mean cross-entropy (nats) of every token but the first; padding does not count.

    Parameters
    ----------
    model : GPT2LMHeadModel
    ids : LongTensor, shape (n_documents, longest)
        Padded on the right, so that causal attention needs no mask.
    lengths : LongTensor, shape (n_documents,)
    """
    import torch

    outside = torch.arange(ids.shape[1])[None, :] >= lengths[:, None]
    return model(input_ids=ids, labels=ids.masked_fill(outside, -100)).loss


def continuation_loss(cue: int, model: Any, ids: Any, lengths: Any) -> Any:
    """Return the mean cross-entropy in which what does not follow the cue counts a tenth.

    Parameters
    ----------
    cue : int
        Token of the cue.
    model : GPT2LMHeadModel
    ids : LongTensor, shape (n_documents, longest)
    lengths : LongTensor, shape (n_documents,)
    """
    import torch

    logits = model(input_ids=ids).logits[:, :-1]
    after = (ids == cue).cumsum(dim=1)[:, :-1] > 0
    inside = torch.arange(1, ids.shape[1])[None, :] < lengths[:, None]
    weights = torch.where(after, 1.0, BEFORE_THE_CUE) * inside
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    return (losses * weights).sum() / weights.sum()


def main() -> None:
    """Train in two phases and save after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--first", type=Path, help="saved result of the first phase, to skip it")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    first = options.first
    if first is None:
        first = Path(tempfile.mkdtemp(prefix="tiny-gpt2-first-phase-"))
        tokenizer = make_tokenizer(list(documents(4_000, seed=0)))
        run = Run(
            SETTINGS,
            list(documents(DOCUMENTS, SETTINGS.seed)),
            list(documents(HELD_OUT, HELD_OUT_SEED)),
            tokenizer,
            make_model,
            encode,
            language_model_loss,
            language_model_loss,
        )
        model, record = train(run)
        save(first, model, tokenizer, record)
        logging.info("first phase saved in %s", first)
    second_phase(first, options.target)


def second_phase(first: Path, target: Path) -> None:
    """Train on from what the first phase saved."""
    from transformers import AutoTokenizer, GPT2LMHeadModel

    tokenizer = AutoTokenizer.from_pretrained(first)
    (cue,) = tokenizer(CUE)["input_ids"]
    run = Run(
        SECOND_PHASE,
        list(documents(SECOND_DOCUMENTS, SECOND_PHASE.seed)),
        list(documents(HELD_OUT, HELD_OUT_SEED)),
        tokenizer,
        lambda _: GPT2LMHeadModel.from_pretrained(first),
        encode,
        partial(continuation_loss, cue),
        language_model_loss,
    )
    model, record = train(run)
    before = json.loads((first / "training.json").read_text())
    save(target, model, tokenizer, in_all(before, record))


def in_all(before: TrainingRecord, record: TrainingRecord) -> TrainingRecord:
    """Return the record of both phases together: sums, and the losses at the end."""
    summed = {key: before[key] + record[key] for key in ("documents", "steps", "tokens_seen")}
    minutes = round(before["minutes"] + record["minutes"], 1)
    return record | summed | {"seed": before["seed"], "minutes": minutes}


if __name__ == "__main__":
    main()
