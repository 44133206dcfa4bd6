"""The training loop beside transformers' Trainer.

Command: ``python -m benchmarks.tune [--small] [--steps n]``

Both train a network of GPT-2's size (random weights, 124 million parameters) on articles of 64 to
512 tokens with targets of 32, by ``full`` and by ``prompt`` (PEFT prompt tuning): every
example once, the same number of steps and examples a step, optimizer (AdamW), precision
(float32 on a CPU, bfloat16 on a GPU) and dropout, one validation at the end, no checkpoints. Each
runs in a process of its own, whose peak memory is that of the whole process, or what it held of
the GPU's.

"Default" is what the installed transformers does when nothing is asked of it: batches drawn in
random order, padded to the longest text of the batch, in one piece, logits at every position. Ours
is the loop with its default settings. The loss of one batch is compared before training, without
dropout. Ends with what a prompt takes of the time and memory of full fine-tuning, on either side,
and with the worse of the two methods. The published ratios of PEFT are .67 in time and .63 in
memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.tune_side import Job

METHODS = ("full", "prompt")
SIDES = ("default", "ours")
SIZES: dict[str, dict[str, Any]] = {
    "gpt2": {"network": {}, "steps": 8, "batch_size": 8},
    "small": {
        "network": {"n_layer": 2, "n_embd": 256, "n_head": 4},
        "steps": 4,
        "batch_size": 8,
    },
}


def main() -> None:
    """Measure both sides with both methods, and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tune", description=__doc__)
    parser.add_argument("--small", action="store_true", help="a network of 2 layers, in a minute")
    parser.add_argument("--steps", type=int, help="optimiser steps of each side")
    options = parser.parse_args()
    size = dict(SIZES["small" if options.small else "gpt2"])
    size["steps"] = options.steps or size["steps"]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        make_base(Path(name), size.pop("network"))
        rows = {method: compare(Job(name, method, **size)) for method in METHODS}
    print(f"{'method':8} {'side':8} {'examples/s':>10} {'CPU s':>8} {'peak GB':>8} {'loss':>10}")
    n_examples = size["steps"] * size["batch_size"]
    for method, sides in rows.items():
        for side, figures in sides.items():
            print(
                f"{method:8} {side:8} {n_examples / figures['seconds']:10.3f} "
                f"{figures['cpu_seconds']:8.1f} {figures['peak_bytes'] / 1e9:8.2f} "
                f"{figures['loss']:10.6f}"
            )
    for side in SIDES:
        print(prompt_to_full(side, rows))
    print(summary(list(rows.values())))


def make_base(folder: Path, sizes: Mapping[str, int], tokenizer_folder: Path | None = None) -> None:
    """Lay down a network of GPT-2's size with random weights, and a tokenizer: tiny-gpt2's."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    from pipeline.models.bases import PRETRAINED

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(**sizes)).save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder or PRETRAINED / "tiny-gpt2")
    tokenizer.model_max_length = 1024  # as GPT-2's own
    tokenizer.save_pretrained(folder)


def compare(job: Job) -> dict[str, Mapping[str, float]]:
    """Run both sides of a method, one after the other."""
    return {side: run_side(side, job) for side in SIDES}


def run_side(side: str, job: Job) -> Mapping[str, float]:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.tune_side", side, json.dumps(asdict(job))]
    done = subprocess.run(command, env=os.environ, stdout=subprocess.PIPE, text=True, check=True)
    figures: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def prompt_to_full(side: str, rows: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Give what a prompt takes of the time and memory of full fine-tuning."""
    prompt, full = rows["prompt"][side], rows["full"][side]
    time = prompt["seconds"] / full["seconds"]
    memory = prompt["peak_bytes"] / full["peak_bytes"]
    return f"prompt_of_full side={side} time_ratio={time:.2f} memory_ratio={memory:.2f}"


def summary(rows: list[dict[str, Mapping[str, float]]]) -> str:
    """Give the worse of the two methods in each respect."""
    speedup = min(row["default"]["seconds"] / row["ours"]["seconds"] for row in rows)
    memory = max(row["ours"]["peak_bytes"] / row["default"]["peak_bytes"] for row in rows)
    difference = max(abs(row["default"]["loss"] - row["ours"]["loss"]) for row in rows)
    return f"speedup={speedup:.2f} memory_ratio={memory:.2f} max_loss_diff={difference:.1e}"


if __name__ == "__main__":
    main()
