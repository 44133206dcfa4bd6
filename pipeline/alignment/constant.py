"""Refusals of what does not vary: whole arrays, and single patterns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import Problem

# A row whose centred square is this share of its raw square is constant up to rounding.
CONSTANT_ROW = (1000 * np.finfo(np.float64).eps) ** 2


class OfOneFold(Protocol):
    """Features or responses z-scored for one fold, in whatever form a side takes them."""

    def varies(self, train: NDArray[np.int64]) -> bool:
        """Say whether any column varies over the training rows, ``train`` of shape (n_train,)."""

    def squares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return squared norms of all patterns as they are compared, and before any centring.

        Each of shape (n_stimuli,).
        """


def constant_problems(
    arrays: Mapping[str, OfOneFold], train: NDArray[np.int64], where: str, *, compared: bool
) -> Iterator[Problem]:
    """Say which arrays cannot be aligned in this fold.

    Parameters
    ----------
    arrays : mapping of str to Grams or FoldArray
    train : ndarray of int, shape (n_train,)
    where : str
        What the arrays are, for messages; the name of each follows.
    compared : bool
        They are predicted, so that no pattern of them may be constant; an array that is only
        predicted from needs no more than a column that varies.
    """
    for name, array in arrays.items():
        if not array.varies(train):
            yield no_variation(f"{where} {name}")
        elif compared:
            squares, raw = array.squares()
            rows = np.arange(len(squares))
            yield from constant_row_problems(squares, raw, rows, f"{where} {name}")


def no_variation(where: str) -> Problem:
    """Say that an array has no column that varies over the training stimuli."""
    return Problem(
        where,
        "columns that vary over the training stimuli",
        "only constant columns",
        "Leave this array out: nothing can be learned from it.",
    )


def constant_row_problems(
    squares: NDArray[np.float64], raw: NDArray[np.float64], rows: NDArray[np.int64], where: str
) -> Iterator[Problem]:
    """Name the stimulus rows whose pattern is constant up to rounding.

    Parameters
    ----------
    squares, raw : ndarray of float64, shape (n_rows,)
        Squared norms of the patterns, centred over columns and not.
    rows : ndarray of int, shape (n_rows,)
        Stimulus rows they belong to.
    where : str
    """
    constant = rows[squares <= CONSTANT_ROW * raw]
    if len(constant):
        named = ", ".join(str(row) for row in constant[:5])
        more = f" and {len(constant) - 5} more" if len(constant) > 5 else ""
        yield Problem(
            where,
            "patterns that vary over columns after z-scoring",
            f"a constant pattern in stimulus rows {named}{more}",
            "A constant pattern (always so with a single voxel) has no correlation: use a larger "
            "region or more features, leave these stimuli out, or only predict from this array.",
        )
