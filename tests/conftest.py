"""What all tests share: offline, and the tiny bases of the repository."""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import pytest

import pipeline  # noqa: F401  (lets torchvision import beside a CPU build of torch)
from pipeline.data import TASKS
from pipeline.data.task import TaskRequest
from pipeline.models.bases import PRETRAINED
from pipeline.models.travelling.card import Card, weights_digest
from pipeline.tuning.method import USUAL, Start
from pipeline.tuning.methods import METHODS

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository():
    return REPOSITORY


@pytest.fixture(scope="session")
def start_of():
    """Make what a method adapts, for one of the embedded bases and a little of a task."""

    def make(base, task, method, prompt_length=0, max_train=64, max_eval=16):
        found = TASKS[task]
        data = found.load(TaskRequest(max_train, max_eval, seed=0))
        folder = PRETRAINED / base
        card = Card(
            base=base,
            base_digest=weights_digest(folder),
            modality=found.modality,
            task=task,
            method=method,
            storage=METHODS[method].storage[found.modality],
            form=found.form,
            insertion=METHODS[method].insertion,
            prompt_length=prompt_length,
            cue=found.cue,
            max_target_tokens=found.max_target_tokens,
            classes=found.classes,
        )
        return Start(folder, card, data.train, USUAL), data

    return make


@pytest.fixture(scope="session")
def adapted(start_of):
    """Adapt an embedded base with a method, untrained."""

    def make(base, task, method, prompt_length=0):
        start, _ = start_of(base, task, method, prompt_length)
        return METHODS[method].adapt(start)

    return make
