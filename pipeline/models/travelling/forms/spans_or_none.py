"""Finding the answer to a question within a text, or that there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..architecture import Kind
from ..framing import Encoded, Text
from .spans import SPANS, best_span, spread_windows

if TYPE_CHECKING:
    from ..text import TextModel


def null_place(kind: Kind, encoded: Encoded) -> int:
    """Find the token that both start and end point at where a text holds no answer.

    The first token, as for BERT; of a decoder the last one, the only one that has seen the text.
    """
    return len(encoded["input_ids"]) - 1 if kind == "decoder" else 0


def _find_or_none(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    """Answer each question by the best stretch of its text, or by nothing.

    By nothing, where the stretch scores no more than the null of the window that is least sure of
    it (Devlin et al. 2019, §4.3, with a threshold of 0).
    """
    answers = []
    for context, windows in spread_windows(model, items, batch_size):
        score, start, end = max(best_span(logits, window) for window, logits in windows)
        null = min(
            float(logits[null_place(model.kind, window.encoded)].sum())
            for window, logits in windows
        )
        answers.append(context[start:end].strip() if score > null else "")
    return answers


SPANS_OR_NONE = replace(SPANS, perform=_find_or_none)
