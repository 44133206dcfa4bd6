"""The results of a study: every frame that a report may hold, declared once and checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import pandas as pd

from pipeline.errors import DataError, refuse
from pipeline.reporting import aggregate
from pipeline.reporting.checks import FrameForm, results_problems
from pipeline.reporting.frame_columns import (
    ALIGNED,
    ALIGNED_KEY,
    AT_EQUAL_SCORE,
    COMPARED,
    DRIFT,
    FAMILY,
    MATCHED,
    MODEL,
    ON_PATH,
    OVER_SUBJECTS,
    OVERALL,
    STATISTICS,
    UNCERTAIN,
    VOXEL,
)
from pipeline.reporting.methods import ordered_methods
from pipeline.reporting.views import View, views_of

_FORM = "form"


def _form(
    *columns: str, key: tuple[str, ...] = (), may_be_nan: tuple[str, ...] = (), needed: bool = False
) -> dict[str, FrameForm]:
    """Declare what the frame of a field must hold."""
    return {_FORM: FrameForm(columns, key, may_be_nan, needed)}


@dataclass(frozen=True)
class StudyResults:
    """Everything a report is made from. A frame that is not needed may be empty.

    Parameters
    ----------
    title : str
    task_scores : DataFrame
        One row per base, task, method, seed and metric.
    brain_scores : DataFrame
        One row per base, task, method, seed, brain, direction, split, ROI, subject and fold. The
        untuned base (method 'base') has rows for every task it is to be compared in.
    settings : mapping of str to object
        What was computed how, in the words a reader should see.
    contrasts, subject_contrasts : DataFrame
        Differences between methods, over subjects and of each subject.
    overall : DataFrame
        Mean differences over the ROIs, tasks and bases of a brain, direction and split.
    families : DataFrame
        The mean difference over the cells of the primary family.
    specifications : DataFrame
        That mean where alignments are made in other ways, the declared one first (empty name).
    chance : DataFrame
        Where the mean over subjects of an unrelated model would lie 95 times in 100, and tests
        against it: by permutations, or where there are 0, by how many stimulus groups are tested.
    ceilings, layer_profile, lineage : DataFrame
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
    task_scores: pd.DataFrame = field(
        metadata=_form(
            *MODEL,
            "metric",
            "score",
            "score_sd_error",
            "model",
            "trainable_parameters",
            "total_parameters",
            "bytes_stored",
            "beats_base",
            "stopped",
            "slope",
            "examples",
            "budget",
            "modality",
            "trains_prompts_only",
            key=(*MODEL, "metric"),
            # an external score comes without a bootstrap, a control without a training
            may_be_nan=("score_sd_error", "slope", "examples"),
            needed=True,
        )
    )
    brain_scores: pd.DataFrame = field(
        metadata=_form(
            *ALIGNED,
            "fold",
            "two_vs_two",
            "two_vs_two_within",
            "n_pairs_within",
            "rank_accuracy",
            "layer",
            "alpha_at_border",
            key=(*ALIGNED_KEY, "fold"),
            needed=True,
        )
    )
    settings: Mapping[str, object] = field(default_factory=dict)
    contrasts: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(*COMPARED, *STATISTICS, key=COMPARED, may_be_nan=UNCERTAIN),
    )
    subject_contrasts: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(*COMPARED, "subject", "difference", key=(*COMPARED, "subject")),
    )
    overall: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *OVERALL,
            *STATISTICS,
            "n_cells",
            key=(*OVERALL, "simulated"),
            may_be_nan=UNCERTAIN,
        ),
    )
    families: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *FAMILY,
            *("difference", "low", "high", "p", "p_sign_flip", "least_p_sign_flip"),
            *("equivalent", "least_margin", "n_cells", "n_holm", "n_max", "reason"),
            key=FAMILY,
            may_be_nan=("low", "high", "p", "equivalent", "least_margin"),
        ),
    )
    specifications: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *("modality", "brain", "simulated", "direction", "specification"),
            *("difference", "low", "high", "p_joint", "least_p_joint", "reason"),
            key=("modality", "brain", "simulated", "direction", "specification"),
            may_be_nan=("low", "high"),
        ),
    )
    chance: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *OVER_SUBJECTS,
            *("low", "high", "p", "p_family", "permutations"),
            key=OVER_SUBJECTS,
            may_be_nan=("p", "p_family"),
        ),
    )
    ceilings: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *("kind", "brain", "subject", "roi", "direction", "two_vs_two", "p"),
            may_be_nan=("p",),  # a ceiling that is not tested
        ),
    )
    layer_profile: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(*MODEL, "brain", "direction", "roi", "subject", "layer", "two_vs_two"),
    )
    lineage: pd.DataFrame = field(
        default_factory=pd.DataFrame, metadata=_form(*MODEL, "model", "align_run")
    )
    unique: pd.DataFrame = field(
        default_factory=pd.DataFrame, metadata=_form(*ALIGNED, "fold", "nuisance", "unique")
    )
    fit_scores: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(*ALIGNED, "fold", "score", "value", key=(*ALIGNED_KEY, "fold", "score")),
    )
    p_values: pd.DataFrame = field(
        default_factory=pd.DataFrame, metadata=_form(*ALIGNED, "p", "permutations", key=ALIGNED_KEY)
    )
    paths: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *MODEL, *ON_PATH, *("metric", "validation", "two_vs_two"), key=(*MODEL, *ON_PATH)
        ),
    )
    matched: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(
            *AT_EQUAL_SCORE,
            *("method_a", "method_b", "metric", *MATCHED),
            key=AT_EQUAL_SCORE,
            may_be_nan=("level", *MATCHED),
        ),
    )
    drift: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(*MODEL, *DRIFT, key=(*MODEL, "brain", "layer")),
    )
    voxel_contrasts: pd.DataFrame = field(
        default_factory=pd.DataFrame,
        metadata=_form(*VOXEL, "difference", "passing", key=VOXEL),
    )

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


#: Name of each frame of :class:`StudyResults` -> what it must hold.
FRAMES: dict[str, FrameForm] = {
    f.name: f.metadata[_FORM] for f in fields(StudyResults) if _FORM in f.metadata
}
