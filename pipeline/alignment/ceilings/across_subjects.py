"""The noise ceiling across subjects: how well the others predict each one's responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.align import encode
from pipeline.alignment.ceilings.chance import ceiling_p
from pipeline.alignment.folds import Fold, nested_folds
from pipeline.alignment.kernel.correlations import correlations
from pipeline.alignment.kernel.grams import gram_matrices
from pipeline.alignment.kernel.ridge import factorise
from pipeline.alignment.sources import Bands, JoinedBands
from pipeline.config import ScoreConfig

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
