"""Finding the answer to a question within a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.data.forms.spans import TextSpans
from pipeline.tuning.forms.form import Form, Scoring, TaskScores
from pipeline.tuning.scores.answers import answer_scores

if TYPE_CHECKING:
    import torch

    from pipeline.models.travelling.framing import Encoded
    from pipeline.models.travelling.text import TextModel
    from pipeline.tuning.forms.items import Item


def window_items(
    model: TextModel, examples: TextSpans, null_place: Callable[[Encoded], int]
) -> list[Item]:
    """Encode questions and texts, one item a window; labels are the answer's first and last token.

    A window that does not hold the answer is taught to point at ``null_place(encoded)``.
    """
    import torch

    from pipeline.models.travelling.forms.spans import encode_windows
    from pipeline.tuning.forms.items import item_of

    texts = encode_windows(model.tokenizer, model.room, examples.questions, examples.contexts)
    items = []
    for windows, answers, start in zip(texts, examples.answers, examples.starts, strict=True):
        for window in windows:
            place = window.locate(int(start), int(start) + len(answers[0])) if answers else None
            labels = place or (null_place(window.encoded),) * 2
            items.append(item_of(window.encoded, torch.tensor(labels)))
    return items


def _items(model: TextModel, examples: TextSpans) -> list[Item]:
    return window_items(model, examples, lambda _: 0)


def _loss(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over starts and ends.

    Logits of shape (n_texts, n_tokens, 2) say which token starts and which ends; labels are of
    shape (n_texts, 2).
    """
    from torch.nn.functional import cross_entropy

    return cross_entropy(SPANS.logits(network, batch), batch["labels"])


def _scores(answers: Sequence[str], examples: TextSpans, _: Scoring) -> TaskScores:
    return answer_scores(answers, examples.answers)


SPANS = Form(
    name="spans",
    modality="text",
    examples=TextSpans,
    items=_items,
    own_loss=_loss,
    questions=lambda examples: list(zip(examples.questions, examples.contexts, strict=True)),
    scores=_scores,
    peft_type="QUESTION_ANS",
)
