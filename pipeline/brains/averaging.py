"""From single presentations to one response for each stimulus, with the repeats kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.brains.responses import Responses
from pipeline.brains.showings import most_showings


def averaged(
    presentations: NDArray[np.float32], stimulus: NDArray[np.int64], n_stimuli: int
) -> Responses:
    """Average the presentations of each stimulus.

    Parameters
    ----------
    presentations : ndarray of float32, shape (n_presentations, n_voxels)
    stimulus : ndarray of int64, shape (n_presentations,)
        Stimulus of each presentation.
    n_stimuli : int
        Stimuli of the whole dataset.

    Returns
    -------
    Responses
        Without regions: the caller knows them. ``repeats`` needs the same number R of
        presentations of every stimulus in it, chosen by :func:`most_showings`: stimuli with fewer
        are left out of ``repeats`` and of those with more the first R are kept. ``values``
        average all presentations.
    """
    order = np.argsort(stimulus, kind="stable")
    shown, starts, counts = np.unique(stimulus[order], return_index=True, return_counts=True)
    everyone = np.array_equal(shown, np.arange(n_stimuli))
    seen = None if everyone else shown.astype(np.int64)
    if counts.max() == 1:
        in_order = np.array_equal(order, np.arange(len(order)))
        values = presentations if in_order else presentations[order]
        return Responses(values, {}, shown=seen)
    values = np.empty((len(shown), presentations.shape[1]), dtype=np.float32)
    for place, (start, count) in enumerate(zip(starts, counts, strict=True)):
        chosen = presentations[order[start : start + count]]
        values[place] = chosen.mean(axis=0, dtype=np.float64)
    n_repeats = most_showings(counts)
    repeated = np.flatnonzero(counts >= n_repeats)
    take = order[starts[repeated] + np.arange(n_repeats)[:, np.newaxis]]
    return Responses(
        values=values,
        rois={},
        repeats=presentations[take],
        shown=seen,
        repeated=None if len(repeated) == len(shown) else repeated.astype(np.int64),
    )
