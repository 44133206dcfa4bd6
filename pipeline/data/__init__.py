"""TASKS: the labelled tasks that bases are tuned on."""

from __future__ import annotations

from pipeline.data.simulated_text import SIMULATED_TEXT_TASKS
from pipeline.data.task import Task
from pipeline.data.vision import VISION_TASKS

TASKS: dict[str, Task] = {task.name: task for task in (*SIMULATED_TEXT_TASKS, *VISION_TASKS)}

__all__ = ["TASKS"]
