"""The order of names with numbers in them: ``beta_2`` before ``beta_10``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.errors import Problem

_NUMBERS = re.compile(r"([0-9]+)")
Key = tuple[str | tuple[int, str], ...]


def natural_key(name: str) -> Key:
    """Make a key by which names sort as their numbers count.

    Returns
    -------
    tuple
        Text and numbers by turns; a number by its digits without leading zeros, so that none is
        too large.

    Examples
    --------
    >>> sorted(["beta_10", "beta_1", "beta_2"], key=natural_key)
    ['beta_1', 'beta_2', 'beta_10']
    """
    parts = _NUMBERS.split(name)
    numbers = [digits.lstrip("0") for digits in parts[1::2]]
    key: list[str | tuple[int, str]] = [parts[0]]
    for digits, text in zip(numbers, parts[2::2], strict=True):
        key += [(len(digits), digits), text]
    return (*key, (0, name))  # names that differ in zeros only: always in one order


def order_problems(where: str, names: Iterable[str]) -> Iterator[Problem]:
    """Find numbers that are padded with zeros in some names and not in others.

    In ``beta_01, beta_2, beta_10`` the files may have been counted anew, or be of two series: which
    trial each one is cannot be told. Numbers that outgrow their padding (``99, 100``) are no
    problem.

    Parameters
    ----------
    where : str
        Folder, for the message.
    names : iterable of str
        File names whose order says what they hold.
    """
    series: dict[str, list[tuple[str, list[str]]]] = {}
    for name in names:
        series.setdefault(_NUMBERS.sub("#", name), []).append((name, _NUMBERS.findall(name)))
    for members in series.values():
        for place in range(len(members[0][1])):
            digits = {name: numbers[place] for name, numbers in members}
            padded = {n: len(d) for n, d in digits.items() if len(d) > 1 and d.startswith("0")}
            if not padded:
                continue
            width = max(padded.values())
            shorter = sorted((n for n, d in digits.items() if len(d) < width), key=natural_key)
            if shorter:
                longest = next(name for name, size in padded.items() if size == width)
                yield Problem(
                    where,
                    "numbers that are padded with zeros in all names, or in none",
                    f"{longest} beside {shorter[0]}",
                    f"Name every file with {width} digits, in the order of the trials.",
                )
                break
