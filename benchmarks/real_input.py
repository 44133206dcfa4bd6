"""Real pretrained models tuned on real text: what each method reaches, and what it costs.

    python -m benchmarks.real_input --text FOLDER --decoder FOLDER --encoder FOLDER --steps 300

The decoder (a directory of a causal language model) is tuned on translation (Multi30k, English to
German), question answering (XQuAD, English), dialogue summaries (DialogSum) and code translation
(CodeXGLUE, Java to C#); the encoder on pairs of sentences (MRPC, RTE) and, where a summary is
scored, it is the model behind BERTScore. Either may be left out; without the encoder nothing is
scored by BERTScore. Everything goes through the stage ``tune`` into a store in the current folder,
so that a row that is there already is not computed again. Every method of a task gets the same
steps, batches and examples.

``FOLDER`` of ``--text`` holds multi30k/task1_raw, xquad, dialogsum, codexglue/code-to-code-trans
and glue as their authors publish them. A row ends with the seconds of its tuning, in which the
untuned base is scored too, and the most memory the process has held.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import torch

from entrypoints.command_line import run_command
from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.tracking.stages.tune.interpolate import run_method
from pipeline.tracking.store import open_store

DECODER_METHODS = ("base", "prompt", "lora", "full")
ENCODER_METHODS = ("base", "probe", "bitfit", "lora", "prefix", "full")
DECODER_TASKS: dict[str, dict[str, Any]] = {
    "multi30k": {"data_dir": "multi30k/task1_raw", "languages": "en-de"},
    "squad": {"data_dir": "xquad", "splits": "xquad.en,xquad.en,xquad.en"},
    "dialogsum": {"data_dir": "dialogsum", "splits": "dev,dev,test"},
    "code-translation": {"data_dir": "codexglue/code-to-code-trans"},
}
ENCODER_TASKS: dict[str, dict[str, Any]] = {
    "mrpc": {"data_dir": "glue/MRPC"},
    "rte": {"data_dir": "glue/RTE"},
}
COLUMNS = (
    "base",
    "task",
    "method",
    "score",
    "value ± 1.96 standard errors",
    "untuned base",
    "beats_base",
    "stopped",
    "trainable",
    "stored, kB",
    "seconds",
    "GB",
)


@dataclass(frozen=True)
class Job:
    """One tuning: its settings, and the name that its row bears."""

    base: str
    settings: dict[str, Any]


def main(arguments: Sequence[str]) -> None:
    """Tune everything asked for, and print one row of a table after each tuning."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_input")
    parser.add_argument("--text", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--decoder", type=Path, help="directory of a causal language model")
    parser.add_argument("--encoder", type=Path, help="directory of a BERT-type encoder")
    parser.add_argument("--steps", type=int, default=300, help="optimiser steps of every training")
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--max_train", type=int, default=4000)
    parser.add_argument("--max_eval", type=int, default=200)
    parser.add_argument("--tasks", default="", help="some of the tasks, separated by commas")
    parser.add_argument("--methods", default="", help="some of the methods, separated by commas")
    options = parser.parse_args(arguments)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"{device}; {options.steps} steps of {options.batch_size}\n")
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + " --- |" * len(COLUMNS), flush=True)
    open_store()
    for job in jobs(options):
        print("| " + " | ".join(row(job)) + " |", flush=True)


def jobs(options: argparse.Namespace) -> Iterator[Job]:
    """Go through bases, tasks and methods."""
    shared = {name: getattr(options, name) for name in ("batch_size", "max_train", "max_eval")} | {
        "max_steps": options.steps,
        "eval_every": max(options.steps // 10, 1),
    }
    some_tasks, some_methods = (
        set(filter(None, listed.split(","))) for listed in (options.tasks, options.methods)
    )
    for base, tasks, methods in (
        (options.decoder, DECODER_TASKS, DECODER_METHODS),
        (options.encoder, ENCODER_TASKS, ENCODER_METHODS),
    ):
        for task, where in tasks.items() if base else ():
            if some_tasks and task not in some_tasks:
                continue
            settings = {**shared, **where, "data_dir": str(options.text / where["data_dir"])}
            if base == options.decoder:
                settings["bertscore_model"] = str(options.encoder or "none")
            for method in methods:
                if some_methods and method not in some_methods:
                    continue
                named = {"base": str(base), "task": task, "method": method}
                yield Job(base.name, {**settings, **named})


def row(job: Job) -> tuple[str, ...]:
    """Tune once, and tell what came of it."""
    reset_peak()
    started = time.perf_counter()
    registered = run_method(TuneConfig.model_validate(job.settings))
    seconds = time.perf_counter() - started
    run = mlflow.get_run(registered.run_id)
    metrics, tags = run.data.metrics, run.data.tags
    score = TASKS[job.settings["task"]].scores[0]
    return (
        job.base,
        job.settings["task"],
        job.settings["method"],
        score,
        f"{metrics[f'task/{score}']:.3f} ± {1.96 * metrics[f'task/{score}_error']:.3f}",
        f"{metrics[f'base/{score}']:.3f}",
        tags.get("beats_base", ""),
        tags.get("stopped", ""),
        f"{metrics['size/trainable_parameters']:,.0f}",
        f"{metrics['size/bytes_stored'] / 1e3:,.0f}",
        f"{seconds:.0f}",
        f"{peak_bytes() / 1e9:.1f}",
    )


def reset_peak() -> None:
    """Forget the device's largest use of memory so far."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_bytes() -> float:
    """Most memory held: of the device where there is one, of the process otherwise."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


if __name__ == "__main__":
    run_command(main)
