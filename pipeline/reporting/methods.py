"""The order, name and look of methods, the same in every table and figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UNTUNED = "base"
FULL = "full"
MINUS = " \u2212 "


@dataclass(frozen=True)
class Look:
    """How a method is named and drawn.

    Parameters
    ----------
    words : str
        Its name in full.
    colour, dark : str
        As ``#rrggbb``, on a light page and on a dark one.
    marker : str
        As matplotlib names it: colours alone do not reach every reader.
    """

    words: str
    colour: str
    dark: str
    marker: str


#: In the order of tables. Okabe and Ito's colours and Tol's: told apart by colour-blind readers.
LOOKS = {
    "nuisance": Look("nuisance features", "#3d4a5c", "#c3cedd", "x"),
    "pixels": Look("pixels", "#4f4a3d", "#d6cfbf", "+"),
    "word-frequency": Look("word frequency", "#3d5c4a", "#c0d9cb", "1"),
    "bag-of-words": Look("bag of words", "#5c3d55", "#d9c3d3", "2"),
    UNTUNED: Look("untuned base", "#767676", "#a9b0b7", "D"),
    "untrained": Look("untrained base", "#aa9f8f", "#c9bda9", "d"),
    "random-prompt": Look("random prompt", "#999933", "#c9c963", "*"),
    FULL: Look("full fine-tuning", "#d55e00", "#ff8c42", "s"),
    "prompt": Look("prompt tuning", "#0072b2", "#5db5f5", "o"),
    "prefix": Look("prefix tuning", "#009e73", "#2fd0a0", "^"),
    "vpt-shallow": Look("shallow visual prompt tuning", "#2b8cc4", "#7cc8f2", "o"),
    "vpt-deep": Look("deep visual prompt tuning", "#117733", "#62c97f", "^"),
    "prompt-full": Look("prompt tuning with full fine-tuning", "#882255", "#e07bb0", "P"),
    "lora": Look("LoRA", "#cc79a7", "#e5a9cc", "v"),
    "adapter": Look("adapters", "#44aa99", "#7fd8cb", "<"),
    "ia3": Look("IA3", "#b8860b", "#e5b94f", ">"),
    "bitfit": Look("BitFit", "#8a6bbf", "#b9a2e8", "h"),
    "probe": Look("linear probe", "#5f6b2f", "#b6c46e", "p"),
    "wise-ft": Look("interpolated weights (WiSE-FT)", "#a0522d", "#d98a5c", "X"),
}
_SPARE = (
    ("#7a5c00", "#d9bd5a", "8"),
    ("#555555", "#c0c0c0", "H"),
    ("#6a2a8c", "#cf9df0", "P"),
    ("#1f6f6a", "#74cfc6", "X"),
)
#: Colour of every look on a light page -> on a dark one.
DARK_COLOURS = {
    **{look.colour: look.dark for look in LOOKS.values()},
    **{colour: dark for colour, dark, _ in _SPARE},
}


def in_words(method: str) -> str:
    """Write the name of a method in full."""
    return LOOKS[method].words if method in LOOKS else method


def contrast_in_words(method_a: str, method_b: str) -> str:
    """Write ``prompt tuning − full fine-tuning``."""
    return f"{in_words(method_a)}{MINUS}{in_words(method_b)}"


def ordered_methods(methods: Iterable[str]) -> list[str]:
    """Put methods in the order of :data:`LOOKS`, and others behind them as they come.

    Parameters
    ----------
    methods : iterable of str
        With or without repeats.
    """
    places = {name: place for place, name in enumerate(LOOKS)}
    return sorted(dict.fromkeys(methods), key=lambda method: places.get(method, len(places)))


def looks_of(methods: Sequence[str]) -> dict[str, Look]:
    """Give each method its fixed look; methods without one share out the spare ones.

    Parameters
    ----------
    methods : sequence of str
        All methods of the study, so that a spare look is the same in every figure.
    """
    unknown = sorted(method for method in set(methods) if method not in LOOKS)
    spare = {
        method: Look(method, *_SPARE[place % len(_SPARE)]) for place, method in enumerate(unknown)
    }
    return {method: LOOKS.get(method) or spare[method] for method in ordered_methods(methods)}
