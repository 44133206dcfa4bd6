"""States of a training on its way, at steps that grow by a constant factor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def log_spaced(count: int, last: int) -> tuple[int, ...]:
    """Give steps from the first to the last one, each about the same factor after the one before.

    Parameters
    ----------
    count : int
        Steps asked for; 0: none. Where several would fall on one step there are fewer.
    last : int
        Last step of the training.
    """
    steps = np.geomspace(last, 1, count).round().astype(int)
    return tuple(sorted(set(steps.tolist())))


def states_in(folder: Path) -> dict[int, Path]:
    """Find the states that a training has left, by step."""
    files = {int(path.stem): path for path in folder.glob("*.safetensors")}
    return dict(sorted(files.items()))


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """Read what was trained, as an :class:`pipeline.tuning.training.batch_loss.BatchLoss` takes."""
    from safetensors.torch import load_file

    state: dict[str, torch.Tensor] = load_file(path)
    return state
