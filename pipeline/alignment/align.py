"""One subject's scores: every direction, ROI, source and fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.columns import Columns, check_inputs
from pipeline.alignment.contrasts.pair_sums import blocks_of, pack, sums_of_rows
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.grams import FormGrams, grams_by_fold
from pipeline.alignment.pairs import FoldTask, Scored
from pipeline.alignment.primal.cost import FoldSizes
from pipeline.alignment.primal.wide_rois import encodes_by_sums
from pipeline.alignment.score_fold import RoisBySide, primal_rois, score_fold
from pipeline.alignment.score_tables import best_layers, score_table, summed_pairs
from pipeline.alignment.sources import Bands, JoinedBands, Layer, Source
from pipeline.alignment.threads import workers
from pipeline.config import ScoreConfig
from pipeline.errors import AlignmentError, Problem, nearest, refuse
from pipeline.words import DIRECTIONS, Direction

DEFAULTS = ScoreConfig()


def align(
    features: Mapping[str, NDArray[np.floating]],
    responses: Mapping[str, Columns],
    groups: ArrayLike,
    settings: ScoreConfig = DEFAULTS,
    *,
    directions: Sequence[Direction] = DIRECTIONS,
    form: FormGrams = grams_by_fold,
) -> pd.DataFrame:
    """Score how well features predict responses, and responses features, for one subject.

    Parameters
    ----------
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    groups : array_like, shape (n_stimuli,)
        Stimulus group of each stimulus: 2v2 accuracy is also given over the pairs of one group.
    settings : ScoreConfig, optional
    directions : sequence of {'encoding', 'decoding'}
        Encoding compares patterns over voxels, so a ROI of a single voxel has none (with Pearson):
        it can be decoded from, not encoded.
    form : callable
        How responses become Gram matrices: a :class:`SharedGrams` has them ready for later models.

    Returns
    -------
    DataFrame
        One row for each direction x ROI x layer x fold, in that order: direction, roi, layer,
        fold, a column for each score in ``SCORES``, n_pairs_within, alpha (relative),
        alpha_absolute, alpha_at_border, inner_two_vs_two, inner_correlation, n_test, n_train.
        Inner scores are those of the chosen alpha. Never NaN: a fold without pairs within a group
        has a two_vs_two_within of ½ and an n_pairs_within of 0, and ``mean_within`` leaves it
        out. ``attrs['trials']`` lists the alphas tried: direction, roi, alpha and its mean inner
        scores over layers and folds. ``attrs['pair_sums']`` holds the 2v2 of the layer chosen in
        each fold, summed over pairs of stimulus groups: see
        ``pipeline.alignment.contrasts.pair_sums.unpack``.

    Raises
    ------
    AlignmentError
        All problems at once of the arrays, of the folds, or of the z-scored arrays in one fold.

    Examples
    --------
    >>> import numpy as np
    >>> from pipeline.alignment import align, best_layers
    >>> from pipeline.config import ScoreConfig
    >>> rng = np.random.default_rng(0)
    >>> signal = rng.standard_normal((40, 3))
    >>> layers = {"layer 1": signal @ rng.standard_normal((3, 20))}
    >>> rois = {"language": signal @ rng.standard_normal((3, 30)) + rng.standard_normal((40, 30))}
    >>> passages = np.repeat(np.arange(10), 4)
    >>> scores = align(layers, rois, passages, ScoreConfig(folds=2, inner_folds=2, trials=4))
    >>> best_layers(scores).groupby("direction").two_vs_two.mean().round(2).to_dict()
    {'decoding': 0.97, 'encoding': 0.99}
    """
    refuse(_direction_problems(directions), AlignmentError)
    sources = {name: Layer(x, settings.width) for name, x in features.items()}
    rois = _ready({"features of layer": features}, groups, sources, responses, settings, form)
    labels, alphas = np.asarray(groups), draw_alphas(settings)
    scored = _score(sources, rois, labels, alphas, settings, directions)
    table = score_table(scored, rois.names, features)
    sums = sums_of_rows(summed_pairs(scored), best_layers(table, settings.objective))
    table.attrs["trials"] = _inner_means(scored, rois.names, alphas, directions)
    table.attrs["pair_sums"] = pack(sums)
    return table


def encode(
    sources: Mapping[str, Bands],
    responses: Mapping[str, Columns],
    groups: ArrayLike,
    settings: ScoreConfig,
    width: int = 0,
    *,
    form: FormGrams = grams_by_fold,
) -> pd.DataFrame:
    """Score how well joined bands predict responses, for one subject.

    Parameters
    ----------
    sources : mapping of str to tuple of ndarray, each of shape (n_stimuli, n_columns)
        Their patterns are never compared, so a band may have a single column. A band whose
        columns are all constant over the training rows of a fold adds nothing in that fold.
    responses : mapping of ROI to ndarray or VoxelColumns, shape (n_stimuli, n_voxels)
    groups : array_like, shape (n_stimuli,)
    settings : ScoreConfig
        The same as for ``align`` gives the same folds and alphas; its width is not looked at.
    width : int
        Principal components of the training rows that the last band of every source is reduced to;
        0: none.
    form : callable
        As for ``align``.

    Returns
    -------
    DataFrame
        One row for each ROI x source x fold: the columns of ``align``, ``direction`` always
        'encoding' and ``layer`` the source. ``attrs['pair_sums']`` holds the sums over pairs of
        stimulus groups of every source.

    Raises
    ------
    AlignmentError
        Arrays, folds or responses that cannot be aligned, or a source of which nothing varies
        over the training rows of a fold.
    """
    bands = _bands_to_check(sources, len(np.asarray(groups)))
    arrays: dict[str, Mapping[str, Columns]] = {"source": bands} if bands else {}
    joined = {name: JoinedBands(bands, width) for name, bands in sources.items()}
    rois = _ready(arrays, groups, joined, responses, settings, form)
    labels, alphas = np.asarray(groups), draw_alphas(settings)
    scored = _score(joined, rois, labels, alphas, settings, ("encoding",))
    table = score_table(scored, rois.names, sources)
    table.attrs["pair_sums"] = pack(summed_pairs(scored))
    return table


def _ready(
    arrays: Mapping[str, Mapping[str, Columns]],
    groups: ArrayLike,
    sources: Mapping[str, Source],
    responses: Mapping[str, Columns],
    settings: ScoreConfig,
    form: FormGrams,
) -> RoisBySide:
    """Check all inputs, and make of responses what both sides take."""
    check_inputs({**arrays, "responses of ROI": responses}, groups)
    widest = max(source.n_columns for source in sources.values())
    folds = nested_folds(groups, settings)
    trains, names = [fold.outer.train for fold in folds], tuple(responses)
    labels = np.array(groups)
    sizes = FoldSizes(len(labels), len(trains[0]), len(folds[0].inner), settings.trials)
    small = primal_rois(sizes, widest, responses)
    large = {roi: values for roi, values in responses.items() if roi not in small}
    if encodes_by_sums(len(large), len(labels), [len(train) for train in trains], widest):
        return RoisBySide(labels, folds, ({},) * len(folds), small, names, large)
    grams = form(large, trains, settings.similarity)
    return RoisBySide(labels, folds, grams, small, names)


def _score(
    sources: Mapping[str, Source],
    rois: RoisBySide,
    labels: NDArray[np.generic],
    alphas: NDArray[np.float64],
    settings: ScoreConfig,
    directions: Sequence[Direction],
) -> list[Scored]:
    """Score fold by fold; all try the same alphas, so one factorisation serves all targets."""
    blocks = blocks_of(rois.groups)
    with workers() as in_parallel:
        return [
            scored
            for number, fold in enumerate(rois.folds)
            for scored in score_fold(
                sources,
                rois,
                FoldTask(number, fold, alphas, settings.objective, labels, blocks),
                directions,
                settings.similarity,
                in_parallel,
            )
        ]


def _bands_to_check(
    sources: Mapping[str, Bands], n_stimuli: int
) -> dict[str, NDArray[np.floating]]:
    """List the bands to check; a constant one adds nothing, which is no mistake."""
    named = {f"{name}, band {n}": x for name, bands in sources.items() for n, x in enumerate(bands)}
    return {name: x for name, x in named.items() if len(x) != n_stimuli or not (x == x[0]).all()}


def _direction_problems(directions: Sequence[str]) -> Iterator[Problem]:
    for name in directions:
        if name not in DIRECTIONS:
            yield Problem("directions", "a known name", repr(name), nearest(name, DIRECTIONS))
    if not directions:
        yield Problem("directions", "at least one", "none", "Leave the argument out for both.")


def _inner_means(
    scored: Sequence[Scored],
    rois: Sequence[str],
    alphas: NDArray[np.float64],
    directions: Sequence[Direction],
) -> list[dict[str, Any]]:
    """List the alphas tried with their inner scores, means over layers and folds."""
    curves = {
        (direction, roi): np.mean(
            [s.pair.inner for s in scored if (s.direction, s.roi) == (direction, roi)], axis=0
        )
        for direction in directions
        for roi in rois
    }
    return [
        {
            "direction": direction,
            "roi": roi,
            "alpha": float(alpha),
            "inner_two_vs_two": float(curve[0, trial]),
            "inner_correlation": float(curve[1, trial]),
        }
        for (direction, roi), curve in curves.items()
        for trial, alpha in enumerate(alphas)
    ]
