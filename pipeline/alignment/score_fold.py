"""Which side a ROI is scored on: the kernel side over stimuli, or the primal one over columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.alignment.constant import constant_problems
from pipeline.alignment.engine import PairScore, Scored, Task
from pipeline.alignment.primal.arrays import fold_array
from pipeline.alignment.primal.cost import prefers_primal
from pipeline.alignment.primal.scores import score_direction_primal
from pipeline.alignment.settings import AlignSettings
from pipeline.alignment.threads import Map
from pipeline.alignment.voxels import Columns, columns_between
from pipeline.alignment.width import projected_array
from pipeline.errors import AlignmentError, refuse
from pipeline.words import Direction


def primal_rois(widest: int, responses: Mapping[str, Columns]) -> dict[str, NDArray[np.floating]]:
    """Read the ROIs that are cheaper on the primal side, whichever layer they meet.

    Parameters
    ----------
    widest : int
        Columns of the widest layer or source.
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    """
    return {
        roi: columns_between(y, 0, y.shape[1])
        for roi, y in responses.items()
        if prefers_primal(y.shape[0], widest, y.shape[1])
    }


def score_fold_primal(
    features: Mapping[str, NDArray[np.floating]],
    responses: Mapping[str, NDArray[np.floating]],
    number: int,
    task: Task,
    directions: Sequence[Direction],
    settings: AlignSettings,
    in_parallel: Map,
) -> Iterator[Scored]:
    """Score all layers and some ROIs in one outer fold on the primal side.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
        One z-scored copy of a layer is held at a time, for each thread.
    responses : mapping of ROI to ndarray, shape (n_stimuli, n_voxels)
    number : int
        Of the fold.
    task : Task
    directions : sequence of {'encoding', 'decoding'}
    settings : AlignSettings
        Uses similarity and width.
    in_parallel : callable

    Raises
    ------
    AlignmentError
        All arrays with a constant pattern, or without a column that varies.
    """
    if not responses:
        return
    train, similarity, width = task.fold.outer.train, settings.similarity, settings.width
    rois = {name: fold_array(y, train, similarity) for name, y in responses.items()}
    compared = "encoding" in directions
    refuse(constant_problems(rois, train, f"fold {number}, ROI", compared=compared), AlignmentError)

    def of_layer(name: str) -> list[tuple[Direction, PairScore]]:
        x, where = features[name], f"layer {name}, fold {number}"
        array = (
            projected_array(x, train, width, similarity, where)
            if width
            else fold_array(x, train, similarity)
        )
        layer = {name: array}
        problems = constant_problems(
            layer, train, f"fold {number}, layer", compared="decoding" in directions
        )
        refuse(problems, AlignmentError)
        sides = {"encoding": (layer, rois), "decoding": (rois, layer)}
        return [
            (direction, pair)
            for direction in directions
            for pair in score_direction_primal(*sides[direction], task)
        ]

    for pairs in in_parallel(of_layer, features):
        for direction, pair in pairs:
            yield Scored(direction, number, pair)
