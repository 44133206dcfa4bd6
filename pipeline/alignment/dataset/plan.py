"""The plan of one alignment: its subjects, splits and repeats, cut into units of work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.alignment.contrasts.pair_sums import unpack
from pipeline.alignment.dataset.finished_units import compute_unfinished
from pipeline.alignment.dataset.subject_rois import (
    Arrays,
    SubjectRois,
    align_rois,
    encode_both,
    encode_nuisance,
)
from pipeline.alignment.dataset.units import Unit, ridge_flops
from pipeline.alignment.folds import nested_folds
from pipeline.alignment.permutations.exchanges import exchange_problems
from pipeline.alignment.score_tables import without_attrs
from pipeline.alignment.scores import FIT_SCORES
from pipeline.alignment.scores.crossvalidated import Repeats
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.brains.near_identical import merged_groups
from pipeline.config import AlignConfig, ComputeConfig, ScoreConfig
from pipeline.errors import AlignmentError, Problem, refuse
from pipeline.words import BOTH, MODEL, NUISANCE

log = logging.getLogger("pipeline")
GROUP = "passage"  # the nuisance features that are the stimulus group itself


@dataclass(frozen=True)
class Part:
    """Some ROIs of a subject in one repeat of one split.

    Parameters
    ----------
    subject : str
    some : SubjectRois
    settings : ScoreConfig
        Seeded for this repeat.
    repeat : int
    """

    subject: str
    some: SubjectRois
    settings: ScoreConfig
    repeat: int

    def unit(self, source: str, function: Callable[..., pd.DataFrame], *arrays: Arrays) -> PartUnit:
        """Make a unit of a function of the ROIs, arrays for all stimuli, and settings.

        The last arrays are what every ROI is scored with.
        """
        rois = ", ".join(self.some.rois)
        name = f"{self.subject}, {self.settings.split}, repeat {self.repeat}, {source}: {rois}"
        arguments = (self.some, *arrays, self.settings)
        return PartUnit(self, source, Unit(name, function, arguments, self.flops(arrays[-1])))

    def flops(self, sources: Arrays, n_permutations: int = 0) -> float:
        """Estimate the operations of scoring every source with every ROI."""
        rois = self.some.rois.values()
        widths = [(x.shape[1], len(columns)) for x in sources.values() for columns in rois]
        return ridge_flops(self.some.groups, widths, self.settings, n_permutations)


@dataclass(frozen=True)
class PartUnit:
    """A unit of work, and what its rows are to be told apart by."""

    part: Part
    source: str
    unit: Unit

    def labelled(self, table: pd.DataFrame) -> pd.DataFrame:
        """Put subject, split, source and repeat before a table; its folds go on over repeats."""
        if table.empty:
            return table
        bare = without_attrs(table)
        fold = bare.fold + self._first(bare)
        return pd.DataFrame({**self.labels, **bare.assign(fold=fold)}, index=table.index)

    def sums(self, table: pd.DataFrame) -> pd.DataFrame:
        """Take the sums over pairs of groups of a table, labelled as its scores are."""
        packed = table.attrs.get("pair_sums")
        if table.empty or packed is None:
            return pd.DataFrame()
        sums = unpack(packed)
        return pd.DataFrame({**self.labels, **sums.assign(fold=sums.fold + self._first(table))})

    def fits(self, table: pd.DataFrame) -> list[dict[str, Any]]:
        """List the scores beside 2v2 of a table, with the labels and folds of its scores."""
        first = self._first(table) if len(table) else 0
        listed = table.attrs.get("fit_scores", ())
        return [{**self.labels, **row, "fold": row["fold"] + first} for row in listed]

    def _first(self, table: pd.DataFrame) -> int:
        """Give the number, over repeats, of the fold that a table calls 0."""
        return int(self.part.repeat * (table.fold.max() + 1)) + self.part.settings.first_fold

    def alpha_trials(self, table: pd.DataFrame) -> list[dict[str, Any]]:
        """List the alphas tried for a table, with their inner scores, under the same labels."""
        return [{**self.labels, **trial} for trial in table.attrs.get("trials", ())]

    @property
    def labels(self) -> dict[str, Any]:
        """Say whose rows they are."""
        part = self.part
        return {
            "subject": part.subject,
            "split": part.settings.split,
            "source": self.source,
            "repeat": part.repeat,
        }


@dataclass(frozen=True)
class Computed:
    """What units of an alignment gave.

    Parameters
    ----------
    scores : DataFrame
        Their labelled tables, joined; no rows and columns where there are none.
    alphas : DataFrame
        What Optuna was told of a model: subject, split, source, repeat, direction, roi, alpha
        (relative), and its inner_two_vs_two and inner_correlation, means over layers and folds.
    fit_scores : DataFrame
        subject, split, source, repeat, fold, layer, alpha, a column for each of ``FIT_SCORES``,
        roi: scores beside 2v2 of a model's encoding, at the layer and alpha chosen in each fold.
    pair_sums : DataFrame
        subject, split, source, repeat, direction, roi, layer, fold, group_a, group_b, wins,
        pairs: 2v2 summed over pairs of stimulus groups, of the layer chosen in each fold (of
        every kind where the source is nuisance).
    """

    scores: pd.DataFrame
    alphas: pd.DataFrame
    fit_scores: pd.DataFrame
    pair_sums: pd.DataFrame


@dataclass(frozen=True)
class Plan:
    """Everything about an alignment that does not depend on a model.

    Parameters
    ----------
    brain : BrainDataset
    groups : ndarray of str, shape (n_stimuli,)
        Stimulus groups, those with near-identical stimuli merged.
    splits : tuple of AlignConfig
        The settings in each split, the one asked for first.
    """

    brain: BrainDataset
    groups: NDArray[np.str_]
    splits: tuple[AlignConfig, ...]

    def parts(self) -> Iterator[Part]:
        """List what is aligned by itself."""
        device = self.splits[0].ridge_device
        for name, subject in self.brain.subjects.items():
            rows = subject.rows(len(self.brain.stimuli))
            size = self.splits[0].rois_per_unit or len(subject.rois)
            showings = subject.repeats
            repeats = None if showings is None else Repeats(showings, subject.repeated_rows())
            for batch in _batches(subject.rois, size):
                some = SubjectRois(subject.values, batch, rows, self.groups[rows], repeats, device)
                for settings in self.splits:
                    for repeat in range(settings.repeats):
                        again = settings.model_copy(update={"seed": settings.seed + repeat})
                        yield Part(name, some, again, repeat)

    def try_folds(self) -> None:
        """Make the folds of every subject, and let what is wrong with them be refused."""
        for part in self.parts():
            nested_folds(part.some.groups, part.settings)

    def exchange_problems(self, n_permutations: int) -> Iterator[Problem]:
        """Say of which subjects the stimuli cannot be exchanged that often."""
        for name, subject in self.brain.subjects.items():
            rows = subject.rows(len(self.brain.stimuli))
            where = f"permutations of {name}"
            yield from exchange_problems(self.groups[rows], n_permutations, where)


def _batches(
    rois: Mapping[str, NDArray[np.int64]], size: int
) -> Iterator[dict[str, NDArray[np.int64]]]:
    """Deal ROIs to units; those of a single voxel, which have no patterns, come by themselves."""
    lone = [roi for roi, columns in rois.items() if len(columns) == 1]
    for names in ([roi for roi in rois if roi not in lone], lone):
        for start in range(0, len(names), size):
            yield {roi: rois[roi] for roi in names[start : start + size]}


def make_plan(config: AlignConfig, brain: BrainDataset) -> Plan:
    """Merge groups of near-identical stimuli, and make sure that all folds can be made.

    Beside shuffled folds, grouped ones are planned, to show how much leaks; where they cannot be
    made, that is told.

    Raises
    ------
    AlignmentError
        Folds that cannot be scored, or that would split a stimulus group; stimuli that cannot be
        exchanged as often as is asked.
    """
    groups = _groups(brain.stimuli, config.near_identical)
    plan = Plan(brain, groups, (config,))
    plan.try_folds()
    if config.permutations:
        refuse(plan.exchange_problems(config.permutations), AlignmentError)
    if config.split != "shuffled":
        return plan
    compared = replace(plan, splits=(config, config.model_copy(update={"split": "grouped"})))
    try:
        compared.try_folds()
    except AlignmentError as error:
        log.info("  no grouped folds to compare the shuffled ones with: %s", error)
        return plan
    return compared


@lru_cache(maxsize=4)  # a study aligns many models with the same brain dataset
def _groups(stimuli: Stimuli, threshold: float) -> NDArray[np.str_]:
    groups = merged_groups(stimuli, threshold)
    before, after = (len(np.unique(names)) for names in (stimuli.groups, groups))
    if after < before:
        log.info("  near-identical stimuli: %d stimulus groups become %d", before, after)
    return groups


def model_units(plan: Plan, features: Arrays, nuisance: Arrays) -> Iterator[PartUnit]:
    """Cut the alignment of a model into units.

    Units share nothing, so that each can be computed anywhere and resumed alone. Two units of a
    subject form the Gram matrices of its ROIs twice, at 12,000 voxels and 13 layers for 1 % of
    their time.

    Parameters
    ----------
    plan : Plan
    features : mapping of layer to ndarray, shape (n_stimuli, n_features)
    nuisance : mapping of str to ndarray, shape (n_stimuli, n_columns)
        With which every layer is joined and scored again, in ROIs with patterns; empty: not.
    """
    for part in plan.parts():
        yield part.unit(MODEL, align_rois, features)
        if nuisance and not part.some.lone:
            yield part.unit(BOTH, encode_both, useful_nuisance(nuisance, part), features)


def nuisance_units(plan: Plan, nuisance: Arrays) -> Iterator[PartUnit]:
    """Cut the encoding from nuisance features alone into units; none without them."""
    if nuisance:
        for part in plan.parts():
            if part.some.lone:
                continue
            yield part.unit(NUISANCE, encode_nuisance, useful_nuisance(nuisance, part))


def useful_nuisance(nuisance: Arrays, part: Part) -> Arrays:
    """Leave out the passage where folds keep passages whole: there it can tell nothing."""
    leaks = part.settings.split == "shuffled"
    return {kind: x for kind, x in nuisance.items() if leaks or kind != GROUP}


def compute_parts(units: Sequence[PartUnit], folder: Path, compute: ComputeConfig) -> Computed:
    """Compute units and join their labelled tables: see :func:`compute_unfinished`."""
    tables = compute_unfinished([unit.unit for unit in units], folder, compute)
    computed = list(zip(units, tables, strict=True))
    scores = joined([unit.labelled(table) for unit, table in computed])
    alphas = [row for unit, table in computed for row in unit.alpha_trials(table)]
    fits = [row for unit, table in computed for row in unit.fits(table)]
    sums = [unit.sums(table) for unit, table in computed]
    # what an ROI of one voxel lacks came back as None
    kinds = dict.fromkeys(FIT_SCORES, float) if fits else {}
    fit_scores = pd.DataFrame(fits).astype(kinds)
    return Computed(scores, pd.DataFrame(alphas), fit_scores, joined(sums))


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join tables, passing over those without rows; no rows and columns where there are none."""
    full = [table for table in tables if not table.empty]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()
