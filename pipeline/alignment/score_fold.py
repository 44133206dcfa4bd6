"""One outer fold: every source with every ROI, each ROI on the side where it is cheaper.

The kernel side works with matrices over stimuli, the primal one with columns themselves. Both give
the same scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.columns import Columns, columns_between
from pipeline.alignment.constant import OfOneFold, constant_problems
from pipeline.alignment.folds import NestedFold
from pipeline.alignment.kernel.grams import Grams, z_scored
from pipeline.alignment.kernel.scores import score_by_stimuli
from pipeline.alignment.pairs import FoldTask, PairScore, Scored
from pipeline.alignment.primal.arrays import FoldArray
from pipeline.alignment.primal.cost import prefers_primal
from pipeline.alignment.primal.scores import score_by_columns
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
    """

    groups: NDArray[np.generic]
    folds: tuple[NestedFold, ...]
    by_stimuli: tuple[Mapping[str, Grams], ...]
    by_columns: Mapping[str, NDArray[np.floating]]
    names: tuple[str, ...]


def primal_rois(widest: int, responses: Mapping[str, Columns]) -> dict[str, NDArray[np.floating]]:
    """Read the ROIs that are cheaper on the primal side, whichever layer they meet.

    Parameters
    ----------
    widest : int
        Columns of the widest source.
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    """
    return {
        roi: columns_between(y, 0, y.shape[1])
        for roi, y in responses.items()
        if prefers_primal(y.shape[0], widest, y.shape[1])
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
    train = task.fold.outer.train
    where = f"fold {task.number}, layer"

    def both_ways(
        layers: Mapping[str, FoldData],
        regions: Mapping[str, FoldData],
        score: Callable[[Mapping[str, FoldData], Mapping[str, FoldData]], Iterable[PairScore]],
    ) -> list[Scored]:
        compared = "decoding" in directions
        refuse(constant_problems(layers, train, where, compared=compared), AlignmentError)
        sides = {"encoding": (layers, regions), "decoding": (regions, layers)}
        return [
            Scored(direction, task.number, pair)
            for direction in directions
            for pair in score(*sides[direction])
        ]

    def check(regions: Mapping[str, OfOneFold]) -> None:
        compared = "encoding" in directions
        problems = constant_problems(regions, train, f"fold {task.number}, ROI", compared=compared)
        refuse(problems, AlignmentError)

    grams = rois.by_stimuli[task.number]
    if grams:
        check(grams)
        formed = in_parallel(
            lambda name: sources[name].grams(train, similarity, f"{where} {name}"), sources
        )
        layers = dict(zip(sources, formed, strict=True))
        yield from both_ways(layers, grams, lambda x, y: score_by_stimuli(x, y, task, in_parallel))
    if rois.by_columns:
        columns = rois.by_columns.items()
        arrays = {roi: FoldArray(z_scored(y, train), similarity) for roi, y in columns}
        check(arrays)

        def of_source(name: str) -> list[Scored]:
            layer = {name: sources[name].columns(train, similarity, f"{where} {name}")}
            return both_ways(layer, arrays, lambda x, y: score_by_columns(x, y, task))

        for scored in in_parallel(of_source, sources):
            yield from scored
