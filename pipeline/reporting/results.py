"""The results of a study: every frame that a report may hold, checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from pipeline.errors import DataError, refuse
from pipeline.reporting import aggregate
from pipeline.reporting.checks import results_problems
from pipeline.reporting.frames import FRAMES
from pipeline.reporting.methods import ordered_methods
from pipeline.reporting.views import View, views_of


@dataclass(frozen=True)
class StudyResults:
    """Everything a report is made from. A frame that is not needed may be empty.

    Parameters
    ----------
    title : str
    task_scores : DataFrame
        One row per base, task, method, seed and metric; no rows where nothing was tuned.
    brain_scores : DataFrame
        One row per base, task, method, seed, brain, direction, split, ROI, subject and fold. The
        untuned base (method 'base') has rows for every task it is to be compared in. Models as they
        are have their name as method, :data:`pipeline.words.AS_THEY_ARE` as base and no task.
    settings : mapping of str to object
        What was computed how, in the words a reader should see.
    contrasts, subject_contrasts : DataFrame
        Differences between methods, over subjects and of each subject.
    overall : DataFrame
        Mean differences over the ROIs, tasks and bases of a brain, direction and split.
    families : DataFrame
        The mean difference over the cells of the primary family.
    regime_contrasts, regime_overall : DataFrame
        Differences between what bases were tuned on, by one method each (which stands in the place
        of the task), and their mean over ROIs, methods and bases.
    specifications : DataFrame
        That mean where alignments are made in other ways, the declared one first (empty name).
    chance : DataFrame
        Where the mean over subjects of an unrelated model would lie 95 times in 100, and tests
        against it: by permutations, or where there are 0, by how many stimulus groups are tested.
    ceilings, layer_profile, lineage : DataFrame
    rsa_ceilings : DataFrame
        Bounds of RSA (correlation distances) of each ROI, by how alike subjects are.
    unique : DataFrame
        2v2 accuracy of nuisance features alone, and what a model adds to it.
    fit_scores : DataFrame
        Scores of encoding fits beside 2v2, by their titles; none where an ROI cannot have one.
    p_values : DataFrame
        Permutation tests of 2v2 accuracies.
    paths : DataFrame
        Task score and 2v2 accuracy (mean over ROIs) of every subject, of versions along a training
        or between a base and its fully tuned version.
    matched : DataFrame
        Differences at equal validation score along trainings, mean over ROIs; of a contrast the
        row without a level is the mean over levels.
    minimal_pairs : DataFrame
        Share of the minimal pairs of each phenomenon in which a model of text prefers the good one.
    drift : DataFrame
        CKA and RSA of each layer's features with those of the base, over the same stimuli.
    voxel_contrasts : DataFrame
        Differences of voxel r between tunings by a prompt and full ones, where maps were made.

    Raises
    ------
    DataError
        All problems at once: empty frames, missing columns, NaN, repeated rows.
    """

    title: str
    task_scores: pd.DataFrame
    brain_scores: pd.DataFrame
    settings: Mapping[str, object] = field(default_factory=dict)
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    subject_contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    overall: pd.DataFrame = field(default_factory=pd.DataFrame)
    families: pd.DataFrame = field(default_factory=pd.DataFrame)
    regime_contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    regime_overall: pd.DataFrame = field(default_factory=pd.DataFrame)
    specifications: pd.DataFrame = field(default_factory=pd.DataFrame)
    chance: pd.DataFrame = field(default_factory=pd.DataFrame)
    ceilings: pd.DataFrame = field(default_factory=pd.DataFrame)
    layer_profile: pd.DataFrame = field(default_factory=pd.DataFrame)
    lineage: pd.DataFrame = field(default_factory=pd.DataFrame)
    rsa_ceilings: pd.DataFrame = field(default_factory=pd.DataFrame)
    unique: pd.DataFrame = field(default_factory=pd.DataFrame)
    fit_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    p_values: pd.DataFrame = field(default_factory=pd.DataFrame)
    paths: pd.DataFrame = field(default_factory=pd.DataFrame)
    matched: pd.DataFrame = field(default_factory=pd.DataFrame)
    minimal_pairs: pd.DataFrame = field(default_factory=pd.DataFrame)
    drift: pd.DataFrame = field(default_factory=pd.DataFrame)
    voxel_contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        frames = {name: (getattr(self, name), form) for name, form in FRAMES.items()}
        refuse(results_problems(frames), DataError)

    def has(self, frame: str) -> bool:
        """Say whether a frame, by name, has rows."""
        return not getattr(self, frame).empty

    @property
    def full_title(self) -> str:
        """The title; says so where subjects are simulated."""
        simulated = self.brain_scores["simulated"].astype(bool)
        if not simulated.any() or "simulated subjects" in self.title.lower():
            return self.title
        words = "simulated subjects" if simulated.all() else "in part simulated subjects"
        return f"{self.title} ({words})"

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """Task scores averaged over seeds: :func:`pipeline.reporting.aggregate.task_summary`."""
        return aggregate.task_summary(self.task_scores)

    @cached_property
    def units(self) -> pd.DataFrame:
        """2v2 accuracies by subject: :func:`pipeline.reporting.aggregate.unit_means`."""
        return aggregate.unit_means(self.brain_scores)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean 2v2 accuracies of cells: :func:`pipeline.reporting.aggregate.summarise`."""
        return aggregate.summarise(self.units)

    @cached_property
    def views(self) -> list[View]:
        """Views of the study in reading order."""
        return views_of(self.summary)

    @cached_property
    def main_views(self) -> list[View]:
        """One view for each base and brain: encoding if there is any, not in shuffled folds.

        Shuffled folds leak, and in decoding every model has a target space of its own.
        """
        main: dict[tuple[str, str], View] = {}
        for view in self.views:
            if _rank(view) < _rank(main.setdefault((view.base, view.brain), view)):
                main[view.base, view.brain] = view
        return list(main.values())

    @cached_property
    def method_names(self) -> list[str]:
        """All methods of the study in the order of tables: they fix colours and markers."""
        return ordered_methods([*self.task_scores["method"], *self.brain_scores["method"]])

    @cached_property
    def prompts_only(self) -> frozenset[str]:
        """Methods that train a prompt and no weight."""
        prompts = self.task_scores["trains_prompts_only"].astype(bool)
        return frozenset(self.task_scores.loc[prompts, "method"])


def _rank(view: View) -> tuple[bool, bool]:
    return view.split == "shuffled", view.direction != "encoding"
