"""Room that a prompt or prefix leaves for a text in the context of a base."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.models.travelling.architecture import context_length
from pipeline.tuning.loading import text_config
from pipeline.tuning.start import Start


def lacks_room(start: Start) -> Iterator[Problem]:
    """Find out whether prompt positions, the answer and at least one token of text fit."""
    card = start.card
    if card.modality == "image":
        return
    from pipeline.models.travelling.framing import frame_of, token_ids
    from pipeline.models.travelling.text_networks import load_tokenizer

    config = text_config(start.base_folder)
    context = context_length(config)
    if context is None:
        return
    answer = 0 if config.is_encoder_decoder else card.max_target_tokens
    tokenizer = load_tokenizer(start.base_folder)
    n_segments = start.train.n_segments
    special = frame_of(tokenizer, n_segments).size + n_segments - 1
    most = context - answer - special - len(token_ids(tokenizer, [card.cue])[0]) - 1
    if most < 0:
        yield Problem(
            "base",
            f"a context that holds answers of {answer} tokens to {card.task} and some text",
            f"one of {context} tokens ({card.base})",
            "Choose a base with a longer context, or another task.",
        )
    elif card.prompt_length > most:
        yield Problem(
            "prompt_length",
            f"at most {most}, so that a text fits into the context of {context} of {card.base}",
            str(card.prompt_length),
            "Lower prompt_length, or choose a base with a longer context.",
        )
