"""TASKS: the labelled tasks that bases are tuned on."""

from __future__ import annotations

from pipeline.data.code import CODE_TASKS
from pipeline.data.glue import GLUE_TASKS
from pipeline.data.images import IMAGE_TASKS
from pipeline.data.question_answering import QUESTION_ANSWERING_TASKS
from pipeline.data.simulated_text import SIMULATED_TEXT_TASKS
from pipeline.data.summarization import SUMMARIZATION_TASKS
from pipeline.data.tagging import TAGGING_TASKS
from pipeline.data.task import Task
from pipeline.data.translation import TRANSLATION_TASKS
from pipeline.data.vision import VISION_TASKS

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        *SIMULATED_TEXT_TASKS,
        *SUMMARIZATION_TASKS,
        *QUESTION_ANSWERING_TASKS,
        *TRANSLATION_TASKS,
        *GLUE_TASKS,
        *TAGGING_TASKS,
        *CODE_TASKS,
        *VISION_TASKS,
        *IMAGE_TASKS,
    )
}

__all__ = ["TASKS"]
