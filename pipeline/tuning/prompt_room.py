"""Room for a text in the context of a base, beside an answer and a prompt or prefix."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.models.travelling.architecture import context_length
from pipeline.tuning.loading import text_config
from pipeline.tuning.start import Start

_MOST_SPECIAL = 16  # tokens that any tokenizer puts around a text, and more


def lacks_context(start: Start) -> Iterator[Problem]:
    """Find out whether the context is too short for an answer and at least one token of text.

    Where an encoder-decoder writes, the answer has a context of its own.
    """
    card = start.card
    if card.modality == "image":
        return
    config = text_config(start.base_folder)
    context, answer = context_length(config), card.max_target_tokens
    if context is None:
        return
    apart = config.is_encoder_decoder
    # a token is a byte at least, so that few tokenizers have to be read
    may_lack = context - (0 if apart else answer) <= len(card.cue.encode()) + _MOST_SPECIAL
    if (apart and answer > context) or (may_lack and _room_for_prompts(start, context) < 0):
        yield Problem(
            "base",
            f"a context that holds answers of {answer} tokens to {card.task} and some text",
            f"one of {context} tokens ({card.base})",
            "Choose a base with a longer context, or another task.",
        )


def lacks_room(start: Start) -> Iterator[Problem]:
    """Find out whether prompt positions leave no token of a text; see :func:`lacks_context`."""
    card = start.card
    if card.modality == "image":
        return
    context = context_length(text_config(start.base_folder))
    if context is None:
        return
    most = _room_for_prompts(start, context)
    if card.prompt_length > most >= 0:
        yield Problem(
            "prompt_length",
            f"at most {most}, so that a text fits into the context of {context} of {card.base}",
            str(card.prompt_length),
            "Lower prompt_length, or choose a base with a longer context.",
        )


def _room_for_prompts(start: Start, context: int) -> int:
    """Count the positions beside the answer, the cue and one token of text; below 0 if too few."""
    from pipeline.models.travelling.framing import frame_of, token_ids
    from pipeline.models.travelling.text_networks import load_tokenizer

    card = start.card
    writes_behind = not text_config(start.base_folder).is_encoder_decoder
    answer = card.max_target_tokens if writes_behind else 0
    tokenizer = load_tokenizer(start.base_folder)
    n_segments = start.train.n_segments
    special = frame_of(tokenizer, n_segments).size + n_segments - 1
    return context - answer - special - len(token_ids(tokenizer, [card.cue])[0]) - 1
