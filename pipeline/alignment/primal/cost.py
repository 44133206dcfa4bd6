"""Costs of the primal and the kernel side, in floating-point operations."""

from __future__ import annotations

from dataclasses import dataclass

# The counted case, where nothing more is known: many outer folds, whose training rows are nearly
# all stimuli.
N_ALPHAS = 20
N_INNER = 5
# Eigenvalues and eigenvectors of a symmetric matrix of n rows: 9 n³ at the speed of a product.
EIGEN = 9


@dataclass(frozen=True)
class FoldSizes:
    """Sizes of one outer fold.

    Parameters
    ----------
    n_stimuli, n_train : int
        All stimuli, and those of the training rows.
    n_inner : int
        Inner folds.
    n_alphas : int
    """

    n_stimuli: int
    n_train: int
    n_inner: int = N_INNER
    n_alphas: int = N_ALPHAS


def prefers_primal(fold: FoldSizes, n_features: int, n_voxels: int) -> bool:
    """Say whether one layer and one ROI are cheaper scored on the primal side, both directions.

    Notes
    -----
    On either side the decompositions grow with the third power: of the training stimuli on the
    kernel side, of the columns of the source on the primal side. With 20 alphas, 5 inner folds and
    many outer ones BOLD5000 (4,900 stimuli, 768 features, 300 voxels) takes about a fiftieth of the
    operations on the primal side; Pereira 2018 (627 sentences, 768 features, 11,437 voxels) would
    take thousands of times more. It is training stimuli that count: of 5,000 stimuli in two outer
    and two inner folds, 2,500 and 1,250 are decomposed on the kernel side, and 4,000 voxels are
    cheaper there, though they are fewer than stimuli.

    Where only encoding is asked for, both directions count all the same: the primal side takes a
    ROI as a whole, z-scored in float64, so that large ones stay where they are read in blocks. Of
    128 features and ROIs of 1,000 and 2,000 voxels (627 stimuli), which the count of encoding alone
    would put on the primal side, it took 1.4 times as long there.
    """
    return _primal_both_ways(fold, n_features, n_voxels) < 2 * kernel_flops(fold)


def pair_flops(fold: FoldSizes, n_features: int, n_voxels: int) -> float:
    """Count the operations of one layer and one ROI in an outer fold, on the cheaper side."""
    return min(_primal_both_ways(fold, n_features, n_voxels), 2 * kernel_flops(fold))


def _primal_both_ways(fold: FoldSizes, n_features: int, n_voxels: int) -> float:
    there = primal_flops(fold, n_features, n_voxels)
    return there + primal_flops(fold, n_voxels, n_features)


def primal_flops(fold: FoldSizes, n_source: int, n_target: int) -> float:
    """Count the operations of :func:`score_by_columns` in one direction.

    Parameters
    ----------
    fold : FoldSizes
    n_source, n_target : int
        Columns.
    """
    n, p, q, coordinates = fold.n_train, n_source, n_target, min(n_source, n_target)
    products = 4 * n * p * (p + q)
    decompositions = (fold.n_inner + 1) * (EIGEN * p**3 + 2 * p**2 * q)
    basis = (fold.n_inner + 1) * 4 * p**2 * q if q > p else 0
    correlations = fold.n_alphas * 2 * n * coordinates * (p + n / fold.n_inner)
    tested = 2 * (fold.n_stimuli - n) * coordinates * (p + fold.n_stimuli - n)
    return products + decompositions + basis + correlations + tested


def kernel_flops(fold: FoldSizes) -> float:
    """Count the operations of the kernel side in one direction, without its Gram matrices.

    Eigenvectors of the training kernel and of the kernel of each inner fold's kept rows, products
    with the target's Gram matrix in their basis, a correlation matrix for every alpha, and the
    test rows.
    """
    held_out = 1 / fold.n_inner
    fit_share = 1 - held_out
    decompositions = EIGEN * (1 + fold.n_inner * fit_share**3)
    products = fold.n_inner * (3 * fit_share**3 + 4 * held_out * fit_share**2)
    correlations = fold.n_alphas * 2 * held_out * fit_share
    inner = fold.n_train**3 * (decompositions + products + correlations)
    return float(inner + 6 * (fold.n_stimuli - fold.n_train) * fold.n_train**2)
