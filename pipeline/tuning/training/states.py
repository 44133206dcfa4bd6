"""States of a training on its way, at steps that grow by a constant factor."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Read what was trained, as an :class:`pipeline.tuning.training.objective.Objective` takes."""
    from safetensors.torch import load_file

    state: dict[str, torch.Tensor] = load_file(path)
    return state


@cache
def keeping_class() -> Any:
    """Make the callback that keeps states; not earlier: importing transformers takes long."""
    from safetensors.torch import save_file
    from transformers import TrainerCallback

    class Keeping(TrainerCallback):  # type: ignore[misc]
        """Writes what trains after each of some steps, whole or not at all."""

        def __init__(
            self, objective: torch.nn.Module, folder: Path, steps: tuple[int, ...]
        ) -> None:
            self.objective, self.folder, self.steps = objective, folder, steps

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step in self.steps and state.is_world_process_zero:
                self.folder.mkdir(parents=True, exist_ok=True)
                part = self.folder / f"{state.global_step}.part"
                save_file(self.objective.state_dict(), part)
                part.replace(part.with_suffix(".safetensors"))

    return Keeping
