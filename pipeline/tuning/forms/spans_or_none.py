"""Finding the answer to a question within a text, or that there is none (SQuAD 2.0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.data.forms.spans import TextSpans
from pipeline.tuning.forms.form import Scoring, TaskScores
from pipeline.tuning.forms.spans import SPANS, window_items
from pipeline.tuning.scores.answers import answer_or_none_scores

if TYPE_CHECKING:
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item


def _items(model: TextModel, examples: TextSpans) -> list[Item]:
    """Teach windows that hold no answer to point at the token that stands for none."""
    from pipeline.models.travelling.forms.spans_or_none import null_place

    return window_items(model, examples, lambda encoded: null_place(model.kind, encoded))


def _scores(answers: Sequence[str], examples: TextSpans, _: Scoring) -> TaskScores:
    return answer_or_none_scores(answers, examples.answers)


SPANS_OR_NONE = replace(SPANS, name="spans-or-none", items=_items, scores=_scores)
