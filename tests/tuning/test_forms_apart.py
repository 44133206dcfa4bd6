"""A form of task is named in its own files, in registries of forms, and by tasks: nowhere else."""

import ast
from pathlib import Path

import numpy as np
import pytest

from pipeline.data import TASKS
from pipeline.data.forms.stimuli import RespondedStimuli
from pipeline.data.regimes import regime_task
from pipeline.data.task import TaskData
from pipeline.models.travelling.forms import FORMS as TRAVELLING
from pipeline.tuning.forms import FORMS
from pipeline.words import ON_STIMULI

PRODUCT = Path(__file__).parents[2]
NAMES = {name for _, name in FORMS}
CLASSES = {form.examples.__name__ for form in FORMS.values()}
OWN_ROOMS = ("pipeline/data/", "pipeline/tuning/forms/", "pipeline/models/travelling/forms/")


def forms_named_in(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return texts & NAMES | {node.id for node in nodes if isinstance(node, ast.Name)} & CLASSES


@pytest.mark.parametrize("room", ["pipeline", "entrypoints"])
def test_no_other_file_names_a_form_or_its_examples(room):
    for path in sorted((PRODUCT / room).rglob("*.py")):
        if not path.relative_to(PRODUCT).as_posix().startswith(OWN_ROOMS):
            assert not forms_named_in(path), path


def forms_of_regimes():
    data = TaskData(*[RespondedStimuli((), np.empty((0, 0), np.float32))] * 3, "none")
    return {
        (modality, regime_task(modality, regime, data).form)
        for modality in ("text", "image")
        for regime in ON_STIMULI
    }


def test_every_text_form_travels_and_every_task_or_regime_is_of_a_form():
    assert {name for modality, name in FORMS if modality == "text"} == set(TRAVELLING)
    of_tasks = {(task.modality, task.form) for task in TASKS.values()}
    assert of_tasks | forms_of_regimes() == set(FORMS)


def test_a_form_needs_a_head_in_tuning_as_where_it_travels():
    for (modality, name), form in FORMS.items():
        if modality == "text":
            assert form.own_head == TRAVELLING[name].own_head
