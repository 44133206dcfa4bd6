"""Callbacks of Trainer: a bar, or a line a validation; seals of checkpoints; states on the way."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tqdm import tqdm
from transformers import ProgressCallback, TrainerCallback

from pipeline.tuning.recorder import Progress
from pipeline.tuning.training.checkpoints import seal_checkpoint

log = logging.getLogger("pipeline")
_NAMES = {"loss": "loss/train", "eval_loss": "loss/validation"}


class Bar(ProgressCallback):  # type: ignore[misc]
    """Reports losses through ``progress``, shows them beside one bar, ends at the last step."""

    def __init__(self, progress: Progress, last_step: int) -> None:
        super().__init__()
        self.progress = progress
        self.last_step = last_step

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Open the bar."""
        self.current_step = 0
        if state.is_world_process_zero:
            # None: not where there is no terminal, which would keep every state of the bar
            self.training_bar = tqdm(total=self.last_step, dynamic_ncols=True, disable=None)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Report losses, and show them beside the bar or in a line."""
        losses = {_NAMES[key]: float(logs[key]) for key in _NAMES if key in (logs or {})}
        if not losses:
            return
        self.progress(state.global_step, losses)
        if self.training_bar is None:  # the first process draws it
            return
        if not self.training_bar.disable:
            self.training_bar.set_postfix(losses, refresh=False)
        elif "loss/validation" in losses:
            step, loss = state.global_step, losses["loss/validation"]
            log.info("  step %d of %d: validation loss %.4g", step, self.last_step, loss)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End at the last step, after a validation."""
        super().on_step_end(args, state, control)
        if state.global_step >= self.last_step:
            control.should_evaluate = control.should_training_stop = True

    def close(self) -> None:
        """End the line of the bar, whatever ended the training."""
        if self.training_bar is not None:
            self.training_bar.close()


class CheckpointSealer(TrainerCallback):  # type: ignore[misc]
    """Seals each checkpoint once all processes have written their parts of it."""

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Wait for the other processes, and seal."""
        if torch.distributed.is_initialized():
            torch.distributed.barrier()
        if state.is_world_process_zero:
            seal_checkpoint(Path(args.output_dir), state.global_step, state.best_global_step)


class StateKeeper(TrainerCallback):  # type: ignore[misc]
    """Writes what trains after each of some steps, whole or not at all."""

    def __init__(self, objective: torch.nn.Module, folder: Path, steps: tuple[int, ...]) -> None:
        self.objective, self.folder, self.steps = objective, folder, steps

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Write the state after some steps."""
        if state.global_step in self.steps and state.is_world_process_zero:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / f"{state.global_step}.part"
            save_file(self.objective.state_dict(), part)
            part.replace(part.with_suffix(".safetensors"))
