"""Finding the answer to a question within a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ..framing import Encoded, frame_of, token_ids
from .form import TextForm, head_inputs

if TYPE_CHECKING:
    from ..framing import Text
    from ..text import TextModel

STRIDE = 128  # tokens that two windows over a long text share, as in BERT's reading of SQuAD
LONGEST_ANSWER = 30  # tokens, likewise


@dataclass(frozen=True)
class Window:
    """A question and as much of a text as fits beside it.

    Parameters
    ----------
    encoded : Encoded
    first : int
        Position of the window's first token of the text.
    offsets : list of tuple of int
        Which characters of the text each of its tokens stands for, from and to.
    """

    encoded: Encoded
    first: int
    offsets: list[tuple[int, int]]

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """Find the positions of the first and last token of a stretch of characters.

        None where the window does not hold all of it.
        """
        inside = [n for n, (a, b) in enumerate(self.offsets) if b > start and a < end]
        if not inside or self.offsets[0][0] > start or self.offsets[-1][1] < end:
            return None
        return self.first + inside[0], self.first + inside[-1]


def encode_windows(
    tokenizer: Any, room: int, questions: Sequence[str], contexts: Sequence[str]
) -> list[list[Window]]:
    """Encode questions with their texts, in overlapping windows where a text is too long."""
    frame = frame_of(tokenizer, 2)
    question_tokens = token_ids(tokenizer, questions)
    read = tokenizer(
        list(contexts), add_special_tokens=False, return_offsets_mapping=True, verbose=False
    )
    encoded = []
    texts = zip(question_tokens, read["input_ids"], read["offset_mapping"], strict=True)
    for whole_question, tokens, offsets in texts:
        question = whole_question[: (room - frame.size) // 2]
        space = room - frame.size - len(question)
        step = space - min(STRIDE, space // 2)
        windows = []
        for start in range(0, max(1, len(tokens)), step):
            stretch = tokens[start : start + space]
            segments = [question, stretch]
            first = frame.start_of(segments, 1)
            windows.append(Window(frame.join(segments), first, offsets[start : start + space]))
            if start + space >= len(tokens):
                break
        encoded.append(windows)
    return encoded


def span_logits(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Compute which token starts the answer and which ends it, shape (n_texts, n_tokens, 2)."""
    output, mask = network(**head_inputs(batch)), batch["attention_mask"]
    spans = torch.stack([output.start_logits, output.end_logits], dim=2)
    return spans.masked_fill(mask[:, :, None] == 0, torch.finfo(spans.dtype).min)


def best_span(logits: torch.Tensor, window: Window) -> tuple[float, int, int]:
    """Find the best stretch of a window's text that is no longer than an answer may be.

    Parameters
    ----------
    logits : Tensor, shape (n_tokens, 2)
        Of starts and ends.
    window : Window

    Returns
    -------
    tuple of float, int, int
        Sum of the two logits, and the characters from and to.
    """
    read = logits[window.first : window.first + len(window.offsets)].float()
    if not len(read):
        return -torch.inf, 0, 0
    scores = read[:, None, 0] + read[None, :, 1]
    legal = torch.ones_like(scores, dtype=torch.bool).triu().tril(LONGEST_ANSWER - 1)
    best = int(scores.masked_fill(~legal, -torch.inf).argmax())
    start, end = divmod(best, len(read))
    return float(scores[start, end]), window.offsets[start][0], window.offsets[end][1]


def spread_windows(
    model: TextModel, items: Sequence[Text], batch_size: int
) -> Iterator[tuple[str, list[tuple[Window, torch.Tensor]]]]:
    """Give each text and its windows, with what the head says of each window's tokens.

    Raises
    ------
    ValueError
        When an item is not a question and a text.
    """
    if any(isinstance(item, str) or len(item) != 2 for item in items):
        raise ValueError("expected a question and a text for each answer; found a text alone")
    questions, contexts = [item[0] for item in items], [item[1] for item in items]
    texts = encode_windows(model.tokenizer, model.room, questions, contexts)
    logits = iter(model.logits([w.encoded for windows in texts for w in windows], batch_size))
    for context, windows in zip(contexts, texts, strict=True):
        yield context, [(window, next(logits)) for window in windows]


def _find(model: TextModel, items: Sequence[Text], batch_size: int) -> list[str]:
    answers = []
    for context, windows in spread_windows(model, items, batch_size):
        _, start, end = max(best_span(logits, window) for window, logits in windows)
        answers.append(context[start:end].strip())
    return answers


SPANS = TextForm(
    factory=lambda _: "ForQuestionAnswering",
    logits=span_logits,
    perform=_find,
    takes_pairs=True,
    n_outputs=2,
)
