"""What one alignment is asked to do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from pipeline.errors import AlignmentError, Problem, nearest, refuse
from pipeline.words import Objective, Similarity, Split


@dataclass(frozen=True)
class AlignSettings:
    """How features and responses are split, fitted and compared.

    Parameters
    ----------
    split : {'grouped', 'shuffled', 'contiguous', 'leave-one-group-out'}
        How stimuli are dealt to folds, outer and inner: see :func:`make_folds`.
    n_folds, n_inner_folds : int
        Outer folds that are scored, and folds inside each training fold that choose alpha.
    trials : int
        Alphas that are tried.
    alpha_low, alpha_high : float
        Range of alpha, relative to the mean eigenvalue of the training kernel (no unit).
    similarity : {'pearson', 'cosine'}
        How a predicted pattern is compared with a true one.
    seed : int
        Of the folds and of the alphas.
    objective : {'two_vs_two', 'correlation'}
        Which inner score, mean over inner folds, chooses alpha and layer; among equals the other.
    width : int
        Principal components, fitted on the training rows of each outer fold, that every layer is
        reduced to; 0 leaves layers as they are.

    Raises
    ------
    AlignmentError
        All values that cannot be used, at once.
    """

    split: Split
    n_folds: int
    n_inner_folds: int
    trials: int
    alpha_low: float
    alpha_high: float
    similarity: Similarity
    seed: int
    objective: Objective
    width: int

    def __post_init__(self) -> None:
        refuse(self._problems(), AlignmentError)

    def _problems(self) -> Iterator[Problem]:
        choices: tuple[tuple[str, str, tuple[str, ...]], ...] = (
            ("split", self.split, get_args(Split)),
            ("similarity", self.similarity, get_args(Similarity)),
            ("objective", self.objective, get_args(Objective)),
        )
        for field, value, known in choices:
            if value not in known:
                yield Problem(field, "a known name", repr(value), nearest(str(value), known))
        least = (("n_folds", 2), ("n_inner_folds", 2), ("trials", 1), ("seed", 0), ("width", 0))
        for field, smallest in least:
            value = getattr(self, field)
            if value < smallest:
                yield Problem(field, f"at least {smallest}", str(value), "Give a larger number.")
        if not 0 < self.alpha_low < self.alpha_high < math.inf:
            yield Problem(
                "alpha_low, alpha_high",
                "0 < alpha_low < alpha_high < infinity",
                f"{self.alpha_low} and {self.alpha_high}",
                "Without any penalty a kernel of fewer features than stimuli has no inverse: "
                "give a small alpha_low such as 1e-6 instead of 0.",
            )
