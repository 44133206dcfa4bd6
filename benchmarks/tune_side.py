"""One side of benchmarks/tune.py in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.config import MethodConfig, TuneConfig
from pipeline.data.forms.generation import TextPairs
from pipeline.models.travelling.card import Card
from pipeline.models.travelling.insertions.prompt import reader_of
from pipeline.models.travelling.text import TextModel
from pipeline.tuning.forms import form_of
from pipeline.tuning.forms.form import IGNORED
from pipeline.tuning.forms.prepare import n_supervised, prepare
from pipeline.tuning.methods import METHODS
from pipeline.tuning.recipe import Recipe
from pipeline.tuning.start import Start
from pipeline.tuning.training.batches import Parts, in_order_of_length
from pipeline.tuning.training.loop import train
from pipeline.tuning.training.schedule import Schedule

RATE = 1e-4
WORDS = (" the", " baker", " kneads", " a", " in", " on", " .")  # a token each


@dataclass(frozen=True)
class Job:
    """What both sides do.

    Parameters
    ----------
    folder : str
        Config, weights and tokenizer of the network.
    method : 'full' or 'prompt'
    steps, batch_size : int
        Optimiser steps, and examples in each.
    shortest, longest, target : int
        Range of the tokens of an article, and the tokens of a target.
    prompt_length : int
    """

    folder: str
    method: str
    steps: int
    batch_size: int
    shortest: int = 64
    longest: int = 512
    target: int = 32
    prompt_length: int = 20

    @property
    def n_examples(self) -> int:
        """Articles to train on: each side passes over all of them once, in an order of its own."""
        return self.steps * self.batch_size

    def articles(self, seed: int, number: int) -> TextPairs:
        """Draw articles of uniformly distributed length, and targets of one length."""
        rng = np.random.default_rng(seed)
        words = np.array(WORDS)

        def text(n_words: int) -> str:
            return "".join(rng.choice(words, n_words))

        lengths = rng.integers(self.shortest, self.longest, number, endpoint=True)
        sources = tuple(text(int(length)) for length in lengths)
        # the space before the target is the loop's, and so is the end of text after it
        return TextPairs(sources, tuple(text(self.target - 1).strip() for _ in lengths))

    def model(self) -> TextModel:
        """Adapt the network with the method; the same weights in every process."""
        torch.manual_seed(0)
        method = METHODS[self.method]
        card = Card(
            base="gpt2-size",
            base_digest="",
            modality="text",
            task="articles",
            method=self.method,
            storage=method.storage["text"],
            form="generation",
            insertion=method.insertion,
            prompt_length=self.prompt_length if method.has_prompt else 0,
        )
        settings = MethodConfig.model_validate({})
        start = Start(Path(self.folder), card, self.articles(0, 1), settings)
        model = method.adapt(start)
        if not isinstance(model, TextModel):
            raise TypeError("a text method adapts a text model")
        return model


def default_network(job: Job, ours: TextModel) -> Any:
    """Load the network as the documentation of transformers and PEFT does.

    A prompt starts where ours does, so that both sides compute the same loss.
    """
    from peft import PromptTuningConfig, PromptTuningInit, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_pretrained(job.folder)
    if job.method == "full":
        return network
    config = PromptTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=job.prompt_length,
        prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB,
    )
    prompted = get_peft_model(network, config)
    with torch.no_grad():
        start = reader_of(ours.network).prompt
        prompted.prompt_encoder["default"].embedding.weight.copy_(start)
    return prompted


def run_default(job: Job) -> tuple[Callable[[], None], Callable[[], float]]:
    """Train with transformers' Trainer as it comes: random batches, padded to the longest.

    Logits at every position; the loss sees the target tokens only, as on the other side.
    """
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    model = job.model()  # for its tokenizer, and the tokens that it makes of the articles
    items = prepare(model, job.articles(1, job.n_examples))[0].items
    validation = prepare(model, job.articles(2, job.batch_size))[0].items
    tokenizer = model.tokenizer
    network = default_network(job, model)
    del model
    collate = DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED)

    def as_lists(pairs: Any) -> list[dict[str, list[int]]]:
        return [{name: value.tolist() for name, value in item.items()} for item in pairs]

    def loss() -> float:
        batch = collate(as_lists(validation))
        with torch.no_grad():
            return float(network.eval()(**batch).loss)

    def work() -> None:
        arguments = TrainingArguments(
            output_dir="unused",
            per_device_train_batch_size=job.batch_size,
            per_device_eval_batch_size=job.batch_size,
            max_steps=job.steps,
            learning_rate=RATE,
            seed=0,
            eval_strategy="steps",
            eval_steps=job.steps,
            prediction_loss_only=True,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            bf16=torch.cuda.is_available(),  # as the other side does by itself
        )
        Trainer(
            model=network,
            args=arguments,
            train_dataset=as_lists(items),
            eval_dataset=as_lists(validation),
            data_collator=collate,
        ).train()

    return work, loss


def run_ours(job: Job) -> tuple[Callable[[], None], Callable[[], float]]:
    """Train with the loop of this project, at its default settings."""
    model = job.model()
    training, validation = job.articles(1, job.n_examples), job.articles(2, job.batch_size)
    settings = TuneConfig.model_validate(
        {
            "task": "articles",
            "method": job.method,
            "max_steps": job.steps,
            "eval_every": job.steps,
            "batch_size": job.batch_size,
        }
    )
    schedule = Schedule(
        Recipe(RATE, RATE, RATE, warmup=0, schedule="linear"), RATE, job.steps, settings
    )

    def loss() -> float:
        items, collate = prepare(model, validation)
        parts = Parts(collate, schedule.tokens_at_once)(in_order_of_length(items))
        with torch.no_grad():
            total = sum(
                float(form_of(model.card).loss(model.network, part)) * n_supervised(part)
                for part in parts
            )
        return total / sum(map(n_supervised, parts))

    def work() -> None:
        train(model, training, validation, schedule, lambda _step, _losses: None)

    return work, loss


SIDES = {"default": run_default, "ours": run_ours}


def measure(side: str, job: Job) -> Mapping[str, float]:
    """Prepare one side, compute the loss of one batch, train, and say what it took."""
    work, loss = SIDES[side](job)
    first = loss()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if torch.cuda.is_available():
        peak = torch.cuda.max_memory_allocated()
    articles = job.articles(1, job.n_examples)
    tokens = sum(len(text.split()) + job.target for text in articles.sources)
    return {
        "loss": first,
        "seconds": wall,
        "cpu_seconds": cpu,
        "peak_bytes": peak,
        "tokens": tokens,
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Job(**json.loads(sys.argv[2])))))
