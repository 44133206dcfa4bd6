"""Whether a prompt or prefix leaves room for a text in the context of a base."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.models.travelling.architecture import context_length
from pipeline.tuning.bases import text_config
from pipeline.tuning.method import Start


def lacks_room(start: Start) -> Iterator[Problem]:
    """Find out whether prompt positions, the answer and at least one token of text fit."""
    card = start.card
    if card.modality == "image":
        return
    config = text_config(start)
    context = context_length(config)
    answer = 0 if config.is_encoder_decoder else card.max_target_tokens
    if context is not None and card.prompt_length > context - answer - 1:
        yield Problem(
            "prompt_length",
            f"at most {context - answer - 1}, so that a text fits into the context of {context} "
            f"of {card.base}",
            str(card.prompt_length),
            "Lower prompt_length, or choose a base with a longer context.",
        )
