"""Ceilings across subjects: how well the others predict each one, and how alike their RDMs are.

The geometry of all subjects together is the nearest to each of them that any model could have, and
that of the others one that a model could have without knowing the subject (Nili et al. 2014, as
rsatoolbox computes them: distances are ranked, then averaged over subjects).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.align import encode
from pipeline.alignment.ceilings.chance import ceiling_p
from pipeline.alignment.columns import Columns
from pipeline.alignment.fits import held_out_grams
from pipeline.alignment.folds import Fold, nested_folds
from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.scores.rsa import compare_rdms, rdm
from pipeline.alignment.sources import Bands, JoinedBands
from pipeline.config import ScoreConfig

RSA_COLUMNS, LEAST_SUBJECTS = ["roi", "low", "high"], 2
COLUMNS = ["roi", "n_others", "pool", "fold", "two_vs_two", "correlation", "p"]
#: Pools of other subjects of one size, at most.
MOST_POOLS = 4


def across_subjects_ceiling(
    responses: Mapping[str, NDArray[np.floating]],
    others: Sequence[Mapping[str, NDArray[np.floating]]],
    groups: ArrayLike,
    settings: ScoreConfig,
) -> pd.DataFrame:
    """Predict each ROI of one subject from the same ROI of other subjects, by ridge.

    Parameters
    ----------
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Of the subject that is predicted.
    others : sequence of mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Of the other subjects, for the same stimuli. Each counts the same, however many voxels it
        has: see :func:`pipeline.alignment.encode`. A subject without the ROI is left out.
    groups : array_like, shape (n_stimuli,)
    settings : ScoreConfig
        Folds, alphas and similarity are those of an alignment with these settings.

    Returns
    -------
    DataFrame
        One row for each ROI x pool of others x fold: roi, n_others, pool, fold, two_vs_two,
        correlation, p. The largest pool, all others, comes last; its p is that of
        :func:`pipeline.alignment.ceilings.chance.ceiling_p`, NaN for smaller ones. No rows for a
        ROI that no other subject has.

    Raises
    ------
    AlignmentError
        Where :func:`pipeline.alignment.encode` refuses.

    Notes
    -----
    Brains have no voxel in common, so others are mapped to the subject as a model is (Schrimpf et
    al. 2021). All others give a lower bound: a model may exceed it, the more easily the fewer and
    noisier they are. From pools of fewer the upper bound is extrapolated:
    :mod:`pipeline.alignment.ceilings.extrapolated`.
    """
    tables = []
    for roi, values in responses.items():
        bands = tuple(other[roi] for other in others if roi in other)
        if not bands:
            continue
        pools = dict(_pools(len(bands), settings.seed))
        sources = {name: tuple(bands[n] for n in pool) for name, pool in pools.items()}
        table = encode(sources, {roi: values}, groups, settings).rename(columns={"layer": "pool"})
        sizes = table.pool.map({name: len(pool) for name, pool in pools.items()})
        whole = sizes == len(bands)
        p = _test(bands, values, table[whole].alpha, groups, settings)
        tables.append(table.assign(n_others=sizes, p=np.where(whole, p, np.nan)))
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return scores[COLUMNS]


def _pools(n_others: int, seed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Draw pools of 1, 2, 4, … other subjects, and all of them last."""
    rng = np.random.default_rng(seed)
    size = 1
    while size < n_others:
        drawn = {
            tuple(sorted(map(int, rng.permutation(n_others)[:size]))) for _ in range(4 * MOST_POOLS)
        }
        for number, pool in enumerate(sorted(drawn)[:MOST_POOLS]):
            yield f"{size} of {n_others}, {number}", pool
        size *= 2
    yield "all others", tuple(range(n_others))


def _test(
    bands: Bands,
    values: NDArray[np.floating],
    alphas: pd.Series[float],
    groups: ArrayLike,
    settings: ScoreConfig,
) -> float:
    """Fit all others once more, at the alpha of each fold, and test what they predict."""
    labels = np.asarray(groups)
    folds = [fold.outer for fold in nested_folds(labels, settings)]
    source = JoinedBands(bands)

    def correlated(fold: Fold, alpha: float) -> NDArray[np.float64]:
        kernel = source.grams(fold.train, settings.similarity, "other subjects").kernel
        patterns = gram_matrices(values, fold.train, settings.similarity).patterns
        hat = factorise(kernel, fold.train, fold.test).hat(alpha)
        return correlations(hat, patterns, fold.train, fold.test)

    tested = [correlated(fold, float(alpha)) for fold, alpha in zip(folds, alphas, strict=True)]
    return ceiling_p(tested, folds, labels, settings.seed)


def rsa_bounds(rdms: NDArray[np.float64]) -> tuple[float, float]:
    """Give the lower and upper bound of the mean rank correlation with subjects' distances.

    Parameters
    ----------
    rdms : ndarray of float64, shape (n_subjects, n_pairs)
        At least two subjects.
    """
    # imported here: a study of which all is done starts without scipy.stats, which takes a second
    from scipy.stats import rankdata

    ranks = np.array([rankdata(one.round(12)) for one in rdms])
    total = ranks.sum(axis=0)
    low = [compare_rdms(total - own, own) for own in ranks]
    high = [compare_rdms(total, own) for own in ranks]
    return float(np.mean(low)), float(np.mean(high))


def rsa_ceilings(subjects: Sequence[Mapping[str, Columns]], folds: Sequence[Fold]) -> pd.DataFrame:
    """Bound RSA in each ROI, mean over the test stimuli of all folds.

    Parameters
    ----------
    subjects : sequence of mapping of ROI to ndarray or VoxelColumns, (n_stimuli, n_voxels)
        Responses to the same stimuli.
    folds : sequence of Fold

    Returns
    -------
    DataFrame
        roi, low, high; a row for each ROI that two subjects have, of correlation distances.
    """
    rows = []
    for roi in dict.fromkeys(name for subject in subjects for name in subject):
        own = [subject[roi] for subject in subjects if roi in subject]
        if len(own) >= LEAST_SUBJECTS:
            bounds = [
                rsa_bounds(np.array([rdm(held_out_grams(one, fold).patterns) for one in own]))
                for fold in folds
            ]
            low, high = np.mean(bounds, axis=0)
            rows.append({"roi": roi, "low": float(low), "high": float(high)})
    return pd.DataFrame(rows, columns=RSA_COLUMNS)
