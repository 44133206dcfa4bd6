"""Whether a prompt or prefix leaves room for a text in the context of a base."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.tuning.bases import text_config
from pipeline.tuning.method import Start


def lacks_room(start: Start) -> Iterator[Problem]:
    """Find out whether prompt positions, the answer and at least one token of text fit.

    Bases without absolute positions have room for everything.
    """
    config, card = text_config(start), start.card
    context = config.get("n_positions") if config.get("model_type") != "t5" else None
    context = context or config.get("max_position_embeddings")
    if context is None:
        return
    answer = 0 if config.get("is_encoder_decoder") else card.max_target_tokens
    most = context - answer - 1
    if card.prompt_length > most:
        yield Problem(
            "prompt_length",
            f"at most {most}, so that a text fits into the context of {context} of {card.base}",
            str(card.prompt_length),
            "Lower prompt_length, or choose a base with a longer context.",
        )
