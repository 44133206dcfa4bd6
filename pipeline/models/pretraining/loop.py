"""The pretraining loop, written once for all small language models."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

TrainingRecord = dict[str, float | int]
log = logging.getLogger(__name__)

HELD_OUT_SEED = 90_000  # of the held-out documents, where they are drawn, and of what hides in them
_POOL = 50  # batches are cut from this many batches' worth of documents sorted by length


@dataclass(frozen=True)
class TextTraining:
    """How a small model is pretrained.

    Parameters
    ----------
    seed : int
    epochs, batch_size : int
    learning_rate : float
        Largest value: reached after 4 % of the steps, then a cosine down to a twentieth.
    """

    seed: int
    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True)
class Run:
    """Everything one pretraining run is made of.

    Parameters
    ----------
    settings : TextTraining
    training, held_out : sequence of str
        Documents to train on and to measure on.
    tokenizer : PreTrainedTokenizerFast
    make_model : callable
        ``make_model(tokenizer)``; called after the random generator has been seeded.
    encode : callable
        ``encode(tokenizer, texts) -> list of list of int``.
    loss : callable
        ``loss(model, ids, lengths)``: scalar tensor of a padded batch, what is minimised.
    measure : callable
        The same form: what is measured on held-out documents.
    """

    settings: TextTraining
    training: Sequence[str]
    held_out: Sequence[str]
    tokenizer: Any
    make_model: Callable[[Any], Any]
    encode: Callable[[Any, list[str]], list[list[int]]]
    loss: Callable[[Any, Any, Any], Any]
    measure: Callable[[Any, Any, Any], Any]


def train(run: Run) -> tuple[Any, TrainingRecord]:
    """Pretrain from random weights.

    Returns
    -------
    model : PreTrainedModel
        In evaluation mode.
    record : dict
        Seed, steps, tokens seen, losses in nats per token, minutes.
    """
    import torch

    torch.set_num_threads(1)
    settings = run.settings
    torch.manual_seed(settings.seed)
    started = time.perf_counter()
    model = run.make_model(run.tokenizer)
    ids = run.encode(run.tokenizer, list(run.training))
    steps = -(-len(ids) // settings.batch_size) * settings.epochs
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _shape(step / steps))
    losses: list[float] = []
    model.train()
    for batch, lengths in batches(ids, settings, run.tokenizer.pad_token_id):
        loss = run.loss(model, batch, lengths)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if len(losses) % 50 == 0:
            minutes = (time.perf_counter() - started) / 60
            log.info("step %d/%d %.1f min %.4f", len(losses), steps, minutes, np.mean(losses[-50:]))
    model.eval()
    return model, {
        "seed": settings.seed,
        "documents": len(run.training),
        "epochs": settings.epochs,
        "steps": steps,
        "tokens_seen": settings.epochs * sum(map(len, ids)),
        "final_train_loss": round(float(np.mean(losses[-100:])), 4),
        "held_out_loss": round(held_out_loss(run, model), 4),
        "held_out_documents": len(run.held_out),
        "held_out_seed": HELD_OUT_SEED,
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def held_out_loss(run: Run, model: Any) -> float:
    """Return the mean loss in nats over batches of the held-out documents."""
    import torch

    torch.manual_seed(HELD_OUT_SEED)
    ids = run.encode(run.tokenizer, list(run.held_out))
    once = replace(run.settings, epochs=1, seed=HELD_OUT_SEED)
    with torch.no_grad():
        losses = [
            run.measure(model, batch, lengths).item()
            for batch, lengths in batches(ids, once, run.tokenizer.pad_token_id)
        ]
    return float(np.mean(losses))


def batches(ids: list[list[int]], settings: TextTraining, pad: int) -> Iterator[tuple[Any, Any]]:
    """Yield padded batches of documents of similar length, in a new order every epoch.

    Parameters
    ----------
    ids : list of list of int
        Tokens of each document.
    settings : TextTraining
    pad : int
        Token to pad with, on the right.

    Yields
    ------
    LongTensor, shape (n_documents, longest)
    LongTensor, shape (n_documents,)
        Lengths before padding.
    """
    import torch

    rng = np.random.default_rng([settings.seed, 2])
    size = settings.batch_size
    for _ in range(settings.epochs):
        order = rng.permutation(len(ids))
        chunks = []
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL], key=lambda i: len(ids[i]))
            chunks += [pool[at : at + size] for at in range(0, len(pool), size)]
        for position in rng.permutation(len(chunks)):
            members = [torch.tensor(ids[i]) for i in chunks[position]]
            lengths = torch.tensor([len(member) for member in members])
            yield torch.nn.utils.rnn.pad_sequence(members, True, pad), lengths


def save(target: Path, model: Any, tokenizer: Any, record: TrainingRecord) -> None:
    """Write weights, configuration, tokenizer and ``training.json`` to a directory."""
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    (target / "training.json").write_text(json.dumps(record, indent=2) + "\n")


def _shape(done: float) -> float:
    """Return the learning rate relative to its largest value, from the share of steps done."""
    if done < 0.04:
        return (done + 0.001) / 0.041
    return 0.05 + 0.95 * (1 + float(np.cos(np.pi * min(done, 1.0)))) / 2
