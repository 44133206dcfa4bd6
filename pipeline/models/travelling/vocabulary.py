"""Tokens of a tokenizer beside the rows of an embedding: one that no row is for cannot be read."""

from __future__ import annotations

from typing import Any

from .architecture import UnfitBaseError


def refuse_unknown_tokens(network: Any, tokenizer: Any, base: str) -> None:
    """Refuse a network that has no row for a token of which texts may consist.

    Special tokens count only where a tokenizer puts them around each text: many have further ones,
    for padding or dialogues, that a network never had.

    Parameters
    ----------
    network : transformers model
        Plain, as loaded.
    tokenizer : transformers tokenizer
    base : str
        Its name.

    Raises
    ------
    UnfitBaseError
    """
    n_rows = _n_rows(network)
    special = _added_specials(tokenizer) - {*tokenizer("")["input_ids"]}
    largest = max((n for n in tokenizer.get_vocab().values() if n not in special), default=0)
    if n_rows is not None and largest >= n_rows:
        raise UnfitBaseError(
            f"an embedding with {largest + 1:,} rows, as many as the tokenizer has tokens",
            f"one of {n_rows:,} rows ({base})",
            "Take the tokenizer that the base was trained with, or save the base with as many rows "
            "(resize_token_embeddings).",
        )


def padding_of(network: Any, tokenizer: Any) -> int:
    """Choose the token that fills up shorter texts.

    Nothing attends to it, so that any will do that the network has a row for.
    """
    own, n_rows = tokenizer.pad_token_id, _n_rows(network)
    return 0 if own is None or (n_rows is not None and own >= n_rows) else int(own)


def words_of(network: Any, tokenizer: Any) -> list[int]:
    """List the tokens that texts consist of, in their order: no special ones, and those known.

    Parameters
    ----------
    network : transformers model
        Plain.
    tokenizer : transformers tokenizer
    """
    special = {*tokenizer.all_special_ids, *_added_specials(tokenizer)}
    n_rows = _n_rows(network)
    n_known = len(tokenizer) if n_rows is None else min(len(tokenizer), n_rows)
    return [n for n in range(n_known) if n not in special]


def _added_specials(tokenizer: Any) -> set[int]:
    return {n for n, token in tokenizer.added_tokens_decoder.items() if token.special}


def _n_rows(network: Any) -> int | None:
    """Count the rows of an embedding of tokens; None where there is none: CANINE's are hashed."""
    try:
        embedding = network.get_input_embeddings()
    except NotImplementedError:
        return None
    weight = getattr(embedding, "weight", None)
    return None if weight is None else len(weight)
