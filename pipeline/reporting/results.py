"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from pipeline.errors import DataError, refuse
from pipeline.reporting.inputs import frame_problems


@dataclass(frozen=True)
class StudyResults:
    """Everything a report is made from.

    Parameters
    ----------
    title : str
    task_scores : DataFrame
        One row per base, task, method, seed and metric; columns in
        ``pipeline.reporting.inputs.TASK_SCORE_COLUMNS``.
    brain_scores : DataFrame
        One row per base, task, method, seed, brain, direction, split, ROI, subject and fold;
        columns in ``BRAIN_SCORE_COLUMNS``. The untuned base (method 'base') has rows for every
        task it is to be compared in.
    ceilings, layer_profile, lineage : DataFrame
        Columns in ``CEILING_COLUMNS``, ``LAYER_COLUMNS``, ``LINEAGE_COLUMNS``; may be empty.
    settings : mapping of str to object
        What was computed how, in the words a reader should see.
    unique : DataFrame
        Columns in ``UNIQUE_COLUMNS``: 2v2 accuracy of nuisance features alone, and what a model
        adds to it; may be empty.
    p_values : DataFrame
        Columns in ``P_VALUE_COLUMNS``: permutation tests of 2v2 accuracies; may be empty.

    Raises
    ------
    DataError
        All problems at once: empty frames, missing columns, NaN, repeated rows.
    """

    title: str
    task_scores: pd.DataFrame
    brain_scores: pd.DataFrame
    ceilings: pd.DataFrame
    layer_profile: pd.DataFrame
    settings: Mapping[str, object]
    lineage: pd.DataFrame
    unique: pd.DataFrame = field(default_factory=pd.DataFrame)
    p_values: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        refuse(
            frame_problems(
                self.task_scores,
                self.brain_scores,
                self.ceilings,
                self.layer_profile,
                self.lineage,
                self.unique,
                self.p_values,
            ),
            DataError,
        )

    @property
    def full_title(self) -> str:
        """The title; says so where subjects are simulated."""
        simulated = self.brain_scores["simulated"].astype(bool)
        if not simulated.any() or "simulated subjects" in self.title.lower():
            return self.title
        words = "simulated subjects" if simulated.all() else "in part simulated subjects"
        return f"{self.title} ({words})"
