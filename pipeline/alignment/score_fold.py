"""One outer fold: every source with every ROI, each ROI on the side where it is cheaper.

The kernel side works with matrices over stimuli, the primal one with columns themselves, or, where
a ROI fits into no memory, with sums over its voxels. All give the same scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.backends import NUMPY
from pipeline.alignment.columns import Columns, columns_between
from pipeline.alignment.constant import OfOneFold, constant_problems
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.batched import score_batched
from pipeline.alignment.kernel.grams import Grams, RoisByFold, z_scored
from pipeline.alignment.kernel.scores import score_by_stimuli
from pipeline.alignment.pairs import FoldTask, PairScore, Scored
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.cost import FoldSizes, prefers_primal
from pipeline.alignment.primal.scores import score_by_columns
from pipeline.alignment.primal.wide_decoding import decode_wide_roi
from pipeline.alignment.primal.wide_rois import score_wide_roi
from pipeline.alignment.sources import Source
from pipeline.alignment.threads import Map
from pipeline.errors import AlignmentError, refuse
from pipeline.words import Direction, Similarity

FoldData = TypeVar("FoldData", bound=OfOneFold)


@dataclass(frozen=True)
class RoisBySide:
    """One subject's responses, as both sides take them.

    Parameters
    ----------
    groups : ndarray, shape (n_stimuli,)
        Stimulus group of each stimulus.
    folds : tuple of NestedFold
    by_stimuli : tuple of mapping of ROI to Grams
        The ROIs of the kernel side, fold by fold.
    by_columns : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
        Those of the primal side.
    names : tuple of str
        All ROIs, in the order of the table.
    wide : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
        Those of the kernel side where matrices of all folds would fill the memory: encoded by sums
        over voxels, and decoded by one matrix over stimuli at a time.
    """

    groups: NDArray[np.generic]
    folds: tuple[NestedFold, ...]
    by_stimuli: RoisByFold
    by_columns: Mapping[str, NDArray[np.floating]]
    names: tuple[str, ...]
    wide: Mapping[str, Columns] = field(default_factory=dict)


def primal_rois(
    fold: FoldSizes, widest: int, responses: Mapping[str, Columns]
) -> dict[str, NDArray[np.floating]]:
    """Read the ROIs that are cheaper on the primal side, whichever layer they meet.

    Parameters
    ----------
    fold : FoldSizes
    widest : int
        Columns of the widest source.
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    """
    return {
        roi: columns_between(y, 0, y.shape[1])
        for roi, y in responses.items()
        if prefers_primal(fold, widest, y.shape[1])
    }


def score_fold(
    sources: Mapping[str, Source],
    rois: RoisBySide,
    task: FoldTask,
    directions: Sequence[Direction],
    similarity: Similarity,
    in_parallel: Map,
) -> Iterator[Scored]:
    """Score all sources and ROIs in one outer fold; nothing of another fold is held.

    Parameters
    ----------
    sources : mapping of str to Source
    rois : RoisBySide
    task : FoldTask
    directions : sequence of {'encoding', 'decoding'}
    similarity : {'pearson', 'cosine'}
    in_parallel : callable
        ``map``, or that of :func:`workers`.

    Raises
    ------
    AlignmentError
        All arrays with a constant pattern, or without a column that varies.
    """
    if rois.wide:
        yield from _score_wide(sources, rois, task, (directions, similarity), in_parallel)
    grams = rois.by_stimuli[task.number]
    if grams:
        _check(grams, task, directions)
        train = task.fold.outer.train
        backend = next(iter(grams.values())).backend

        def form(name: str) -> Grams:
            return sources[name].grams(train, similarity, _of(task, name), backend)

        layers = dict(zip(sources, in_parallel(form, sources), strict=True))
        by_stimuli = partial(score_by_stimuli, task=task, in_parallel=in_parallel)
        if backend is not NUMPY:
            by_stimuli = partial(score_batched, task=task)
        yield from _both_ways(layers, grams, by_stimuli, task, directions)
    if rois.by_columns:
        yield from _score_small(sources, rois, task, (directions, similarity), in_parallel)


def _of(task: FoldTask, layer: str) -> str:
    """Say where a layer is, for messages."""
    return f"fold {task.number}, layer {layer}"


def _check(
    regions: Mapping[str, OfOneFold], task: FoldTask, directions: Sequence[Direction]
) -> None:
    """Refuse ROIs that cannot be aligned in this fold."""
    train, compared = task.fold.outer.train, "encoding" in directions
    problems = constant_problems(regions, train, f"fold {task.number}, ROI", compared=compared)
    refuse(problems, AlignmentError)


def _both_ways(
    layers: Mapping[str, FoldData],
    regions: Mapping[str, FoldData],
    score: Callable[[Mapping[str, FoldData], Mapping[str, FoldData]], Iterable[PairScore]],
    task: FoldTask,
    directions: Sequence[Direction],
) -> list[Scored]:
    """Refuse layers that cannot be aligned in this fold, and score in every direction."""
    train, compared = task.fold.outer.train, "decoding" in directions
    problems = constant_problems(layers, train, f"fold {task.number}, layer", compared=compared)
    refuse(problems, AlignmentError)
    sides = {"encoding": (layers, regions), "decoding": (regions, layers)}
    return [
        Scored(direction, task.number, pair)
        for direction in directions
        for pair in score(*sides[direction])
    ]


def _score_small(
    sources: Mapping[str, Source],
    rois: RoisBySide,
    task: FoldTask,
    ways: tuple[Sequence[Direction], Similarity],
    in_parallel: Map,
) -> Iterator[Scored]:
    """Score the ROIs of the primal side, source by source."""
    train, (directions, similarity) = task.fold.outer.train, ways
    columns = rois.by_columns.items()
    arrays = {roi: FoldArray(z_scored(y, train), similarity) for roi, y in columns}
    _check(arrays, task, directions)

    def of_source(name: str) -> list[Scored]:
        layer = {name: sources[name].columns(train, similarity, _of(task, name))}
        return _both_ways(layer, arrays, partial(score_by_columns, task=task), task, directions)

    for scored in in_parallel(of_source, sources):
        yield from scored


def _score_wide(
    sources: Mapping[str, Source],
    rois: RoisBySide,
    task: FoldTask,
    ways: tuple[Sequence[Direction], Similarity],
    in_parallel: Map,
) -> Iterator[Scored]:
    """Score the ROIs that no memory holds, each read once in a direction for all sources."""
    train, (directions, similarity) = task.fold.outer.train, ways
    columns = {name: x.columns(train, similarity, _of(task, name)) for name, x in sources.items()}
    compared = "decoding" in directions
    problems = constant_problems(columns, train, f"fold {task.number}, layer", compared=compared)
    refuse(problems, AlignmentError)
    score: dict[Direction, Callable[[tuple[str, Columns]], list[PairScore]]] = {
        "encoding": lambda roi: score_wide_roi(columns, roi, task, similarity, in_parallel),
        "decoding": lambda roi: decode_wide_roi(columns, roi, task),
    }
    for direction in directions:
        for roi in rois.wide.items():
            for pair in score[direction](roi):
                yield Scored(direction, task.number, pair)
