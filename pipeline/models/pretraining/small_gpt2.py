"""Pretrain a small GPT-2 from scratch on text files of one's own, to serve as a base offline.

    python -m pipeline.models.pretraining.small_gpt2 --tokenizer DIR --target DIR TEXT [TEXT …]

The result is a local directory that ``base=`` takes. It is a GPT-2 in architecture and file
format, and as good as the texts and the minutes spent on it: a control, or a stand-in where the hub
is out of reach, not a replacement for the published weights.
"""

from __future__ import annotations

import argparse
import gzip
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import DataError, Problem
from pipeline.models.pretraining.loop import Run, TextTraining, save, train
from pipeline.models.pretraining.tiny_gpt2 import encode, language_model_loss

HELD_OUT_EVERY = 20  # every twentieth document is measured on and never trained on


def read_documents(paths: Sequence[Path], lines: int) -> list[str]:
    """Read text files, ``.gz`` or not, as documents of some consecutive lines each.

    Raises
    ------
    DataError
        A file cannot be read or is not UTF-8, or all files together hold too little.
    """
    documents: list[str] = []
    for path in paths:
        open_text = gzip.open if path.suffix == ".gz" else open
        try:
            with open_text(path, "rt", encoding="utf-8") as stream:
                documents += _of_lines(stream, lines)
        except (OSError, EOFError, UnicodeDecodeError) as error:
            remedy = "Give plain text files."
            raise DataError(Problem(str(path), "UTF-8 text", str(error), remedy)) from error
    if len(documents) <= HELD_OUT_EVERY:
        expected = f"more than {HELD_OUT_EVERY} documents of {lines} lines"
        raise DataError(Problem("texts", expected, str(len(documents)), "Give more text."))
    return documents


def _of_lines(stream: Iterator[str], lines: int) -> Iterator[str]:
    filled = (line.strip() for line in stream if line.strip())
    while block := list(islice(filled, lines)):
        yield " ".join(block)


def load_gpt2_tokenizer(folder: Path) -> Any:
    """Load a GPT-2 tokenizer from its ``encoder.json`` and ``vocab.bpe``, or from what was saved.

    Raises
    ------
    DataError
        The folder holds neither.
    """
    from transformers import AutoTokenizer, GPT2TokenizerFast

    if (folder / "tokenizer.json").is_file():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    elif (folder / "encoder.json").is_file() and (folder / "vocab.bpe").is_file():
        vocabulary, merges = str(folder / "encoder.json"), str(folder / "vocab.bpe")
        tokenizer = GPT2TokenizerFast(vocab=vocabulary, merges=merges)
    else:
        expected = "tokenizer.json, or encoder.json with vocab.bpe"
        raise DataError(Problem(str(folder), expected, "neither", "Point to a GPT-2 tokenizer."))
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def make_model(width: int, layers: int, positions: int, tokenizer: Any) -> Any:
    """Return a GPT-2 with random weights and heads of 64 features."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=positions,
            n_embd=width,
            n_layer=layers,
            n_head=max(1, width // 64),
            bos_token_id=tokenizer.eos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _encode(longest: int, tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return [ids[:longest] for ids in encode(tokenizer, texts)]


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path, nargs="+", help="text files, .gz or not")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder of a GPT-2 tokenizer")
    parser.add_argument("--target", type=Path, required=True, help="where the base is written")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--positions", type=int, default=512, help="longest context")
    parser.add_argument("--lines", type=int, default=4, help="lines that make a document")
    parser.add_argument("--longest", type=int, default=256, help="tokens read of a document")
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    documents = read_documents(options.texts, options.lines)
    run = Run(
        TextTraining(seed=0, epochs=options.epochs, batch_size=16, learning_rate=2e-3),
        [d for number, d in enumerate(documents) if number % HELD_OUT_EVERY],
        documents[::HELD_OUT_EVERY],
        load_gpt2_tokenizer(options.tokenizer),
        partial(make_model, options.width, options.layers, options.positions),
        partial(_encode, options.longest),
        language_model_loss,
        language_model_loss,
    )
    model, record = train(run)
    save(options.target, model, run.tokenizer, record)


if __name__ == "__main__":
    main()
