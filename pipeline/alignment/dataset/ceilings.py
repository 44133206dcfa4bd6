"""Noise ceilings of a whole brain dataset, for the stages that show them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment import Fold, make_folds, signal_ceiling, split_half_ceiling
from pipeline.alignment.ceilings.across_subjects import RSA_COLUMNS, rsa_ceilings
from pipeline.alignment.ceilings.extrapolated import extrapolated_ceilings, lower_bounds
from pipeline.alignment.ceilings.repeats import ceiling_by_roi
from pipeline.alignment.dataset.subject_rois import SubjectRois, across_rois, common_stimuli
from pipeline.alignment.dataset.units import Unit, ridge_flops
from pipeline.alignment.folds import nested_folds
from pipeline.brains import BRAINS
from pipeline.brains.dataset import BrainDataset
from pipeline.config import PrepareConfig, ScoreConfig
from pipeline.errors import AlignmentError
from pipeline.words import ACROSS_SUBJECTS, SIGNAL, SPLIT_HALF, Split

FoldMaker = Callable[[NDArray[np.str_]], tuple[Fold, ...]]

log = logging.getLogger("pipeline")
COLUMNS = ["kind", "split", "subject", "roi"]
SCORES = ["two_vs_two", "correlation", "correlation_corrected", "p"]
#: Other subjects that a pool holds, and which pool it is: only among ceilings across subjects.
POOL = ["n_others", "pool"]


@dataclass(frozen=True)
class CeilingUnit:
    """A unit of work that estimates a kind of ceiling for one subject, in the folds of a split."""

    kind: str
    split: Split
    subject: str
    unit: Unit


def split_half_ceilings(brain: BrainDataset, n_folds: int, split: Split, seed: int) -> pd.DataFrame:
    """Score repeats with repeats in folds of the repeated stimuli.

    Parameters
    ----------
    brain : BrainDataset
    n_folds, split, seed
        Of the folds.

    Returns
    -------
    DataFrame
        subject, roi, two_vs_two, correlation, correlation_corrected (means over folds); no rows
        for subjects without repeats, or with too few repeated stimuli for these folds.
    """
    deal = partial(make_folds, n_folds=n_folds, split=split, seed=seed)
    units = list(_split_half_units(brain, brain.stimuli.groups, split, deal))
    tables = [unit.unit.function(*unit.unit.arguments) for unit in units]
    return mean_ceilings(units, tables).drop(columns=["kind", "split", "p"])


def ceiling_units(
    brain: BrainDataset,
    signals: Mapping[str, NDArray[np.floating]],
    groups: NDArray[np.str_],
    settings: ScoreConfig,
) -> Iterator[CeilingUnit]:
    """Cut the ceilings that a brain dataset allows into units of work.

    Parameters
    ----------
    brain : BrainDataset
    signals : mapping of str to ndarray, shape (n_shown, n_voxels)
        Subject -> what a simulation put into its responses; empty where they were measured.
    groups : ndarray of str, shape (n_stimuli,)
        Stimulus groups that folds keep whole.
    settings : ScoreConfig

    Yields
    ------
    CeilingUnit
        Of kind 'split-half' for subjects with repeats, 'across-subjects' where there are several
        subjects (from all others, and from pools of fewer), 'signal' where they are simulated.
    """
    deal = partial(make_folds, n_folds=settings.folds, split=settings.split, seed=settings.seed)
    yield from _split_half_units(brain, groups, settings.split, deal)
    yield from _across_units(brain, groups, settings)
    for name, signal in signals.items():
        subject = brain.subjects[name]
        own_groups = groups[subject.rows(len(groups))]
        folds = deal(own_groups)
        rois = _with_patterns(subject.rois)
        if not rois:
            continue
        arguments = (signal_ceiling, (signal, subject.values), rois, own_groups, folds)
        flops = _compared(subject.values.shape, 1)
        unit = Unit(_name(name, SIGNAL, settings.split), ceiling_by_roi, arguments, flops)
        yield CeilingUnit(SIGNAL, settings.split, name, unit)


def mean_ceilings(units: list[CeilingUnit], tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Average what units found over folds, and extrapolate to infinitely many other subjects.

    Returns
    -------
    DataFrame
        kind, split, subject, roi, two_vs_two, correlation, correlation_corrected, p. The third
        score is empty for all kinds but split-half; p, a test against chance, is empty for
        split-half and extrapolated ones.
    """
    means = [
        table.groupby(["roi", *(name for name in POOL if name in table)], sort=False)
        .mean()
        .reset_index()
        .assign(kind=unit.kind, split=unit.split, subject=unit.subject)
        for unit, table in zip(units, tables, strict=True)
        if not table.empty
    ]
    if not means:
        return pd.DataFrame(columns=[*COLUMNS, *SCORES])
    every = pd.concat(means, ignore_index=True)
    across = every[every.kind == ACROSS_SUBJECTS]
    tables = [every[every.kind != ACROSS_SUBJECTS]]
    for split, pools in across.groupby("split", sort=False):
        tables += [lower_bounds(pools), extrapolated_ceilings(pools).assign(split=split)]
    full = [table for table in tables if not table.empty]
    return pd.concat(full, ignore_index=True).reindex(columns=[*COLUMNS, *SCORES])


