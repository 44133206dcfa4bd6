"""Range of the 2v2 accuracies of unrelated data, by how many stimulus groups are tested.

For alignments without permutations. Of n independent test stimuli, two pairs that share one agree
more often than not: their gains have a correlation of 1/4, so that their outcomes, 0 or 1, have one
of ``2/pi asin(1/4)``. Hence the variance of a fold's accuracy, exactly where R is Gaussian noise;
folds are averaged. Stimuli of a group are no independent ones, so groups are counted in place of
stimuli; and subjects who saw the same stimuli may all err alike, so there is no gain from them.
Both make the band too wide rather than too narrow.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

#: Correlation of two outcomes that share a stimulus.
SHARED = 2 / np.pi * np.arcsin(1 / 4)
#: Standard normal quantile of a band that holds 95 %.
REACH = 1.959964
PLACE = ["split", "direction", "roi"]


def chance_error(n_tested: ArrayLike) -> float:
    """Give the standard deviation of the mean accuracy over folds of unrelated data.

    Parameters
    ----------
    n_tested : array_like of int, shape (n_folds,)
        Independent stimuli in each test fold, at least 2.
    """
    n = np.asarray(n_tested, dtype=float)
    pairs = n * (n - 1) / 2
    sharing = pairs * (n - 2)  # unordered couples of pairs with a stimulus in common
    variances = (pairs + 2 * sharing * SHARED) / (4 * pairs**2)
    return float(np.sqrt(variances.sum()) / len(n))


def chance_bands(sums: pd.DataFrame) -> pd.DataFrame:
    """Give the band of every split, direction and ROI of one model.

    Parameters
    ----------
    sums : DataFrame
        subject, split, direction, roi, fold, group_a, group_b: see
        :func:`pipeline.alignment.contrasts.pair_sums.pair_table`.

    Returns
    -------
    DataFrame
        split, direction, roi, low and high, within 0 to 1; of the subject with the fewest groups.
        None where a fold tests a single group.
    """
    apart = sums[sums.group_a != sums.group_b]
    couples = apart.groupby([*PLACE, "subject", "fold"], sort=False).size().reset_index(name="n")
    # n (n - 1) / 2 couples of n groups
    couples["n_groups"] = (1 + np.sqrt(1 + 8 * couples["n"])) / 2
    errors = couples.groupby([*PLACE, "subject"], sort=False)["n_groups"].agg(chance_error)
    error = errors.groupby(PLACE, sort=False).max()
    reach = REACH * error
    bands = pd.DataFrame({"low": (0.5 - reach).clip(0), "high": (0.5 + reach).clip(upper=1)})
    return bands.reset_index()
