"""The order and the colour of methods, the same in every table and figure."""

from __future__ import annotations

from collections.abc import Iterable

UNTUNED = "base"
FULL = "full"

#: Methods that leave the weights frozen and learn a prompt; a longer name may follow the start.
PROMPT_STARTS = ("prompt", "p-tuning", "prefix", "vpt")

#: Okabe and Ito's colours and two of Tol's: told apart by colour-blind readers and in grey.
COLOURS = {
    UNTUNED: "#8c8c8c",
    FULL: "#d55e00",
    "prompt": "#0072b2",
    "prefix": "#009e73",
    "p-tuning": "#332288",
    "vpt-shallow": "#56b4e9",
    "vpt-deep": "#117733",
    "lora": "#cc79a7",
}
SPARE_COLOURS = ("#e69f00", "#000000", "#882255", "#999933", "#44aa99")


def is_prompt_like(method: str) -> bool:
    """Say whether a method learns a prompt for frozen weights."""
    return method.startswith(PROMPT_STARTS)


def ordered_methods(methods: Iterable[str]) -> list[str]:
    """Put the untuned base first, then full, then the prompt-like methods, then all others.

    Parameters
    ----------
    methods : iterable of str
        With or without repeats; those of one kind keep the order in which they come.

    Returns
    -------
    list of str
    """

    def rank(method: str) -> int:
        if method == UNTUNED:
            return 0
        if method == FULL:
            return 1
        return 2 if is_prompt_like(method) else 3

    return sorted(dict.fromkeys(methods), key=rank)


def colours_of(methods: Iterable[str]) -> dict[str, str]:
    """Give each method its fixed colour; methods without one share out the spare colours.

    Parameters
    ----------
    methods : iterable of str
        All methods of the study, so that a spare colour is the same in every figure.

    Returns
    -------
    dict of str to str
        Method -> colour as ``#rrggbb``.
    """
    ordered = ordered_methods(methods)
    unknown = sorted(method for method in ordered if method not in COLOURS)
    spare = {m: SPARE_COLOURS[i % len(SPARE_COLOURS)] for i, m in enumerate(unknown)}
    return {method: COLOURS.get(method, spare.get(method, "")) for method in ordered}


def pairs_to_compare(methods: Iterable[str]) -> list[tuple[str, str]]:
    """List the differences worth a row: each adapted method minus full, then each minus base.

    Returns
    -------
    list of (str, str)
        Minuend and subtrahend.
    """
    ordered = ordered_methods(methods)
    adapted = [method for method in ordered if method != UNTUNED]
    with_full = [(m, FULL) for m in adapted if FULL in adapted and m != FULL]
    with_base = [(m, UNTUNED) for m in adapted if UNTUNED in ordered]
    return with_full + with_base
