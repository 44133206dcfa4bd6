"""Costs of the primal and the kernel side, in floating-point operations."""

from __future__ import annotations

# The counted case. With fewer alphas decompositions weigh more on both sides; where the answer is
# not close, and it seldom is, neither number changes it.
N_ALPHAS = 20
N_INNER = 5
# Eigenvalues and eigenvectors of a symmetric matrix of n rows: 9 n³ at the speed of a product.
EIGEN = 9


def prefers_primal(n_stimuli: int, n_features: int, n_voxels: int) -> bool:
    """Say whether one layer and one ROI are cheaper scored on the primal side, both directions.

    Notes
    -----
    Counted for one outer fold with 20 alphas and 5 inner folds. On either side the decompositions
    grow with the third power: of the training stimuli on the kernel side, of the columns of the
    source on the primal side. BOLD5000 (4,900 stimuli, 768 features, 300 voxels) takes about a
    fiftieth of the operations on the primal side; Pereira 2018 (627 sentences, 768 features,
    11,437 voxels) would take thousands of times more.

    Where only encoding is asked for, both directions count all the same: the primal side takes a
    ROI as a whole, z-scored in float64, so that large ones stay where they are read in blocks. Of
    128 features and ROIs of 1,000 and 2,000 voxels (627 stimuli), which the count of encoding alone
    would put on the primal side, it took 1.4 times as long there.
    """
    return _primal_both_ways(n_stimuli, n_features, n_voxels) < 2 * kernel_flops(n_stimuli)


def pair_flops(n_stimuli: int, n_features: int, n_voxels: int) -> float:
    """Count the operations of one layer and one ROI in an outer fold, on the cheaper side."""
    both_ways = _primal_both_ways(n_stimuli, n_features, n_voxels)
    return min(both_ways, 2 * kernel_flops(n_stimuli))


def _primal_both_ways(n_stimuli: int, n_features: int, n_voxels: int) -> float:
    there = primal_flops(n_stimuli, n_features, n_voxels)
    return there + primal_flops(n_stimuli, n_voxels, n_features)


def primal_flops(n_stimuli: int, n_source: int, n_target: int) -> float:
    """Count the operations of :func:`score_by_columns` in one direction.

    Parameters
    ----------
    n_stimuli : int
    n_source, n_target : int
        Columns.
    """
    n, p, q, coordinates = n_stimuli, n_source, n_target, min(n_source, n_target)
    products = 4 * n * p * (p + q)
    decompositions = (N_INNER + 1) * (EIGEN * p**3 + 2 * p**2 * q)
    basis = (N_INNER + 1) * 4 * p**2 * q if q > p else 0
    correlations = N_ALPHAS * 2 * n * coordinates * (p + n / N_INNER)
    return products + decompositions + basis + correlations


def kernel_flops(n_stimuli: int) -> float:
    """Count the operations of the kernel side in one direction, without its Gram matrices.

    Eigenvectors of the training kernel and of the kernel of each inner fold's kept rows, products
    with the target's Gram matrix in their basis, and a correlation matrix for every alpha.
    """
    held_out = 1 / N_INNER
    fit_share = 1 - held_out
    decompositions = EIGEN * (1 + N_INNER * fit_share**3)
    products = N_INNER * (3 * fit_share**3 + 4 * held_out * fit_share**2)
    correlations = N_ALPHAS * 2 * held_out * fit_share
    return float(n_stimuli**3 * (decompositions + products + correlations))
