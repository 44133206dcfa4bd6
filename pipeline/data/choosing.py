"""The examples to train, validate and test on, chosen from the rows of a corpus."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from pipeline.config import TaskConfig
from pipeline.errors import ConfigError, DataError, Problem

SplitName = Literal["train", "validation", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = ("train", "validation", "test")
EVALUATED = 5
"""An evaluation takes at most one part in so many of a split that training takes the rest of."""


class Assignment(NamedTuple):
    """Which split of the corpus each part is taken from."""

    train: str
    validation: str
    test: str


def assign(available: Sequence[str], config: TaskConfig, labelled_test: bool) -> Assignment:
    """Say which split each part is taken from; parts of the same split divide it.

    Without ``config.splits``: validation comes out of train where it has no split of its own, test
    out of validation where it has none or one without labels, and all three out of the only split.

    Parameters
    ----------
    available : sequence of str
        Names of the corpus's splits.
    config : TaskConfig
    labelled_test : bool
        Whether the corpus gives away the labels of its test split.

    Raises
    ------
    ConfigError
        If ``config.splits`` are not three names of splits.
    DataError
        If there is nothing to train on.
    """
    offered = ", ".join(available) or "none"
    remedy = f"Name the splits to train, validate and test on: splits=a,b,c, out of {offered}."
    if config.splits:
        names = [_meant(name, available) for name in config.split_names]
        if len(names) != len(SPLIT_NAMES) or not all(names):
            names_given = f"'{config.splits}'"
            raise ConfigError(Problem("splits", "three names of splits", names_given, remedy))
        return Assignment(*(name or "" for name in names))
    if len(available) == 1:
        return Assignment(*(available[0],) * 3)
    train = _meant("train", available)
    if train is None:
        raise DataError(Problem("splits", "one to train on", offered, remedy))
    validation = _meant("validation", available) or train
    test = _meant("test", available) if labelled_test else None
    return Assignment(train, validation, test or validation)


def _meant(name: str, available: Sequence[str]) -> str | None:
    """Find a split by its name, or by its name in the files' own words (dev for validation)."""
    for candidate in (name, *spellings(name), *(f"{s}_matched" for s in spellings(name))):
        if candidate in available:
            return candidate
    return None


_SPELLINGS: dict[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "devel", "testa"),
    "test": ("test", "testb"),
}


def spellings(name: str) -> tuple[str, ...]:
    """List the ways to write the name of a split, the hub's first."""
    for words in _SPELLINGS.values():
        if name in words:
            return words
    return (name,)


def deal_rows(
    count: int,
    parts: Sequence[SplitName],
    group: Callable[[int], Hashable] | None,
    config: TaskConfig,
    name: str,
) -> dict[SplitName, list[int]]:
    """Shuffle the rows of one split and deal them out among the parts that share it.

    Rows of one group go to one part only. What is kept for evaluation does not depend on
    ``max_train``; it is at most a fifth of a split that training shares, for each evaluation.

    Parameters
    ----------
    count : int
        Rows of the split.
    parts : sequence of 'train', 'validation' or 'test'
    group : callable or None
        ``group(index)`` of a row; None where every row stands alone.
    config : TaskConfig
    name : str
        Of the split: different splits are shuffled differently.

    Returns
    -------
    dict of part to list of int
        In the order in which rows are to be taken, possibly more than are wanted.
    """
    rng = np.random.default_rng([config.seed, zlib.crc32(name.encode())])
    order: list[int] = rng.permutation(count).tolist()
    evaluated: list[SplitName] = [
        part for part in reversed(SPLIT_NAMES) if part in parts and part != "train"
    ]
    if len(parts) == 1:
        return {parts[0]: order}
    last: SplitName = "train" if "train" in parts else "validation"
    quota = min(config.max_eval, max(1, count // (EVALUATED if last == "train" else len(parts))))
    groups: dict[Hashable, list[int]] = {}
    for index in order:
        groups.setdefault(index if group is None else group(index), []).append(index)
    dealt: dict[SplitName, list[int]] = {part: [] for part in parts}
    for members in groups.values():
        unfilled = (p for p in evaluated if p != last and len(dealt[p]) < quota)
        dealt[next(unfilled, last)] += members
    return dealt


def few_shots(labels: Iterable[int], classes: Sequence[str], shots: int) -> list[int]:
    """Take the first examples of each class, looking no further than needed.

    Parameters
    ----------
    labels : iterable of int
        Positions in ``classes``, of examples in a random order.
    classes : sequence of str
    shots : int
        Examples of each class.

    Returns
    -------
    list of int
        Positions of the examples taken.

    Raises
    ------
    DataError
        If a class has fewer examples.
    """
    left = [shots] * len(classes)
    indices = []
    for index, label in enumerate(labels):
        if left[label]:
            left[label] -= 1
            indices.append(index)
        if not any(left):
            return indices
    short = ", ".join(f"{shots - n} of {c}" for c, n in zip(classes, left, strict=True) if n)
    expected = f"{shots} examples of each class to train on"
    raise DataError(Problem("shots", expected, short, "Lower shots."))
