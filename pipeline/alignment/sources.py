"""Encoding from sources that are no features of a model: other subjects, nuisance, joined bands.

A source is one or more bands, arrays with a row for each stimulus. Their kernels, z-scored by the
training rows, are scaled to the same trace over those rows and summed, so that a band of three
columns weighs as much as one of 768. That is ridge on the bands side by side, each divided by
the root of its trace; all share one alpha, which is chosen inside the training fold as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.alphas import open_study
from pipeline.alignment.constant import constant_problems, no_variation
from pipeline.alignment.contrasts.pair_sums import blocks_of
from pipeline.alignment.engine import PairScore, Scored, Task, score_direction
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.inputs import check_inputs
from pipeline.alignment.kernel.grams import Grams, gram_matrices, z_scored
from pipeline.alignment.kernel.subject_grams import SubjectGrams, form_grams
from pipeline.alignment.primal.arrays import FoldArray, fold_array
from pipeline.alignment.primal.scores import score_direction_primal
from pipeline.alignment.score_fold import primal_rois
from pipeline.alignment.scores import score_table, summed_pairs
from pipeline.alignment.settings import AlignSettings
from pipeline.alignment.threads import Map, workers
from pipeline.alignment.voxels import Columns
from pipeline.errors import AlignmentError, Problem, refuse
from pipeline.words import Similarity

Bands = tuple[NDArray[np.floating], ...]


def encode(
    sources: Mapping[str, Bands],
    responses: Mapping[str, Columns] | SubjectGrams,
    groups: ArrayLike,
    settings: AlignSettings,
) -> pd.DataFrame:
    """Score how well each source predicts responses, for one subject.

    Parameters
    ----------
    sources : mapping of str to tuple of ndarray, each of shape (n_stimuli, n_columns)
        Their patterns are never compared, so a band may have a single column. A band whose
        columns are all constant over the training rows of a fold adds nothing in that fold.
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
        Or what :func:`pipeline.alignment.kernel.subject_grams` made of them.
    groups : array_like, shape (n_stimuli,)
    settings : AlignSettings
        The same as for :func:`pipeline.alignment.align` gives the same folds and alphas.

    Returns
    -------
    DataFrame
        One row for each ROI x source x fold: the columns of :func:`pipeline.alignment.align`,
        ``direction`` always 'encoding' and ``layer`` the source. ``attrs['pair_sums']`` holds the
        sums over pairs of stimulus groups of every source.

    Raises
    ------
    AlignmentError
        Arrays, folds or responses that cannot be aligned, or a source of which nothing varies
        over the training rows of a fold.
    """
    bands = _checked_bands(sources, len(np.asarray(groups)))
    arrays: dict[str, Mapping[str, Columns]] = {"source": bands} if bands else {}
    if isinstance(responses, SubjectGrams):
        check_inputs(arrays, {"groups": groups})
        responses.check(groups, settings)
        subject, small, rois = responses, {}, list(responses.rois[0])
    else:
        check_inputs({**arrays, "responses of ROI": responses}, {"groups": groups})
        widest = max(sum(x.shape[1] for x in bands) for bands in sources.values())
        small, rois = primal_rois(widest, responses), list(responses)
        large = {roi: values for roi, values in responses.items() if roi not in small}
        subject = form_grams(large, groups, settings)
    alphas = open_study("encoding", settings).alphas
    labels, blocks = np.asarray(groups), blocks_of(groups)
    scored: list[Scored] = []
    with workers() as in_parallel:
        for number, fold in enumerate(subject.folds):
            task = Task(fold, alphas, settings.objective, labels, blocks)
            pairs = [
                *_score_fold(sources, subject.rois[number], number, task, in_parallel),
                *_score_fold_primal(sources, small, number, task, settings.similarity, in_parallel),
            ]
            scored += (Scored("encoding", number, pair) for pair in pairs)
    table = score_table(scored, rois, sources)
    table.attrs["pair_sums"] = summed_pairs(scored).to_dict("list")
    return table


def _score_fold(
    sources: Mapping[str, Bands],
    rois: Mapping[str, Grams],
    number: int,
    task: Task,
    in_parallel: Map,
) -> Iterator[PairScore]:
    if not rois:
        return
    train = task.fold.outer.train
    refuse(constant_problems(rois, train, f"fold {number}, ROI", compared=True), AlignmentError)
    x = {name: _joined(name, bands, train, number) for name, bands in sources.items()}
    yield from score_direction(x, rois, task, in_parallel)


def _score_fold_primal(
    sources: Mapping[str, Bands],
    responses: Mapping[str, NDArray[np.floating]],
    number: int,
    task: Task,
    similarity: Similarity,
    in_parallel: Map,
) -> Iterator[PairScore]:
    """Score the ROIs that are cheaper by columns, holding one z-scored source a thread."""
    if not responses:
        return
    train = task.fold.outer.train
    rois = {roi: fold_array(y, train, similarity) for roi, y in responses.items()}
    refuse(constant_problems(rois, train, f"fold {number}, ROI", compared=True), AlignmentError)

    def of_source(name: str) -> list[PairScore]:
        x = {name: _side_by_side(name, sources[name], train, number)}
        return list(score_direction_primal(x, rois, task))

    for pairs in in_parallel(of_source, sources):
        yield from pairs


def _checked_bands(sources: Mapping[str, Bands], n_stimuli: int) -> dict[str, NDArray[np.floating]]:
    """List the bands to check; a constant one adds nothing, which is no mistake."""
    named = {f"{name}, band {n}": x for name, bands in sources.items() for n, x in enumerate(bands)}
    return {name: x for name, x in named.items() if len(x) != n_stimuli or not (x == x[0]).all()}


def varying(
    sources: Mapping[str, Bands], groups: ArrayLike, settings: AlignSettings
) -> dict[str, Bands]:
    """Keep the sources of which something varies over the training rows of every fold."""
    folds = nested_folds(groups, settings)
    return {
        name: bands
        for name, bands in sources.items()
        if all(any(np.ptp(x[f.outer.train], axis=0).max() > 0 for x in bands) for f in folds)
    }


def _joined(name: str, bands: Bands, train: NDArray[np.int64], fold: int) -> Grams:
    """Sum the kernels of the bands, each scaled to a mean diagonal of 1 over the training rows."""
    n_stimuli = len(bands[0])
    kernel = np.zeros((n_stimuli, n_stimuli))
    for band in bands:
        own = gram_matrices(band, train, "cosine").kernel
        trace = np.diagonal(own)[train].mean()
        if trace > 0:
            kernel += own / trace
    if not kernel.any():
        raise AlignmentError(_nothing_varies(name, fold))
    return Grams(kernel, kernel)  # what is predicted from is never compared: patterns stand idle


def _side_by_side(name: str, bands: Bands, train: NDArray[np.int64], fold: int) -> FoldArray:
    """Put z-scored bands side by side, each scaled so that its kernel is that of `_joined`."""
    columns = []
    for band in bands:
        z = z_scored(band, train)
        trace = np.vdot(z[train], z[train]) / len(train)
        if trace > 0:
            columns.append(z / np.sqrt(trace))
    if not columns:
        raise AlignmentError(_nothing_varies(name, fold))
    return FoldArray(np.hstack(columns), "cosine")


def _nothing_varies(name: str, fold: int) -> Problem:
    return no_variation(f"fold {fold}, {name}")