def rsa_bounds_of(
    brain: BrainDataset, groups: NDArray[np.str_], settings: ScoreConfig
) -> pd.DataFrame:
    """Bound RSA by how alike the subjects are, in the folds of the stimuli that all were shown.

    Returns
    -------
    DataFrame
        split, roi, low, high; no rows with a single subject, or too few common stimuli for folds.
    """
    subjects = _subjects(brain, groups)
    common = common_stimuli(subjects.values()) if len(subjects) > 1 else np.array([], dtype=int)
    try:
        folds = [fold.outer for fold in nested_folds(groups[common], settings)]
    except AlignmentError:
        folds = []
    tables = [
        rsa_ceilings([one.responses_to(common, roi) for one in subjects.values()], folds)
        for roi in brain.rois
        if folds
    ]
    full = [table for table in tables if not table.empty]
    if not full:
        return pd.DataFrame(columns=["split", *RSA_COLUMNS])
    return pd.concat(full, ignore_index=True).assign(split=settings.split)


def simulated_signals(name: str, brain: BrainDataset) -> dict[str, NDArray[np.floating]]:
    """Simulate the subjects of a brain dataset again, without noise.

    Parameters
    ----------
    name : str
        In BRAINS. A prepared copy of simulated subjects does not say how they were made: it has
        no signals.
    brain : BrainDataset

    Returns
    -------
    dict of str to ndarray, shape (n_shown, n_voxels)
        Subject -> signal; empty for measured subjects.
    """
    if "simulated" not in name:
        return {}
    silent = PrepareConfig.model_validate(
        {"brain": name, "group_noise": 0, "white_noise": 0, "n_repeats": 1}
    )
    return {s: twin.values for s, twin in BRAINS[name].load(silent).subjects.items()}


def _split_half_units(
    brain: BrainDataset, groups: NDArray[np.str_], split: Split, deal: FoldMaker
) -> Iterator[CeilingUnit]:
    for name, subject in brain.subjects.items():
        rois = _with_patterns(subject.rois)
        if subject.repeats is None or not rois:
            continue
        repeated = groups[subject.rows(len(groups))][subject.repeated_rows()]
        try:
            folds = deal(repeated)
        except AlignmentError as error:
            log.info("  no split-half ceiling for %s: %s", name, error)
            continue
        arguments = (split_half_ceiling, (subject.repeats,), rois, folds)
        flops = _compared(subject.repeats.shape[-2:], len(subject.repeats) ** 2)
        unit = Unit(_name(name, SPLIT_HALF, split), ceiling_by_roi, arguments, flops)
        yield CeilingUnit(SPLIT_HALF, split, name, unit)


def _across_units(
    brain: BrainDataset, groups: NDArray[np.str_], settings: ScoreConfig
) -> Iterator[CeilingUnit]:
    subjects = _subjects(brain, groups)
    if len(subjects) < 2:
        return
    common = common_stimuli(subjects.values())
    try:
        nested_folds(groups[common], settings)
    except AlignmentError as error:
        log.info("  no ceiling across subjects from %d common stimuli: %s", len(common), error)
        return
    for name, some in subjects.items():
        others = tuple(other for known, other in subjects.items() if known != name)
        arguments = (some, others, settings)
        widths = [
            (sum(len(other.rois.get(roi, ())) for other in others), len(columns))
            for roi, columns in some.rois.items()
        ]
        flops = ridge_flops(groups[common], widths, settings)
        unit = Unit(_name(name, ACROSS_SUBJECTS, settings.split), across_rois, arguments, flops)
        yield CeilingUnit(ACROSS_SUBJECTS, settings.split, name, unit)


def _subjects(brain: BrainDataset, groups: NDArray[np.str_]) -> dict[str, SubjectRois]:
    """Give the subjects that have an ROI of several voxels."""
    rows = {name: subject.rows(len(groups)) for name, subject in brain.subjects.items()}
    return {
        name: SubjectRois(subject.values, rois, rows[name], groups[rows[name]])
        for name, subject in brain.subjects.items()
        if (rois := _with_patterns(subject.rois))
    }


def _with_patterns(rois: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Leave out ROIs of a single voxel: ceilings are those of patterns."""
    return {roi: columns for roi, columns in rois.items() if len(columns) > 1}


def _compared(shape: tuple[int, ...], n_pairs: int) -> float:
    """Estimate the operations of correlating every pattern with every other, pair by pair."""
    n_stimuli, n_voxels = shape
    return 2.0 * n_pairs * n_stimuli**2 * n_voxels


def _name(subject: str, kind: str, split: Split) -> str:
    return f"{subject}: {kind} ceiling, {split} folds"
