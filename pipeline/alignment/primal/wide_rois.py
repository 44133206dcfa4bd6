"""Encoding of ROIs that no memory holds, by sources of fewer columns than stimuli.

In the basis of a source's columns a fold is what it is on the kernel side over stimuli: ``Zᵀ Z`` is
the kernel, the held-out rows of Z what it predicts from, ``B Bᵀ`` and ``B Yᵀ`` the Gram matrices of
the target (:mod:`pipeline.alignment.primal.voxel_sums`). The same functions score both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns
from pipeline.alignment.constant import constant_problems
from pipeline.alignment.kernel.alpha_curves import inner_scores, inner_source, inner_target
from pipeline.alignment.kernel.correlations import TruePatterns, correlate, patterns_of
from pipeline.alignment.kernel.decided import AlphaScores
from pipeline.alignment.kernel.ridge import Ridge, decomposed
from pipeline.alignment.kernel.shared_grams import MOST_BYTES
from pipeline.alignment.pairs import FoldTask, PairScore, score_pair
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.curves import exact_curve, inner_curve
from pipeline.alignment.primal.voxel_sums import SourceSums, rows_of, sum_voxels
from pipeline.alignment.threads import Map
from pipeline.errors import AlignmentError, refuse
from pipeline.words import Similarity

# Columns of a source below this share of the training stimuli make its sums smaller than matrices
# over stimuli, and cheaper.
NARROW = 0.5


@dataclass(frozen=True)
class SummedFold:
    """One source and one ROI with some rows fitted and others held out.

    Parameters
    ----------
    gram : ndarray of float64, shape (n_columns, n_columns)
        ``Zᵀ Z`` of the fitted rows.
    held_out : ndarray of float64, shape (n_held_out, n_columns)
        Rows of Z.
    fitted : ndarray of float64, shape (n_columns, n_columns)
        ``B Bᵀ``.
    shared : ndarray of float64, shape (n_columns, n_held_out)
        ``B Yᵀ``.
    lengths : ndarray of float64, shape (n_held_out,)
        Of the true patterns.
    """

    gram: NDArray[np.float64]
    held_out: NDArray[np.float64]
    fitted: NDArray[np.float64]
    shared: NDArray[np.float64]
    lengths: NDArray[np.float64]

    def ridge(self) -> Ridge:
        """Decompose the source; the penalty is absolute."""
        return decomposed(self.gram, self.held_out, scale=1.0)

    def true(self) -> TruePatterns:
        """Put together what predictions are compared with."""
        return patterns_of(self.fitted, self.shared, self.lengths)

    def bounded(self, penalties: NDArray[np.float64]) -> AlphaScores:
        """Score every penalty in float32, with bounds."""
        source = inner_source(self.gram, self.held_out, penalties)
        return inner_scores(source, inner_target(self.fitted, self.shared / self.lengths))

    def exact(self, penalties: NDArray[np.float64]) -> NDArray[np.float64]:
        """2v2 and mean correlation for every penalty, shape (2, n_penalties)."""
        ridge, true = self.ridge(), self.true()
        return exact_curve(lambda some: correlate(ridge.hat(some), true), penalties, self.n_rows)

    @property
    def n_rows(self) -> int:
        """Rows that are held out."""
        return len(self.held_out)


def encodes_by_sums(n_rois: int, n_stimuli: int, n_trains: Sequence[int], widest: int) -> bool:
    """Say whether sums over voxels take the place of Gram matrices that would fill the memory.

    Parameters
    ----------
    n_rois, n_stimuli : int
    n_trains : sequence of int
        Training rows of each outer fold.
    widest : int
        Columns of the widest source.
    """
    matrices = n_rois * len(n_trains) * 16 * n_stimuli**2
    return matrices > MOST_BYTES and widest < NARROW * min(n_trains)


def score_wide_roi(
    sources: Mapping[str, FoldArray],
    roi: tuple[str, Columns],
    task: FoldTask,
    similarity: Similarity,
    in_parallel: Map,
) -> list[PairScore]:
    """Encode one ROI from every source in one outer fold, reading its voxels once.

    Parameters
    ----------
    sources : mapping of str to FoldArray
    roi : tuple of str and ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
        Its name, and its voxels.
    task : FoldTask
    similarity : {'pearson', 'cosine'}
    in_parallel : callable
        ``map``, or that of :func:`workers`.

    Raises
    ------
    AlignmentError
        A pattern of the ROI is constant, or nothing of it varies.

    Notes
    -----
    With p columns, n stimuli and v voxels a source costs about ``v (2 n p + (n_inner + 1) p²)``
    operations twice, and holds ``n p + (n_inner + 1) p² + n p`` numbers in float64.
    """
    (name, values), train, rows = roi, task.fold.outer.train, rows_of(task.fold)
    sums = {source: SourceSums(array.z[rows.order], rows) for source, array in sources.items()}
    squares = sum_voxels(sums, values, rows, similarity, in_parallel)
    where = f"fold {task.number}, ROI"
    refuse(constant_problems({name: squares}, train, where, compared=True), AlignmentError)
    lengths = np.sqrt(squares.patterns)

    def score(source: str) -> PairScore:
        outer, *inner = _folds(sums[source], lengths)
        scale = float(np.trace(outer.gram)) / len(train)
        curve = np.round(inner_curve(inner, task.alphas * scale, task.objective), 12)
        ridge, true = outer.ridge(), outer.true()

        def correlations(alpha: float) -> NDArray[np.float64]:
            return correlate(ridge.hat(alpha * scale), true)

        return score_pair((source, name), correlations, scale, task, curve)

    return list(in_parallel(score, sums))


def _folds(sums: SourceSums, lengths: NDArray[np.float64]) -> Iterator[SummedFold]:
    """Give the outer fold, then the inner ones."""
    trained = sums.z[: sums.rows.n_train]
    total = trained.T @ trained
    for n, part in enumerate(sums.rows.parts):
        held_out = sums.z[part]
        gram = total - held_out.T @ held_out if n else total
        true = lengths[sums.rows.order[part]]
        yield SummedFold(gram, held_out, sums.fitted[n], sums.shared[n], true)
