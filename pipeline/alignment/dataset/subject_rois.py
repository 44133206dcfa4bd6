"""One subject, some of its ROIs: what a unit of work computes, wherever that is.

Arrays come as they lie in memory or on disk; rows and columns are cut out only here, so that
units which share an array do not each hold a copy of it while they wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.align import align, encode
from pipeline.alignment.alphas import draw_alphas
from pipeline.alignment.backends import backend_on
from pipeline.alignment.ceilings.across_subjects import across_subjects_ceiling
from pipeline.alignment.columns import Columns, VoxelColumns
from pipeline.alignment.contrasts.pair_sums import pack, sums_of_rows, unpack
from pipeline.alignment.fits import choose_by_voxels, score_fits
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.kernel.placed import forming_on
from pipeline.alignment.kernel.shared_grams import SharedGrams
from pipeline.alignment.permutations.exchanges import draw_permutations
from pipeline.alignment.permutations.null_vectors import null_vectors
from pipeline.alignment.score_tables import ALL_NUISANCE, OF_NUISANCE, best_layers, without_attrs
from pipeline.alignment.scores.crossvalidated import Repeats
from pipeline.alignment.sources import Bands, Layer, varying
from pipeline.config import ScoreConfig
from pipeline.words import BAG_OF_WORDS, DIRECTIONS, Direction

Arrays = Mapping[str, NDArray[np.floating]]
#: Shared by all models that this process aligns, alone and beside nuisance features.
GRAMS = SharedGrams()


@cache
def _grams_on(device: str) -> SharedGrams:
    return SharedGrams(form=forming_on(backend_on(device)))


@dataclass(frozen=True)
class SubjectRois:
    """Responses of one subject in some ROIs, and the stimuli it was shown.

    Parameters
    ----------
    values : ndarray of float, shape (n_shown, n_voxels)
    rois : mapping of str to ndarray of int
        ROI -> columns of ``values``.
    stimulus_rows : ndarray of int, shape (n_shown,)
        Which of all stimuli the rows of ``values`` answer.
    groups : ndarray of str, shape (n_shown,)
        Stimulus group of each of them.
    repeats : Repeats, optional
        Single showings of some of them, in all voxels.
    device : {'cpu', 'cuda'}
        Where Gram matrices lie, and ridge is computed from them.
    """

    values: NDArray[np.floating]
    rois: Mapping[str, NDArray[np.int64]]
    stimulus_rows: NDArray[np.int64]
    groups: NDArray[np.str_]
    repeats: Repeats | None = None
    device: str = "cpu"

    @property
    def form(self) -> SharedGrams:
        """Say what makes Gram matrices of responses, or has them ready."""
        return GRAMS if self.device == "cpu" else _grams_on(self.device)

    @property
    def lone(self) -> bool:
        """Whether every ROI has a single voxel, so that there is no pattern to compare."""
        return all(len(columns) == 1 for columns in self.rois.values())

    @property
    def directions(self) -> Sequence[Direction]:
        """In which 2v2 is known: encoding compares patterns over voxels."""
        return ("decoding",) if self.lone else DIRECTIONS

    def responses(self) -> dict[str, Columns]:
        """Point to the columns of the ROIs."""
        return {roi: VoxelColumns(self.values, columns) for roi, columns in self.rois.items()}

    def responses_to(self, stimuli: NDArray[np.int64], roi: str) -> dict[str, NDArray[np.floating]]:
        """Cut out a ROI's responses to some of the stimuli shown; empty without the ROI."""
        if roi not in self.rois:
            return {}
        return {roi: self.values[np.ix_(_rows(self, stimuli), self.rois[roi])]}

    def repeats_in(self, roi: str) -> Repeats | None:
        """Cut out the showings in the voxels of a ROI."""
        if self.repeats is None:
            return None
        return Repeats(self.repeats.values[:, :, self.rois[roi]], self.repeats.rows)

    def cut(self, features: Arrays) -> dict[str, NDArray[np.floating]]:
        """Cut out the rows of the stimuli shown, each array of shape (n_shown, n_columns)."""
        return {name: x[self.stimulus_rows] for name, x in features.items()}


def align_rois(some: SubjectRois, features: Arrays, settings: ScoreConfig) -> pd.DataFrame:
    """Align the layers of a model: see :func:`pipeline.alignment.align`.

    Parameters
    ----------
    some : SubjectRois
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
        For all stimuli.
    settings : ScoreConfig

    Returns
    -------
    DataFrame
        In decoding only where ROIs have a single voxel. ``attrs['fit_scores']`` lists the scores
        of each ROI and fold at the layer and alpha that encoding chose: see
        :func:`pipeline.alignment.fits.score_fits`.
    """
    cut, responses = some.cut(features), some.responses()
    table = align(cut, responses, some.groups, settings, directions=some.directions, form=some.form)
    folds = nested_folds(some.groups, settings)
    if some.lone:
        columns = [columns[0] for columns in some.rois.values()]
        voxels, alphas = some.values[:, columns], draw_alphas(settings)
        chosen = choose_by_voxels(cut, voxels, folds, alphas, settings.width)
        chosen["roi"] = np.array(list(some.rois))[chosen.column]
    else:
        best = best_layers(without_attrs(table), settings.objective)
        chosen = best[best.direction == "encoding"]
    outer = [fold.outer for fold in folds]
    fits = []
    for roi, rows in chosen.groupby("roi", sort=False):
        name = str(roi)
        parts = (cut, responses[name], rows, outer, settings.width, some.repeats_in(name))
        fits.append(score_fits(*parts).assign(roi=name))
    table.attrs["fit_scores"] = pd.concat(fits).to_dict("records")
    return table


