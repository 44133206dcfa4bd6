"""Accuracy on minimal pairs: whether a model holds the sentence of the language more likely.

A decoder gives the log-likelihood of a sentence, read after its end-of-text token; a masked model
its pseudo-log-likelihood, the sum of what each token has where it alone is masked (Salazar et al.
2020). A learned prompt stands in front, as it does where features are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.data.minimal_pairs import Phenomenon
from pipeline.models.travelling.forms import FORMS
from pipeline.models.travelling.forms.form import head_inputs
from pipeline.models.travelling.framing import Encoded, by_length, frame_of, token_ids
from pipeline.models.travelling.text import TextModel

EXAMPLES_AT_ONCE = 64


def names_words(model: TextModel) -> bool:
    """Say whether a model has its base's head over the vocabulary, and reads no source first.

    And whether its tokenizer has a token to ask by: one to read before a sentence, or a mask.
    """
    form, tokenizer = FORMS.get(model.card.form), model.tokenizer
    if form is None or not form.own_head or model.kind == "encoder-decoder":
        return False
    if model.kind == "encoder":
        return tokenizer.mask_token_id is not None
    return bool(frame_of(tokenizer, 1).gaps[0]) or tokenizer.eos_token_id is not None


def accuracy(model: TextModel, phenomenon: Phenomenon) -> float:
    """Give the share of pairs whose good sentence is the more likely one; a tie counts half.

    Parameters
    ----------
    model : TextModel
        One that :func:`names_words`.
    phenomenon : Phenomenon
    """
    good, bad = (log_likelihoods(model, texts) for texts in (phenomenon.good, phenomenon.bad))
    return float(np.mean((good > bad) + 0.5 * (good == bad)))


@torch.inference_mode()
def log_likelihoods(model: TextModel, texts: Sequence[str]) -> NDArray[np.float64]:
    """Give the (pseudo-)log-likelihood of each sentence, in nats.

    Returns
    -------
    ndarray of float64, shape (n_sentences,)
    """
    tokens = token_ids(model.tokenizer, texts)
    read = _left_to_right if model.kind == "decoder" else _masked
    examples = [(n, *example) for n, own in enumerate(tokens) for example in read(model, own)]
    totals = np.zeros(len(texts))
    encoded = [own for _, own, _ in examples]
    for members in by_length(encoded, EXAMPLES_AT_ONCE, padded=model.ignores_padding):
        part = [examples[n] for n in members]
        batch = model.batch([own for _, own, _ in part])
        every = torch.log_softmax(model.network(**head_inputs(batch)).logits.float(), dim=-1)
        for row, (n, _, targets) in zip(every.cpu(), part, strict=True):
            totals[n] += sum(float(row[place, token]) for place, token in targets)
    return totals


#: What a network reads, and which token is asked for at which position.
Example = tuple[Encoded, list[tuple[int, int]]]


def _left_to_right(model: TextModel, tokens: Sequence[int]) -> Iterator[Example]:
    """Ask for every token of a sentence by what stands before it."""
    start = frame_of(model.tokenizer, 1).gaps[0] or (model.tokenizer.eos_token_id,)
    targets = [(len(start) - 1 + place, token) for place, token in enumerate(tokens)]
    yield {"input_ids": [*start, *tokens]}, targets


def _masked(model: TextModel, tokens: Sequence[int]) -> Iterator[Example]:
    """Ask for every token of a sentence by all others, it alone masked."""
    frame, mask = frame_of(model.tokenizer, 1), model.tokenizer.mask_token_id
    for place, token in enumerate(tokens):
        hidden = [*tokens[:place], mask, *tokens[place + 1 :]]
        yield frame.join([hidden]), [(len(frame.gaps[0]) + place, token)]
