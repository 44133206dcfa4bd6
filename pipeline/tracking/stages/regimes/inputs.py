"""Inputs of tuning in a regime: a base, an outer fold of a brain dataset, and what is learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from numpy.typing import NDArray

from pipeline.alignment.ceilings.voxels import voxel_ceilings
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.responses import Responses
from pipeline.config import AlignConfig, RegimeConfig, TaskConfig
from pipeline.data.regimes import FoldRows, regime_data, regime_task
from pipeline.errors import Problem, TuningError, refuse
from pipeline.models.bases import Base, find_base, short_name
from pipeline.tracking.names import run_title, valid_name
from pipeline.tracking.runs import Stage
from pipeline.tracking.stages.regimes.fold_places import FoldPlace
from pipeline.tracking.stages.tune.inputs import TuneRequest
from pipeline.tuning.method import Method
from pipeline.tuning.methods import METHODS
from pipeline.words import ON_RESPONSES

#: Settings that mean nothing where there is no task.
OF_TASKS = frozenset(TaskConfig.model_fields) - {"seed"} | {"bertscore_model", "bertscore_layers"}


@dataclass(frozen=True)
class RegimeRequest(TuneRequest):
    """Everything that a tuning in a regime is made from.

    Parameters
    ----------
    name : str
        Of the registered model.
    brain : str
        Of the brain dataset.
    place : FoldPlace
    n_voxels : int
        That are learned, of all subjects.
    belongs : bool
        Whether what comes of it belongs to the fold; a control, which nothing trains, does not.
    """

    config: RegimeConfig
    name: str
    brain: str
    place: FoldPlace
    n_voxels: int
    belongs: bool

    def unheeded(self) -> frozenset[str]:
        """Name the settings that mean nothing to the method, or are those of tasks."""
        return super().unheeded() | OF_TASKS

    def dataset(self) -> MetaDataset:
        """Describe the training stimuli of the fold for the inputs of a run."""
        source = CodeDatasetSource(tags={"source": self.data.source})
        return MetaDataset(source, name=self.brain, digest=self.data.digest[:32])


def regime_request(config: RegimeConfig, brain: BrainDataset, place: FoldPlace) -> RegimeRequest:
    """Find the base, and cut out what is learned in one outer fold.

    Raises
    ------
    PipelineError
        When base, brain dataset and method are not for one another, the base cannot be reached, or
        no voxel is above the ceiling that is asked for.
    """
    base = find_base(config.base)
    refuse(misfits(config, base, brain, METHODS[config.method]), TuningError)
    stimuli, n_stimuli = brain.stimuli, len(brain.stimuli)
    responses = np.empty((n_stimuli, 0), np.float32)
    if config.regime in ON_RESPONSES:
        columns = [
            _reliable(subject, place.rows, n_stimuli, config.voxel_ceiling)
            for subject in brain.subjects.values()
        ]
        responses = np.concatenate(columns, axis=1)
        refuse(_no_voxel(responses, config), TuningError)
    data = regime_data(stimuli.items, responses, place.rows, config.regime, brain.source)
    task = regime_task(base.modality, config.regime, data)
    folder, name = base.folder(), regime_model_name(config, brain.name)
    return RegimeRequest(
        config=config,
        base=base,
        base_folder=folder,
        task=task,
        data=data,
        name=name,
        brain=brain.name,
        place=place,
        n_voxels=responses.shape[1],
        belongs=bool(METHODS[config.method].recipes),
    )


def misfits(
    config: RegimeConfig, base: Base, brain: BrainDataset, method: Method
) -> Iterator[Problem]:
    """Find what does not fit together by what is known without any weight."""
    if base.modality != brain.stimuli.modality:
        yield Problem(
            "brain",
            f"stimuli for {base.modality}, as base {base.name} is, to tune it on",
            f"'{brain.name}', whose stimuli are {brain.stimuli.modality}",
            "Change brain or base.",
        )
    if method.interpolates:
        yield Problem(
            f"regime {config.regime}",
            "a method that is trained",
            f"'{method.name}', which lies between versions",
            "Leave the method out of grids with this regime.",
        )


def _reliable(
    subject: Responses, rows: FoldRows, n_stimuli: int, least: float
) -> NDArray[np.float32]:
    """Give a subject's responses in the order of stimuli, of voxels above a ceiling.

    Ceilings are of the training stimuli alone, so that no held-out response chooses a voxel.
    """
    rows_of_stimuli = subject.rows(n_stimuli)
    values = np.empty_like(subject.values)
    values[rows_of_stimuli] = subject.values
    columns = np.unique(np.concatenate(list(subject.rois.values())))
    if subject.repeats is not None:
        trained_on = np.isin(
            rows_of_stimuli[subject.repeated_rows()], [*rows.train, *rows.validation]
        )
        ceilings = voxel_ceilings(subject.repeats[:, trained_on][:, :, columns])
        columns = columns[~(ceilings <= least)]  # what is not known is not below
    return values[:, columns]


def _no_voxel(responses: NDArray[np.float32], config: RegimeConfig) -> Iterator[Problem]:
    if not responses.shape[1]:
        yield Problem(
            "voxel_ceiling",
            "a ceiling that some voxel of some subject is above",
            f"{config.voxel_ceiling:g}, which none is",
            "Lower voxel_ceiling.",
        )


def regime_model_name(config: RegimeConfig, brain: str) -> str:
    """Name the registered model that holds the versions of all folds and methods."""
    return valid_name(f"{short_name(config.base)}-{config.regime}-{brain}")


def regime_stage(config: RegimeConfig, align: AlignConfig, fold: int) -> Stage:
    """Describe the stage by its settings; a control belongs to no fold, which is then -1."""
    of_folds = align.model_dump(include={"split", "folds", "inner_folds", "near_identical"})
    tags = {
        "base": short_name(config.base),
        "task": config.regime,
        "method": config.method,
        "seed": str(config.seed),
        "brain": align.brain,
    }
    place = f" fold {fold}" if fold >= 0 else ""
    subject = f"{regime_model_name(config, align.brain)}{place}"
    settings = {**config.model_dump(exclude=set(OF_TASKS)), **of_folds, "fold": fold}
    settings |= {"fold_seed": align.seed, "brain": align.brain, "brain_dir": align.brain_dir}
    return Stage("tune", run_title(config.method, config.seed, "tune", subject), "", settings, tags)