def encode_nuisance(some: SubjectRois, nuisance: Arrays, settings: ScoreConfig) -> pd.DataFrame:
    """Encode from each kind of nuisance features, and from all side by side but a bag of words.

    Parameters
    ----------
    some : SubjectRois
    nuisance : mapping of str to ndarray, shape (n_stimuli, n_columns)
        For all stimuli. A kind of which nothing varies over the training rows of some fold is
        left out.
    settings : ScoreConfig

    Returns
    -------
    DataFrame
        As :func:`pipeline.alignment.encode` gives it, ``layer`` being 'nuisance/<kind>' or
        'nuisance/all'; no rows where nothing varies.
    """
    cut = some.cut(nuisance)
    sources: dict[str, Bands] = {f"{OF_NUISANCE}{kind}": (x,) for kind, x in cut.items()}
    sources[ALL_NUISANCE] = (side_by_side(cut),)
    changing = varying(sources, nested_folds(some.groups, settings))
    if not changing:
        return pd.DataFrame()
    return encode(changing, some.responses(), some.groups, settings, form=some.form)


def encode_both(
    some: SubjectRois, nuisance: Arrays, features: Arrays, settings: ScoreConfig
) -> pd.DataFrame:
    """Encode from all nuisance features, but a bag of words, and a layer together, layer by layer.

    Both have the same weight: see :mod:`pipeline.alignment.sources`.

    Parameters
    ----------
    some : SubjectRois
    nuisance, features : mapping of str to ndarray, shape (n_stimuli, n_columns)
        For all stimuli.
    settings : ScoreConfig

    Returns
    -------
    DataFrame
        As :func:`pipeline.alignment.encode` gives it, with sums over pairs of the chosen layers.
    """
    beside = side_by_side(some.cut(nuisance))
    sources: dict[str, Bands] = {layer: (beside, x) for layer, x in some.cut(features).items()}
    table = encode(sources, some.responses(), some.groups, settings, settings.width, form=some.form)
    every = unpack(table.attrs["pair_sums"])
    chosen = sums_of_rows(every, best_layers(table, settings.objective))
    table.attrs["pair_sums"] = pack(chosen)
    return table


def side_by_side(nuisance: Arrays) -> NDArray[np.floating]:
    """Join the columns of all nuisance features but a bag of words: (n_stimuli, n_columns)."""
    return np.hstack([x for kind, x in nuisance.items() if kind != BAG_OF_WORDS])


def permute_rois(
    some: SubjectRois, features: Arrays, settings: ScoreConfig, n_permutations: int
) -> pd.DataFrame:
    """Score every direction and ROI with its stimuli as they were, and exchanged.

    Parameters
    ----------
    some : SubjectRois
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
        For all stimuli.
    settings : ScoreConfig
    n_permutations : int

    Returns
    -------
    DataFrame
        direction, roi, permutation (0: the stimuli as they were), two_vs_two (float32): see
        :func:`pipeline.alignment.permutations.null_vectors.null_vectors`.
    """
    folds, alphas = nested_folds(some.groups, settings), draw_alphas(settings)
    drawn = draw_permutations(some.groups, n_permutations, settings.seed)
    layers = {name: Layer(x, settings.width) for name, x in some.cut(features).items()}
    responses = some.responses()
    tables = []
    for direction in some.directions:
        vectors = null_vectors(
            layers, responses, direction, folds, alphas, settings.similarity, drawn
        )
        for roi, vector in vectors.items():
            scores = np.concatenate([[vector.observed], vector.null]).astype(np.float32)
            place = {"direction": direction, "roi": roi, "permutation": np.arange(len(scores))}
            tables.append(pd.DataFrame({**place, "two_vs_two": scores}))
    return pd.concat(tables, ignore_index=True)


def common_stimuli(subjects: Iterable[SubjectRois]) -> NDArray[np.int64]:
    """Find the stimuli that every subject was shown, ascending: shape (n_common,)."""
    common: NDArray[np.int64] = reduce(np.intersect1d, (some.stimulus_rows for some in subjects))
    return common


def across_rois(
    some: SubjectRois, others: Sequence[SubjectRois], settings: ScoreConfig
) -> pd.DataFrame:
    """Estimate the ceiling of a subject from the stimuli that it has in common with all others.

    Parameters
    ----------
    some : SubjectRois
    others : sequence of SubjectRois
        The other subjects.
    settings : ScoreConfig

    Returns
    -------
    DataFrame
        See :func:`across_subjects_ceiling`.
    """
    common = common_stimuli([some, *others])
    mine, *theirs = [_in_rows(each, common) for each in (some, *others)]
    groups = some.groups[_rows(some, common)]
    return across_subjects_ceiling(mine, theirs, groups, settings)


def _rows(some: SubjectRois, stimuli: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(some.stimulus_rows)
    return order[np.searchsorted(some.stimulus_rows[order], stimuli)]


def _in_rows(some: SubjectRois, stimuli: NDArray[np.int64]) -> dict[str, NDArray[np.floating]]:
    rows = _rows(some, stimuli)
    return {roi: some.values[np.ix_(rows, columns)] for roi, columns in some.rois.items()}
