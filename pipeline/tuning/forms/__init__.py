"""FORMS: forms of task, each a file with its items, its loss, its questions and its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.tuning.forms.brain import BRAIN_PICTURES, BRAIN_TEXT
from pipeline.tuning.forms.classification import CLASSIFICATION
from pipeline.tuning.forms.cloze import CLOZE
from pipeline.tuning.forms.form import Form
from pipeline.tuning.forms.generation import GENERATION
from pipeline.tuning.forms.joint import JOINT_PICTURES, JOINT_TEXT
from pipeline.tuning.forms.pictures import PICTURES
from pipeline.tuning.forms.spans import SPANS
from pipeline.tuning.forms.spans_or_none import SPANS_OR_NONE
from pipeline.tuning.forms.stimulus import STIMULUS_PICTURES, STIMULUS_TEXT
from pipeline.tuning.forms.tagging import TAGGING
from pipeline.words import Modality

if TYPE_CHECKING:
    from pipeline.models.travelling.card import Card

FORMS: dict[tuple[Modality, str], Form[Any]] = {
    (form.modality, form.name): form
    for form in (
        *(GENERATION, CLASSIFICATION, CLOZE, TAGGING, SPANS, SPANS_OR_NONE, PICTURES),
        *(STIMULUS_TEXT, STIMULUS_PICTURES, BRAIN_TEXT, BRAIN_PICTURES, JOINT_TEXT, JOINT_PICTURES),
    )
}


def form_of(card: Card) -> Form[Any]:
    """Give the form of the task that a tuned model is for."""
    return FORMS[card.modality, card.form]
