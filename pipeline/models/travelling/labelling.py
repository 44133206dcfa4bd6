"""Classes, tags and spans of texts: encoded for training and performing alike, and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .architecture import unwrapped
from .card import Form
from .framing import Encoded, cut_longest, frame_of, token_ids

HEADS: Mapping[Form, str] = {
    "classification": "ForSequenceClassification",
    "tagging": "ForTokenClassification",
    "spans": "ForQuestionAnswering",
}
STRIDE = 128  # tokens that two windows over a long text share, as in BERT's reading of SQuAD
LONGEST_ANSWER = 30  # tokens, likewise


@dataclass(frozen=True)
class Words:
    """Successive words of a text that fit into the context together.

    Parameters
    ----------
    encoded : Encoded
    firsts : list of int
        Position of the first token of each word.
    start : int
        Which word of the text is the first of these.
    """

    encoded: Encoded
    firsts: list[int]
    start: int


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


def encode_segments(tokenizer: Any, room: int, texts: Sequence[Sequence[str]]) -> list[Encoded]:
    """Encode texts of one or two segments each, cut where they do not fit into ``room`` tokens."""
    frames = {n: frame_of(tokenizer, n) for n in {len(text) for text in texts}}
    flat = iter(token_ids(tokenizer, [segment for text in texts for segment in text]))
    encoded: list[Encoded] = []
    for text in texts:
        frame = frames[len(text)]
        segments = [next(flat) for _ in text]
        encoded.append(frame.join(cut_longest(segments, room - frame.size)))
    return encoded


def encode_words(tokenizer: Any, room: int, texts: Sequence[Sequence[str]]) -> list[list[Words]]:
    """Encode texts that are cut into words already, in as many stretches as each text needs."""
    distinct = sorted({word for words in texts for word in words})
    ids = token_ids(tokenizer, [f" {word}" for word in distinct])
    unknown = [tokenizer.unk_token_id or 0]  # a word of which the tokenizer leaves nothing
    tokens = {w: (n or unknown) for w, n in zip(distinct, ids, strict=True)}
    frame = frame_of(tokenizer, 1)
    space = room - frame.size
    encoded = []
    for words in texts:
        stretches: list[Words] = []
        pending: list[int] = []
        firsts: list[int] = []
        start = 0
        for place, word in enumerate(words):
            piece = tokens[word][:space]
            if pending and len(pending) + len(piece) > space:
                stretches.append(Words(frame.join([pending]), firsts, start))
                pending, firsts, start = [], [], place
            firsts.append(len(frame.gaps[0]) + len(pending))
            pending = pending + piece
        if pending:
            stretches.append(Words(frame.join([pending]), firsts, start))
        encoded.append(stretches)
    return encoded


def encode_windows(
    tokenizer: Any, room: int, questions: Sequence[str], contexts: Sequence[str]
) -> list[list[Window]]:
    """Encode questions with their texts, in overlapping windows where a text is too long."""
    frame = frame_of(tokenizer, 2)
    asked = token_ids(tokenizer, questions)
    read = tokenizer(
        list(contexts), add_special_tokens=False, return_offsets_mapping=True, verbose=False
    )
    encoded = []
    texts = zip(asked, read["input_ids"], read["offset_mapping"], strict=True)
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


def form_of(network: Any) -> Form:
    """Say what a language model is asked for, by its head."""
    name = type(unwrapped(network)).__name__
    return next((form for form, head in HEADS.items() if name.endswith(head)), "generation")


def logits_of(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Compute what the head says of each text, or of each of its tokens.

    Padding counts for nothing. Decoders' classes are read off the last token, found here by the
    mask: their own search passes over a last token that is also the one for padding.

    Returns
    -------
    Tensor
        Of shape (n_texts, n_classes) for classes, (n_texts, n_tokens, n_tags) for tags,
        (n_texts, n_tokens, 2) for starts and ends of spans.
    """
    inputs = {name: batch[name] for name in _INPUTS if name in batch}
    mask, form, plain = batch["attention_mask"], form_of(network), unwrapped(network)
    if form == "classification" and hasattr(plain, "score"):
        states = network(**inputs, output_hidden_states=True).hidden_states[-1]
        logits: torch.Tensor = plain.score(states[torch.arange(len(mask)), mask.sum(dim=1) - 1])
        return logits
    found = network(**inputs)
    if form != "spans":
        return found.logits  # type: ignore[no-any-return]
    spans = torch.stack([found.start_logits, found.end_logits], dim=2)
    return spans.masked_fill(mask[:, :, None] == 0, torch.finfo(spans.dtype).min)


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


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
