"""P values of a family by its maximum statistic: tests that depend on each other lose less.

The cells of a family share subjects and stimulus groups, so their estimates move together. How
much is in the same pseudo-values that give the intervals: under the null, standardised estimates
are drawn as a multivariate t with those correlations, and each is compared with the largest of all
(the single-step maximum of Westfall and Young 1993, drawn from a model in place of permutations).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.contrasts.estimate import TRAINED_ON, Estimate
from pipeline.alignment.contrasts.paired import Paired

N_DRAWN = 20_000


def maximum_p(
    cells: Sequence[Paired], estimates: Sequence[Estimate], seed: int = 0
) -> NDArray[np.float64]:
    """Correct the tests of a family for each other.

    Parameters
    ----------
    cells : sequence of Paired
        Those of which an interval is given.
    estimates : sequence of Estimate
        Of the same cells.
    seed : int

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        How often the largest absolute statistic of the family is as large. The degrees of freedom
        are the fewest of any cell.
    """
    if not cells:
        return np.zeros(0)
    observed = np.array([abs(one.difference) / one.error for one in estimates])
    shares = moves(cells)
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((N_DRAWN, shares.shape[1])) @ shares.T
    freedom = min(one.freedom for one in estimates)
    drawn = np.abs(normal) / np.sqrt(rng.chisquare(freedom, N_DRAWN) / freedom)[:, None]
    largest = np.sort(drawn.max(axis=1))
    as_large = N_DRAWN - np.searchsorted(largest, observed)
    corrected: NDArray[np.float64] = (1 + as_large) / (1 + N_DRAWN)
    return corrected


def moves(cells: Sequence[Paired]) -> NDArray[np.float64]:
    """Say how much each subject and each stimulus group moves each cell, in rows of length 1.

    Returns
    -------
    ndarray of float64, shape (n_cells, n_subjects + n_groups)
        The inner product of two rows is the correlation of two estimates.
    """
    subjects = sorted({name for cell in cells for name in cell.subjects})
    groups = sorted({name for cell in cells for name in cell.groups})
    rows = np.zeros((len(cells), len(subjects) + len(groups)))
    for row, cell in zip(rows, cells, strict=True):
        means = cell.subject_differences()
        n_subjects, n_groups = len(means), len(cell.groups)
        apart = (means - means.mean()) / np.sqrt(n_subjects * (n_subjects - 1))
        row[[subjects.index(name) for name in cell.subjects]] = apart
        influence = cell.influence.mean(axis=0)
        own = np.count_nonzero(~np.isnan(influence), axis=1)[:, None]
        total = (np.nan_to_num(influence) / own / n_subjects).sum(axis=0)
        scale = np.sqrt(n_groups / (n_groups - 1) * (1 + TRAINED_ON))
        row[[len(subjects) + groups.index(name) for name in cell.groups]] = total * scale
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1.0)
    return unit
