"""Checkpoints of a training that may be killed: which one is whole, and what it still lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

STATE = "trainer_state.json"  # as named by transformers, which writes it last
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint of a training.

    Parameters
    ----------
    folder : Path
    step : int
    stopped : bool
        Whether training was over by then, at its last step or at an early stop.
    best_loss : float
        Lowest validation loss so far.
    best_step : int
        Where it was seen; the checkpoint of that step is kept beside the last one.
    validations : tuple of (int, float)
        Steps and losses of all validations so far.
    """

    folder: Path
    step: int
    stopped: bool
    best_loss: float
    best_step: int
    validations: tuple[tuple[int, float], ...]

    def best_weights(self) -> dict[str, torch.Tensor]:
        """Read what was trained, as it was when the validation loss was lowest."""
        from safetensors.torch import load_file

        best = self.folder.with_name(f"checkpoint-{self.best_step}")
        weights: dict[str, torch.Tensor] = load_file(best / WEIGHTS)
        return weights


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """Find the newest checkpoint that was written to its end, if there is one."""
    steps = {int(path.name.rpartition("-")[2]): path for path in folder.glob("checkpoint-*")}
    checkpoints = (_read(steps[step]) for step in sorted(steps, reverse=True))
    return next((checkpoint for checkpoint in checkpoints if checkpoint), None)


def _read(folder: Path) -> Checkpoint | None:
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # killed while it was being written
    control = state["stateful_callbacks"]["TrainerControl"]["args"]
    return Checkpoint(
        folder=folder,
        step=state["global_step"],
        stopped=control["should_training_stop"],
        best_loss=state["best_metric"],
        best_step=state["best_global_step"],
        validations=validations_in(state["log_history"]),
    )


def validations_in(history: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, float], ...]:
    """Pick steps and losses of the validations out of Trainer's history."""
    return tuple(
        (int(entry["step"]), float(entry["eval_loss"])) for entry in history if "eval_loss" in entry
    )
