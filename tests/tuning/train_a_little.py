"""Trains tiny-gpt2 for a few steps: ``train_a_little.py folder step-at-which-to-die``."""

import os
import signal
import sys
from pathlib import Path

import torch
from few_examples import few_examples
from safetensors.torch import save_file

from pipeline.config import TuneConfig
from pipeline.data import TASKS
from pipeline.models.bases import BASES
from pipeline.tuning.methods import METHODS
from pipeline.tuning.search.choices import Choice
from pipeline.tuning.session import Session

folder, die_at = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
config = TuneConfig(task="summarization", method="full", batch_size=4, eval_every=2, max_steps=8)
task, base = TASKS[config.task], BASES[config.base]
data = task.load(few_examples(32, 8, 0))


def progress(step, losses):
    if step == die_at and "loss/train" in losses:
        os.kill(os.getpid(), signal.SIGKILL)


session = Session(config, base, base.folder(), task, data, METHODS[config.method])
model, _ = session.run(Choice(1e-3, 0), progress, folder / "checkpoints")
save_file(dict(model.network.named_parameters()), folder / "result.safetensors")
