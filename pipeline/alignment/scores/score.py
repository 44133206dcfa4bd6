"""A brain score, and the comparison of patterns that most of them are functions of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.two_vs_two import pairs_within

Evidence = TypeVar("Evidence")


@dataclass(frozen=True)
class Comparison:
    """The predicted patterns of one fold's test stimuli beside the true ones.

    Parameters
    ----------
    R : ndarray of float64, shape (n_test, n_test)
        ``[i, j]``: similarity of predicted pattern i with true pattern j.
    labels : ndarray, shape (n_test,)
        Stimuli with one label make the hard pairs.
    """

    R: NDArray[np.float64]
    labels: NDArray[np.generic]

    @cached_property
    def pairs_within(self) -> NDArray[np.bool_]:
        """Pairs of different stimuli that share a label, shape (n_test, n_test)."""
        return pairs_within(self.labels)


@dataclass(frozen=True)
class Score(Generic[Evidence]):
    """A number that says how well a source predicts a target, and what it is a function of.

    Parameters
    ----------
    title : str
        For readers, as the head of a column.
    chance : float
        What unrelated features and responses come to.
    compute : callable
        From a :class:`Comparison`, or a :class:`pipeline.alignment.scores.fit.Fit`, to one
        number, never NaN.
    """

    title: str
    chance: float
    compute: Callable[[Evidence], float | NDArray[np.float64]]
