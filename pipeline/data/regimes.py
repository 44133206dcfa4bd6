"""Stand-ins for a task where a base is tuned on stimuli and the responses to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.data.forms.stimuli import RespondedStimuli
from pipeline.data.task import Task, TaskData
from pipeline.words import ON_RESPONSES, Modality, Regime

#: What the loss of each regime says with its sign turned: higher is better, as of every score.
SCORES: dict[tuple[Modality, Regime], str] = {
    ("text", "stimulus"): "log_likelihood",
    ("image", "stimulus"): "crops_log_likelihood",
    ("text", "brain"): "readout_r",
    ("image", "brain"): "readout_r",
    ("text", "joint"): "log_likelihood_and_readout_r",
    ("image", "joint"): "crops_log_likelihood_and_readout_r",
}
_SUMMARIES: dict[Regime, str] = {
    "stimulus": "the stimuli themselves",
    "brain": "the responses to the stimuli",
    "joint": "the stimuli and the responses to them",
}


@dataclass(frozen=True)
class FoldRows:
    """Rows of the training stimuli of an outer fold: none of its test stimuli is among them.

    Parameters
    ----------
    train : ndarray of int, shape (n_train,)
        To tune on.
    validation : ndarray of int, shape (n_validation,)
        Of other stimulus groups: they choose the checkpoint.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def regime_data(
    items: tuple[str, ...] | NDArray[np.uint8],
    responses: NDArray[np.float32],
    rows: FoldRows,
    regime: Regime,
    source: str,
) -> TaskData:
    """Cut out what a base is tuned on in one outer fold; nothing else of the arrays is looked at.

    Parameters
    ----------
    items : tuple of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        All stimuli.
    responses : ndarray of float32, shape (n_stimuli, n_voxels)
        To all of them; z-scored here by the rows that are tuned on.
    rows : FoldRows
    regime : 'stimulus', 'brain' or 'joint'
        Of responses, the first is given none.
    source : str

    Returns
    -------
    TaskData
        Its test split is that of validation: no score on held-out stimuli is one of a tuning.
    """
    tuned_on = responses[rows.train].astype(np.float64)
    spread = tuned_on.std(axis=0)
    centre, scale = tuned_on.mean(axis=0), np.where(spread > 0, spread, 1.0)

    def cut(own: NDArray[np.int64]) -> RespondedStimuli:
        some = tuple(items[n] for n in own) if isinstance(items, tuple) else items[own]
        if regime not in ON_RESPONSES:
            return RespondedStimuli(some, np.empty((len(own), 0), np.float32))
        return RespondedStimuli(some, ((responses[own] - centre) / scale).astype(np.float32))

    validation = cut(rows.validation)
    return TaskData(cut(rows.train), validation, validation, source)


def regime_task(modality: Modality, regime: Regime, data: TaskData) -> Task:
    """Let tuning in a regime pass for a task.

    Parameters
    ----------
    modality : 'text' or 'image'
    regime : 'stimulus', 'brain' or 'joint'
    data : TaskData
        Of one outer fold.
    """
    return Task(
        name=regime,
        modality=modality,
        summary=_SUMMARIES[regime],
        load=lambda _: data,
        form=f"regime-{regime}",
        scores=(SCORES[modality, regime],),
    )
