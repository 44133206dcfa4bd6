"""Share of simulated studies that find a true difference in 2v2 accuracy of two conditions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.power.design import ContrastDesign, ContrastTest
from pipeline.config.power import MOST_FLIPPED

_BLOCK = 1000
_USUAL_POWER, _MOST_PLANNED = 0.8, 100


@dataclass(frozen=True)
class Power:
    """How often a difference was found in simulated studies.

    Parameters
    ----------
    rate : float
        Share of studies whose test was significant, in either direction; where the true
        difference is 0, the share of false positives.
    standard_error : float
        Of ``rate``, from the number of simulations.
    wrong_sign : float
        Share of studies that were significant in the direction opposite to the truth.
    """

    rate: float
    standard_error: float
    wrong_sign: float


def power_of_contrast(
    design: ContrastDesign, difference: float, n_simulations: int = 4000, seed: int = 0
) -> Power:
    """Simulate studies with a true difference and count how often the test finds it.

    Parameters
    ----------
    design : ContrastDesign
    difference : float
        True difference of the two conditions' mean 2v2 accuracy, e.g. 0.02.
    n_simulations : int
    seed : int
        The same seed gives the same rate, and the same noise for every difference.

    Notes
    -----
    The difference in fold f of subject s is ``difference + b_s + e_sf``, both normal. Scores of
    one subject's folds share training stimuli and so are not quite independent; where the
    standard deviations are estimated from scores, what folds share counts as between subjects,
    which keeps the power honest for the same number of folds, but not for another.
    """
    rng = np.random.default_rng(seed)
    noise_sd = np.hypot(design.sd_between_subjects, design.sd_within / math.sqrt(design.n_folds))
    found_up, found_down = 0, 0
    for start in range(0, n_simulations, _BLOCK):
        size = min(_BLOCK, n_simulations - start)
        # The mean over folds of normal differences is normal: drawn at once, not fold by fold.
        means = difference + noise_sd * rng.standard_normal((size, design.n_subjects))
        significant = p_values(means, design.test) <= design.alpha
        found_up += int(np.count_nonzero(significant & (means.mean(axis=1) > 0)))
        found_down += int(np.count_nonzero(significant & (means.mean(axis=1) < 0)))
    rate = (found_up + found_down) / n_simulations
    wrong = found_down if difference >= 0 else found_up
    return Power(
        rate=rate,
        standard_error=math.sqrt(rate * (1 - rate) / n_simulations),
        wrong_sign=wrong / n_simulations if difference else 0.0,
    )


def p_values(means: NDArray[np.float64], test: ContrastTest) -> NDArray[np.float64]:
    """Test over subjects whether the mean difference is zero.

    Parameters
    ----------
    means : ndarray, shape (n_studies, n_subjects)
        Mean difference over folds of each subject.
    test : {'t', 'sign-flip'}

    Returns
    -------
    ndarray, shape (n_studies,)
        Two-sided p values.
    """
    n_subjects = means.shape[1]
    if test == "t":
        from scipy.stats import t

        errors = means.std(axis=1, ddof=1) / math.sqrt(n_subjects)
        return np.asarray(2 * t.sf(np.abs(means.mean(axis=1)) / errors, n_subjects - 1))
    # Flipping all signs gives the same absolute sum, so the first sign can stay.
    signs = np.array([(1, *rest) for rest in product((1, -1), repeat=n_subjects - 1)])
    sums = np.abs(means @ signs.T)
    observed = np.abs(means.sum(axis=1, keepdims=True))
    return np.asarray((sums >= observed * (1 - 1e-12)).mean(axis=1))


def power_table(design: ContrastDesign, differences: Sequence[float], seed: int) -> pd.DataFrame:
    """Say for several true differences how often each would be found.

    Parameters
    ----------
    design : ContrastDesign
    differences : sequence of float
        Of 2v2 accuracy.
    seed : int

    Returns
    -------
    DataFrame
        One row for each: difference, found, standard_error, wrong_sign, and subjects_needed, the
        fewest of up to 100 (12 where signs are flipped) with whom it is found in 80 % of studies;
        0 where that many do not suffice.
    """
    rows = []
    for difference in differences:
        power = power_of_contrast(design, difference, seed=seed)
        rows.append(
            {
                "difference": difference,
                "found": power.rate,
                "standard_error": power.standard_error,
                "wrong_sign": power.wrong_sign,
                "subjects_needed": _subjects_needed(design, difference, seed),
            }
        )
    return pd.DataFrame(rows)


def _subjects_needed(design: ContrastDesign, difference: float, seed: int) -> int:
    """Halve the range of numbers of subjects: power grows with them."""
    low, high = 2, _MOST_PLANNED if design.test == "t" else MOST_FLIPPED

    def enough(n_subjects: int) -> bool:
        planned = replace(design, n_subjects=n_subjects)
        return power_of_contrast(planned, difference, seed=seed).rate >= _USUAL_POWER

    if difference == 0 or not enough(high):
        return 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high
