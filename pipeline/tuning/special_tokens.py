"""Special tokens that a form of task needs, and that a tokenizer may lack."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Problem
from pipeline.tuning.forms import form_of
from pipeline.tuning.loading import text_config
from pipeline.tuning.start import Start

_BETWEEN = "eos_token"  # which is put between two texts where a tokenizer puts nothing


def lacks_special_tokens(start: Start) -> Iterator[Problem]:
    """Find out whether a tokenizer names no token that its form of task cannot do without."""
    from pipeline.models.travelling.architecture import kind_of
    from pipeline.models.travelling.forms import FORMS
    from pipeline.models.travelling.framing import frame_of
    from pipeline.models.travelling.text_networks import load_tokenizer

    card = start.card
    needed = form_of(card).special_tokens(kind_of(text_config(start.base_folder)))
    of_pairs = FORMS[card.form].takes_pairs and start.train.n_segments == 2
    if not needed and not of_pairs:
        return
    tokenizer = load_tokenizer(start.base_folder)
    for name in needed:
        if getattr(tokenizer, f"{name}_id") is None:
            yield _nameless(start, name, f"which {card.form} needs")
    if of_pairs and not frame_of(tokenizer, 2).gaps[1]:
        yield _nameless(start, _BETWEEN, "to stand between two texts")


def _nameless(start: Start, name: str, purpose: str) -> Problem:
    return Problem(
        f"base {start.card.base}: tokenizer",
        f"the special token {name}, {purpose}",
        "none of that name",
        f"Name it, where the base has it: tokenizer.{name} = <token>, then "
        "tokenizer.save_pretrained(<directory>); or choose another base or task.",
    )
