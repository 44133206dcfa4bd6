"""Every form of task is scored by its own scores, from what its model is given and gives back."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.data import TASKS
from pipeline.data.forms.classification import LabelledTexts
from pipeline.data.forms.generation import TextPairs
from pipeline.data.forms.spans import TextSpans
from pipeline.data.forms.tagging import TaggedTexts
from pipeline.errors import TuningError
from pipeline.tuning.scores.bertscore import Scorer
from pipeline.tuning.scoring import score

SCORER = Scorer("tiny-bert", 3)
CASES = {
    "xsum": (TextPairs(("long",), ("short",)), ["long"], ["short"]),
    "dialogsum": (TextPairs(("talk",), ("a b",), (("c d",),)), ["talk"], ["c d"]),
    "wmt16": (TextPairs(("one two",), ("a b c d",)), ["one two"], ["a b c d"]),
    "squad": (TextPairs(("Who?",), ("a baker",), (("the sailor",),)), ["Who?"], ["the sailor"]),
    "squad-spans": (
        TextSpans(("Who?",), ("A baker.",), (("baker",),), np.array([2])),
        [("Who?", "A baker.")],
        ["baker"],
    ),
    "squad2-spans": (
        TextSpans(("Who?", "Why?"), ("A baker.",) * 2, (("baker",), ()), np.array([2, -1])),
        [("Who?", "A baker."), ("Why?", "A baker.")],
        ["baker", ""],
    ),
    "conll2003": (TaggedTexts((("EU", "x"),), (np.array([3, 0]),)), ["EU x"], ["B-ORG O"]),
    "cb": (LabelledTexts((("a", "b"),), np.array([2])), [("a", "b")], ["neutral"]),
    "defect-cloze": (
        LabelledTexts((("int f;",), ("g();",)), np.array([0, 1])),
        ["int f;", "g();"],
        ["clean", "defective"],
    ),
    "mrpc": (LabelledTexts((("a", "b"),), np.array([1])), [("a", "b")], ["equivalent"]),
}


def model_of(task, answers):
    """Stand in for a tuned model of a task: it gives these answers and notes what it was given."""
    inputs = []

    def perform(items):
        inputs.extend(items)
        return answers

    card = SimpleNamespace(task=task.name, modality=task.modality, form=task.form)
    card.classes = task.classes
    return SimpleNamespace(card=card, perform=perform), inputs


@pytest.mark.parametrize("name", CASES)
def test_a_right_answer_has_every_score_of_its_task_at_1(name):
    examples, items, answers = CASES[name]
    model, inputs = model_of(TASKS[name], answers)
    scores = score(model, examples, SCORER)
    assert inputs == items
    assert tuple(scores) == TASKS[name].scores
    for value in scores.values():
        assert value.mean == pytest.approx(1, abs=1e-5)


def test_every_task_names_scores_of_its_form():
    known = {
        "generation": {"bertscore_f1", "bertscore_precision", "bertscore_recall", "rouge_l",
                       "bleu", "chrf", "exact_match", "f1"},
        "classification": {"accuracy", "f1", "macro_f1", "mcc"},
        "cloze": {"accuracy", "f1", "macro_f1", "mcc"},
        "tagging": {"entity_f1", "accuracy"},
        "spans": {"exact_match", "f1"},
        "spans-or-none": {"exact_match", "f1", "answerable"},
    }  # fmt: skip
    for task in TASKS.values():
        assert task.scores
        assert set(task.scores) <= known[task.form]
        assert "f1" not in task.scores or task.form != "classification" or len(task.classes) == 2


def test_examples_of_another_form_are_refused():
    model, _ = model_of(TASKS["cb"], ["neutral"])
    with pytest.raises(TuningError, match="task cb"):
        score(model, CASES["xsum"][0], SCORER)
