"""One subject's scores: every direction, ROI, layer and fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.alphas import AlphaStudy, open_study
from pipeline.alignment.constant import constant_problems
from pipeline.alignment.contrasts.pair_sums import blocks_of, sums_of_rows
from pipeline.alignment.engine import Scored, Task, score_direction
from pipeline.alignment.inputs import check_inputs
from pipeline.alignment.kernel.grams import Grams, gram_matrices
from pipeline.alignment.kernel.subject_grams import SubjectGrams, form_grams
from pipeline.alignment.score_fold import primal_rois, score_fold_primal
from pipeline.alignment.scores import best_layers, score_table, summed_pairs
from pipeline.alignment.settings import AlignSettings
from pipeline.alignment.threads import Map, workers
from pipeline.alignment.voxels import Columns
from pipeline.alignment.width import projected_array
from pipeline.errors import AlignmentError, Problem, nearest, refuse
from pipeline.words import DIRECTIONS, Direction, Objective


def align(
    features: Mapping[str, NDArray[np.floating]],
    responses: Mapping[str, Columns] | SubjectGrams,
    groups: ArrayLike,
    settings: AlignSettings,
    *,
    within: ArrayLike | None = None,
    directions: Sequence[Direction] = DIRECTIONS,
) -> pd.DataFrame:
    """Score how well features predict responses, and responses features, for one subject.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
        Or what :func:`subject_grams` made of them, which serves any number of models.
    groups : array_like, shape (n_stimuli,)
        Stimulus group of each stimulus.
    settings : AlignSettings
    within : array_like, shape (n_stimuli,), optional
        Labels, as of topics or passages: 2v2 accuracy is also given over the pairs of stimuli
        that share one. None: the stimulus groups.
    directions : sequence of {'encoding', 'decoding'}
        Encoding compares patterns over voxels, so a ROI of a single voxel has none (with Pearson):
        it can be decoded from, not encoded.

    Returns
    -------
    DataFrame
        One row for each direction x ROI x layer x fold, in that order: direction, roi, layer,
        fold, two_vs_two, correlation, rank_accuracy, two_vs_two_within, n_pairs_within, alpha
        (relative), alpha_absolute, alpha_at_border, inner_two_vs_two, inner_correlation, n_test,
        n_train. Inner scores are those of the chosen alpha. Never NaN: a fold without pairs
        within a label has a two_vs_two_within of ½ and an n_pairs_within of 0, and
        :func:`mean_within` leaves it out. ``attrs['trials']`` lists what Optuna was told:
        direction, roi, alpha and its mean inner scores over layers and folds.
        ``attrs['pair_sums']`` holds, as lists by column, the 2v2 of the layer chosen in each
        fold, summed over pairs of stimulus groups: see :func:`pair_table`.

    Raises
    ------
    AlignmentError
        All problems at once of the arrays, of the folds, or of the z-scored arrays in one fold.
    """
    refuse(_direction_problems(directions), AlignmentError)
    arrays: dict[str, Mapping[str, Columns]] = {"features of layer": features}
    if isinstance(responses, SubjectGrams):
        check_inputs(arrays, {"groups": groups, "within": within})
        responses.check(groups, settings)
        subject, small, rois = responses, {}, list(responses.rois[0])
    else:
        arrays["responses of ROI"] = responses
        check_inputs(arrays, {"groups": groups, "within": within})
        widest = max(x.shape[1] for x in features.values())
        small, rois = primal_rois(widest, responses), list(responses)
        large = {roi: values for roi, values in responses.items() if roi not in small}
        subject = form_grams(large, groups, settings)
    studies = {
        (direction, roi): open_study(f"{direction}/{roi}", settings)
        for direction in directions
        for roi in rois
    }
    # One seed, one sequence: all studies try the same alphas, and one factorisation serves them.
    alphas = next(iter(studies.values())).alphas
    labels = np.asarray(groups if within is None else within)
    blocks = blocks_of(groups)
    tasks = [Task(fold, alphas, settings.objective, labels, blocks) for fold in subject.folds]
    with workers() as in_parallel:
        scored = [
            scored
            for number, task in enumerate(tasks)
            for scored in (
                *_score_fold(features, subject, number, task, directions, settings, in_parallel),
                *score_fold_primal(
                    features, small, number, task, directions, settings, in_parallel
                ),
            )
        ]
    table = score_table(scored, rois, features)
    sums = sums_of_rows(summed_pairs(scored), best_layers(table, settings.objective))
    table.attrs["trials"] = _tell(studies, scored, settings.objective)
    table.attrs["pair_sums"] = sums.to_dict("list")
    return table


def _score_fold(
    features: Mapping[str, NDArray[np.floating]],
    subject: SubjectGrams,
    number: int,
    task: Task,
    directions: Sequence[Direction],
    settings: AlignSettings,
    in_parallel: Map,
) -> Iterator[Scored]:
    """Score one outer fold; the features' Gram matrices of no other fold are held."""
    if not subject.rois[number]:
        return
    train = task.fold.outer.train
    rois = subject.rois[number]

    def grams(name: str) -> Grams:
        x, similarity = features[name], settings.similarity
        if settings.width:
            where = f"layer {name}, fold {number}"
            return projected_array(x, train, settings.width, similarity, where).grams()
        return gram_matrices(x, train, similarity)

    layers = dict(zip(features, in_parallel(grams, features), strict=True))
    of_layers = constant_problems(
        layers, train, f"fold {number}, layer", compared="decoding" in directions
    )
    of_rois = constant_problems(
        rois, train, f"fold {number}, ROI", compared="encoding" in directions
    )
    refuse(chain(of_layers, of_rois), AlignmentError)
    sides = {"encoding": (layers, rois), "decoding": (rois, layers)}
    for direction in directions:
        for pair in score_direction(*sides[direction], task, in_parallel):
            yield Scored(direction, number, pair)


def _direction_problems(directions: Sequence[str]) -> Iterator[Problem]:
    for name in directions:
        if name not in DIRECTIONS:
            yield Problem("directions", "a known name", repr(name), nearest(name, DIRECTIONS))
    if not directions:
        yield Problem("directions", "at least one", "none", "Leave the argument out for both.")


def _tell(
    studies: Mapping[tuple[Direction, str], AlphaStudy],
    scored: Sequence[Scored],
    objective: Objective,
) -> list[dict[str, Any]]:
    """Give every study its trials' inner scores, and list them."""
    told = []
    for (direction, roi), study in studies.items():
        curves = [s.pair.inner for s in scored if (s.direction, s.roi) == (direction, roi)]
        means = dict(zip(("two_vs_two", "correlation"), np.mean(curves, axis=0), strict=True))
        study.tell(means[objective])
        told += [
            {
                "direction": direction,
                "roi": roi,
                "alpha": float(alpha),
                "inner_two_vs_two": float(means["two_vs_two"][trial]),
                "inner_correlation": float(means["correlation"][trial]),
            }
            for trial, alpha in enumerate(study.alphas)
        ]
    return told
