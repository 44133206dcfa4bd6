"""A test of a ceiling against chance: predicted patterns exchanged within each test fold.

Nothing is fitted again. Given the training stimuli, a prediction that has nothing to do with the
test responses fits them as well with its stimulus groups exchanged, so the test is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.folds import Fold
from pipeline.alignment.permutations.exchanges import exchange_groups
from pipeline.alignment.permutations.null_vectors import p_value
from pipeline.alignment.two_vs_two import two_vs_two

N_EXCHANGES = 199
BATCH_BYTES = 64 * 2**20


def ceiling_p(
    correlations: Sequence[NDArray[np.float64]],
    folds: Sequence[Fold],
    groups: NDArray[np.generic],
    seed: int = 0,
) -> float:
    """Test whether predictions know more of responses than by chance.

    Parameters
    ----------
    correlations : sequence of ndarray, each of shape (n_test, n_test)
        R of each fold: see :func:`pipeline.alignment.two_vs_two.two_vs_two`.
    folds : sequence of Fold
    groups : ndarray, shape (n_stimuli,)
        Stimulus groups: they are exchanged whole, among those of equal size.
    seed : int

    Returns
    -------
    float
        Share of the orders, the observed one among them, whose mean over folds is as high.
    """
    observed = float(np.mean([two_vs_two(R) for R in correlations]))
    null = np.zeros(N_EXCHANGES)
    for number, (R, fold) in enumerate(zip(correlations, folds, strict=True)):
        orders = exchange_groups(groups[fold.test], N_EXCHANGES, seed + number)
        batch = max(1, BATCH_BYTES // R.nbytes)
        for start in range(0, N_EXCHANGES, batch):
            chosen = slice(start, start + batch)
            null[chosen] += two_vs_two(R[orders[chosen]]) / len(folds)
    return p_value(observed, null)
