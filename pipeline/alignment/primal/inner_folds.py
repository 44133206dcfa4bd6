"""One source and one target in an inner fold on the primal side, in both precisions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.kernel.decided import AlphaScores, alike_rows
from pipeline.alignment.kernel.mixed import EPS, ROUNDING, mixed_lengths, mixed_scores
from pipeline.alignment.kernel.mixtures import mixed_poles
from pipeline.alignment.primal.curves import exact_curve
from pipeline.alignment.primal.split import (
    RotatedRows,
    TargetSplit,
    correlate_split,
    correlate_weights,
)


@dataclass(frozen=True)
class PrimalFold:
    """A source and a target with some rows fitted and others held out.

    Parameters
    ----------
    source : RotatedRows
    target : TargetSplit
    """

    source: RotatedRows
    target: TargetSplit

    @property
    def n_rows(self) -> int:
        """Rows that are held out."""
        return len(self.source.held_out)

    def exact(self, penalties: NDArray[np.float64]) -> NDArray[np.float64]:
        """2v2 and mean correlation for every penalty, shape (2, n_penalties)."""
        return exact_curve(
            lambda some: correlate_split(self.source, self.target, some), penalties, self.n_rows
        )

    def bounded(self, penalties: NDArray[np.float64]) -> AlphaScores:
        """Score every penalty in float32, from the few mixtures that tell all apart."""
        source, n_rows = self.source, self.n_rows
        poles = 1 / (source.eigenvalues[:, None] + penalties)
        mixtures, functions = mixed_poles(poles, source.rotated, EPS)
        rotated, mixed = source.rotated.astype(np.float32), functions.astype(np.float32)
        flat = np.multiply(rotated, mixed[:, None, :]).reshape(len(functions) * n_rows, -1)
        loadings, unit = self.target.loadings.astype(np.float32), self.target.unit
        predicted = np.matmul(flat, loadings)
        rows = np.sqrt(flat**2 @ np.einsum("ij,ij->i", loadings, loadings))
        spread = np.abs(mixtures) @ rows.reshape(-1, n_rows)
        left_out = np.sqrt(source.rotated**2 @ ((mixtures @ functions).T - poles) ** 2).T
        # No singular value is above the root of the largest sum of a row of ``A Aᵀ``.
        largest = float(np.sqrt(np.abs(loadings @ loadings.T).sum(axis=0).max()))
        off = 2 * ROUNDING * spread + left_out * largest
        lengths, changes = mixed_lengths(predicted.reshape(-1, n_rows, len(unit.T)), mixtures, off)
        shared = np.matmul(predicted, unit.T.astype(np.float32)).reshape(-1, n_rows, n_rows)
        ties = alike_rows(source.rotated * poles.max(axis=1)) | alike_rows(unit)
        rows_of = partial(self._rows, penalties)
        return mixed_scores(shared, mixtures, lengths, (changes, changes), ties, rows_of)

    def _rows(
        self,
        penalties: NDArray[np.float64],
        alphas: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Correlate some predictions in float64, each under an alpha of its own."""
        source, damping = self.source, self.source.eigenvalues + penalties[alphas, None]
        weights = source.rotated[rows] / damping
        return correlate_weights(weights, source.eigenvalues, self.target)
