"""Checkpoints of a training that may be killed: which one is whole, and what it still lacks."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

STATE = "trainer_state.json"  # as named by transformers
WEIGHTS = "model.safetensors"
DIGESTS = "digests.json"  # ours, written last
log = logging.getLogger("pipeline")


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
    """Find the newest checkpoint that is as it was written, and whose best one is, if any is."""
    whole: dict[int, Checkpoint] = {}
    for step, path in sorted(_checkpoints(folder).items()):
        checkpoint = _read(path)
        if checkpoint is not None:
            whole[step] = checkpoint
    usable = [checkpoint for checkpoint in whole.values() if checkpoint.best_step in whole]
    return usable[-1] if usable else None


def seal_checkpoint(folder: Path, step: int, best_step: int) -> None:
    """Write the digests of a new checkpoint, and remove all others but the best one.

    Parameters
    ----------
    folder : Path
        Of all checkpoints.
    step : int
        Of the new one.
    best_step : int
        Where the validation loss was lowest so far.
    """
    checkpoints = _checkpoints(folder)
    text = json.dumps(_digests(checkpoints[step]), indent=1)
    (checkpoints[step] / DIGESTS).write_text(text, encoding="utf-8")
    for other in checkpoints.keys() - {step, best_step}:
        shutil.rmtree(checkpoints[other])


def _checkpoints(folder: Path) -> dict[int, Path]:
    return {int(path.name.rpartition("-")[2]): path for path in folder.glob("checkpoint-*")}


def _digests(folder: Path) -> dict[str, str]:
    """Digest the files of a checkpoint, but for the digests themselves."""
    return {path.name: _digest(path) for path in sorted(folder.iterdir()) if path.name != DIGESTS}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(folder: Path) -> Checkpoint | None:
    """Read a checkpoint; None for one that is no longer, or never was, as it was to be."""
    try:
        digests = json.loads((folder / DIGESTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None  # killed while it was being written
    except (OSError, ValueError):
        digests = None
    if digests != _digests(folder):
        log.warning("  %s is damaged: the training does not go on from it", folder)
        return None
    state = json.loads((folder / STATE).read_text(encoding="utf-8"))
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
