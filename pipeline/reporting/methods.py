"""The order and the colour of methods, the same in every table and figure."""

from __future__ import annotations

from collections.abc import Iterable

UNTUNED = "base"
FULL = "full"

#: Okabe and Ito's colours and two of Tol's: told apart by colour-blind readers and in grey.
#: Tables and figures take the methods in this order.
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


def ordered_methods(methods: Iterable[str]) -> list[str]:
    """Put methods in the order of COLOURS, the untuned base first; all others follow.

    Parameters
    ----------
    methods : iterable of str
        With or without repeats; those without a fixed colour keep the order in which they come.

    Returns
    -------
    list of str
    """
    ranks = {method: rank for rank, method in enumerate(COLOURS)}
    return sorted(dict.fromkeys(methods), key=lambda method: ranks.get(method, len(ranks)))


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
