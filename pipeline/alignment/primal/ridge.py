"""Ridge regression through the columns of the source: for fewer columns than stimuli.

The kernel side (:mod:`pipeline.alignment.kernel.ridge`) decomposes ``Z Zᵀ``, one row and column a
training stimulus. Here ``Zᵀ Z`` is decomposed, one for each column, which gives the same
predictions: ``(Zᵀ Z + λ I)⁻¹ Zᵀ = Zᵀ (Z Zᵀ + λ I)⁻¹``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.constant import no_variation
from pipeline.alignment.folds import Fold
from pipeline.alignment.kernel.grams import gram_matrices, z_scored
from pipeline.alignment.kernel.ridge import Ridge, factorise
from pipeline.alignment.primal.decompositions import SharedDecompositions
from pipeline.errors import AlignmentError

#: Of all that this process aligns.
decompose = SharedDecompositions()


def fit_smaller_side(values: NDArray[np.floating], fold: Fold) -> Ridge:
    """Z-score a source by the training rows and fit ridge on the side that is smaller.

    For hat matrices at alphas that are known already; inner folds are not served.

    Parameters
    ----------
    values : ndarray of float, shape (n_stimuli, n_columns)
        Read in blocks of columns where there are more columns than training rows.
    fold : Fold

    Raises
    ------
    AlignmentError
        No column varies over the training rows.

    Notes
    -----
    Costs ``2 n_stimuli m² + 9 m³`` flops with m the smaller of n_train and n_columns (of both
    where columns are more: ``2 n_stimuli² n_columns + 9 n_train³``).
    """
    if values.shape[1] >= len(fold.train):
        return factorise(gram_matrices(values, fold.train).kernel, fold.train, fold.test)
    z = z_scored(values, fold.train)
    trained = z[fold.train]
    cross = trained.T @ trained
    scale = float(np.trace(cross)) / len(fold.train)
    if not scale > 0:
        raise AlignmentError(no_variation("training rows"))
    eigenvalues, vectors = decompose(cross)
    return Ridge(eigenvalues, trained @ vectors, z[fold.test] @ vectors, scale)
