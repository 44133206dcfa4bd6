"""The pairs of methods, or of models that were not tuned, that a cell compares."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, product

from pipeline.words import BETWEEN_MODELS, FEATURE_CONTROLS, PROMPTS

Pairs = tuple[tuple[str, str], ...]

#: What every other method is compared with, where the study has it; the latter learn nothing.
NEVER_TUNED = ("base", "untrained", "random-prompt", *FEATURE_CONTROLS)
CONTROLS = ("full", *NEVER_TUNED)
#: The primary family of a study that declares none: see :func:`compared`.
PRIMARY, PROMPTS_LESS_FULL = "primary", ((PROMPTS, "full"),)


def compared(
    methods: Sequence[str], prompts: Collection[str], primary: Pairs = PROMPTS_LESS_FULL
) -> Iterator[tuple[str, str, str]]:
    """List the contrasts of methods, each with its family.

    Parameters
    ----------
    methods : sequence of str
    prompts : collection of str
        Methods that train prompts only.
    primary : tuple of (str, str)
        First and second method of each contrast of the primary family; ``prompts`` stands for
        every method that trains prompts only. Others are in a family for each control.

    Yields
    ------
    tuple of str
        Family, first method and second method, of which the second is subtracted.
    """
    declared = list(_declared(methods, prompts, primary))
    for first, second in declared:
        yield PRIMARY, first, second
    for control in CONTROLS:
        for method in methods:
            if control not in methods or method == control:
                continue
            if {(method, control), (control, method)} & set(declared):
                continue
            if method in CONTROLS[CONTROLS.index(control) :]:
                continue  # each pair of controls once, as in full less base
            if {method, control} <= set(FEATURE_CONTROLS):
                continue  # neither is a model
            yield f"less {control}", method, control


def compared_as_they_are(
    models: Sequence[str], primary: Pairs = PROMPTS_LESS_FULL
) -> Iterator[tuple[str, str, str]]:
    """List the contrasts of models that were not tuned: each pair once, and less each control.

    Parameters
    ----------
    models : sequence of str
        With features of no model among them.
    primary : tuple of (str, str)
        As for :func:`compared`; the others of a pair are in a family of their own.

    Yields
    ------
    tuple of str
        As :func:`compared` does.
    """
    declared = list(_declared(models, (), primary))
    for first, second in declared:
        yield PRIMARY, first, second
    controls = [name for name in models if name in FEATURE_CONTROLS]
    own = [name for name in models if name not in FEATURE_CONTROLS]
    pairs = [(BETWEEN_MODELS, *pair) for pair in combinations(own, 2)]
    pairs += [(f"less {control}", model, control) for control in controls for model in own]
    for family, first, second in pairs:
        if not {(first, second), (second, first)} & set(declared):
            yield family, first, second


def _declared(
    methods: Sequence[str], prompts: Collection[str], primary: Pairs
) -> Iterator[tuple[str, str]]:
    """Yield the contrasts of the primary family whose methods were both scored."""
    for names in primary:
        first, second = (
            [m for m in methods if m in prompts] if name == PROMPTS else [name] for name in names
        )
        for one, other in product(first, second):
            if one != other and {one, other} <= set(methods):
                yield one, other
