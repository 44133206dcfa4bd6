"""Progress of a training: a bar in a terminal, in a file a line a validation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Progress = Callable[[int, Mapping[str, float]], None]
log = logging.getLogger("pipeline")
_NAMES = {"loss": "loss/train", "eval_loss": "loss/validation"}


@cache
def bar_class() -> Any:
    """Make the callback of Trainer; not earlier, because importing transformers takes long."""
    from tqdm import tqdm
    from transformers import ProgressCallback

    class Bar(ProgressCallback):  # type: ignore[misc]
        """Reports losses through ``progress``, shows them beside one bar, ends at the last step."""

        def __init__(self, progress: Progress, last_step: int) -> None:
            super().__init__()
            self.progress = progress
            self.last_step = last_step

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.current_step = 0
            if state.is_world_process_zero:
                # None: not where there is no terminal, which would keep every state of the bar
                self.training_bar = tqdm(total=self.last_step, dynamic_ncols=True, disable=None)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
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
            super().on_step_end(args, state, control)
            if state.global_step >= self.last_step:
                control.should_evaluate = control.should_training_stop = True

        def close(self) -> None:
            """End the line of the bar, whatever ended the training."""
            if self.training_bar is not None:
                self.training_bar.close()

    return Bar
