"""Simulated versions of single folds: features that were tuned on the responses of training rows.

A read-out of random functions of a version's features, flexible enough to fit noise, is trained on
the responses of all subjects to the training stimuli of an outer fold. What it predicts best stands
beside the features afterwards, as a network's last layer holds what it was tuned to read out: at
training stimuli nearer to the responses, noise included, than at held-out ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.grams import z_scored

Array = NDArray[np.float64]

#: Random functions of the features, and components of what they predict that are kept.
N_FUNCTIONS, N_COMPONENTS = 60, 6
#: Of the read-out's ridge regression, in mean eigenvalues of its training kernel.
PENALTY = 0.3


def tuned_on(features: Array, responses: Mapping[str, Array], train: NDArray[np.int64]) -> Array:
    """Tune features on the responses to training rows; other rows of responses are not looked at.

    Parameters
    ----------
    features : ndarray of float64, shape (n_stimuli, n_features)
    responses : mapping of subject to ndarray, shape (n_stimuli, n_voxels)
    train : ndarray of int64, shape (n_train,)

    Returns
    -------
    ndarray of float64, shape (n_stimuli, n_features + N_COMPONENTS)
    """
    functions = _functions_of(z_scored(features, train))
    fitted = functions[train]
    targets = np.hstack([y[train] for y in responses.values()])
    targets = (targets - targets.mean(axis=0)) / targets.std(axis=0)
    gram = fitted.T @ fitted
    gram[np.diag_indices_from(gram)] += PENALTY * np.trace(gram) / len(train)
    readout = np.linalg.solve(gram, fitted.T @ targets)
    _, _, components = np.linalg.svd(fitted @ readout, full_matrices=False)
    return np.hstack([features, functions @ readout @ components[:N_COMPONENTS].T])


def _functions_of(z: Array) -> Array:
    """Give rectified random mixtures, the same in every study, centred by what is usual."""
    rng = np.random.default_rng(3)
    mixtures = z @ rng.standard_normal((z.shape[1], N_FUNCTIONS)) / np.sqrt(z.shape[1])
    functions: Array = np.maximum(mixtures, 0.0) - 1 / np.sqrt(2 * np.pi)
    return functions
