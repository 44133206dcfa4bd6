"""P values of a family of tests, corrected for how many there are: three ways.

Two take any p values. The third, by the maximum statistic, knows how the tests depend on each
other and so loses less. The cells of a family share subjects and stimulus groups, so their
estimates move together. How much is in the same pseudo-values that give the intervals: under the
null, standardised estimates are drawn with those correlations, each over a variance of its own
degrees of freedom, and each p is compared with the least of all (the single-step minimum of
Westfall and Young 1993, drawn from a model in place of permutations; of cells with equal degrees of
freedom it is the largest statistic).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, false_discovery_control, t

from pipeline.alignment.contrasts.estimate import Estimate, trained_on
from pipeline.alignment.contrasts.paired import Paired

N_DRAWN, N_QUANTILES = 20_000, 2_000


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Correct p values so that the chance of any false positive holds (Holm 1979).

    Parameters
    ----------
    p : array_like, shape (n_tests,)
        NaN is no test: it stays NaN and does not count.

    Returns
    -------
    ndarray of float64, shape (n_tests,)
    """
    values = np.asarray(p, dtype=np.float64)
    corrected = np.full(len(values), np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return corrected


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Correct p values so that the share of false positives among positives holds (1995).

    Parameters and returned values as for :func:`holm`.
    """
    values = np.asarray(p, dtype=np.float64)
    corrected = np.full(len(values), np.nan)
    tested = ~np.isnan(values)
    if tested.any():
        corrected[tested] = false_discovery_control(values[tested])
    return corrected


def maximum_p(cells: Sequence[Paired], estimates: Sequence[Estimate]) -> NDArray[np.float64]:
    """Correct the tests of a family for each other.

    Parameters
    ----------
    cells : sequence of Paired
        Those of which an interval is given.
    estimates : sequence of Estimate
        Of the same cells.

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        How often the least p of the family is as small.
    """
    if not cells:
        return np.zeros(0)
    shares = moves(cells)
    freedom = np.array([one.freedom for one in estimates])[:, None]
    moved, common = _draws(N_DRAWN, shares.shape[1])
    normal = moved @ shares.T
    drawn = np.abs(normal.T) / np.stack([_spread(common, float(own)) for own in freedom[:, 0]])
    # where a drawn statistic of a cell has the observed p of another: p of every draw takes long
    observed = np.array([one.p() for one in estimates])
    bounds = t.isf(observed / 2, freedom)
    as_small = np.array([(drawn >= own[:, None]).any(axis=0).sum() for own in bounds.T])
    corrected: NDArray[np.float64] = (1 + as_small) / (1 + N_DRAWN)
    return corrected


@lru_cache(maxsize=1)  # the families of a study have the same subjects and groups, mostly
def _draws(n_drawn: int, n_movers: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw what subjects and groups add, and the quantile of the errors that cells estimate."""
    rng = np.random.default_rng(0)
    moved, common = rng.standard_normal((n_drawn, n_movers)), rng.uniform(size=n_drawn)
    order = np.argsort(common)  # in which quantiles are looked up fastest
    return moved[order], common[order]


def _spread(common: NDArray[np.float64], freedom: float) -> NDArray[np.float64]:
    """Give the estimated over the true error at a quantile that all cells have in common."""
    grid = np.linspace(0, 1, N_QUANTILES + 2)[1:-1]
    between: NDArray[np.float64] = np.interp(common, grid, chi2.ppf(grid, freedom))
    return np.sqrt(between / freedom)


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
        apart = (means - means.mean()) / np.sqrt(max(1, n_subjects * (n_subjects - 1)))
        row[[subjects.index(name) for name in cell.subjects]] = apart
        influence = cell.influence.mean(axis=0)
        own = np.count_nonzero(~np.isnan(influence), axis=1)[:, None]
        total = (np.nan_to_num(influence) / own / n_subjects).sum(axis=0)
        scale = np.sqrt(n_groups / (n_groups - 1) * (1 + trained_on(cell)))
        row[[len(subjects) + groups.index(name) for name in cell.groups]] = total * scale
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1.0)
    return unit
