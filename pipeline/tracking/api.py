"""Scores and features of a store, for a notebook or a script."""

from __future__ import annotations

from collections.abc import Sequence

import mlflow
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config import ExtractConfig
from pipeline.errors import DataError, Problem, RegistryError, refuse
from pipeline.tracking.lineage import latest_study, read_lineage
from pipeline.tracking.registry import require_sound, resolve
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.extract import features_of
from pipeline.tracking.stages.report.gather import chosen_scores, layer_number
from pipeline.tracking.store import open_store
from pipeline.words import Modality, Pooling

#: Say what a score is of, in this order; other columns follow them.
KEYS = ("study", "study_run", "base", "task", "method", "seed", "brain", "simulated", "subject",
        "split", "repeat", "fold", "roi", "direction", "layer", "score")  # fmt: skip


def scores(study: str = "") -> pd.DataFrame:
    """Read the brain scores of a study, or of all studies of an experiment.

    The store is the one that ``MLFLOW_TRACKING_URI`` names, else ``mlflow.db`` in this directory.

    Parameters
    ----------
    study : str
        Run id of a study, or name of an experiment: the newest study of each name in it.
        Empty: the newest study of the store.

    Returns
    -------
    DataFrame
        One row a fold: study, study_run, base, task, method, seed, brain, simulated, subject,
        split, repeat, fold, roi, direction, layer (0: embedding; chosen inside the training
        fold), score (2v2 accuracy; chance is 0.5), then the other scores, alphas and counts of
        :func:`pipeline.align`. The score of a subject in a ROI is the mean over folds. Where
        stimuli were shuffled there are rows in grouped folds too: ``split`` tells them apart.

    Raises
    ------
    PipelineError
        No such study or experiment, or what a run logged is gone or damaged.

    Examples
    --------
    ::

        table = pipeline.scores()
        table.groupby(["direction", "roi", "method"]).score.mean().unstack()
    """
    open_store(writing=False)
    table = pd.concat([_scores_of(run_id) for run_id in _studies(study)], ignore_index=True)
    return table[[*KEYS, *(name for name in table.columns if name not in (*KEYS, "source"))]]


def extract(
    model: str, stimuli: Sequence[str] | NDArray[np.uint8], pooling: Pooling = "mean"
) -> dict[str, NDArray[np.float32]]:
    """Compute the features of a registered model for stimuli of your own; nothing is logged.

    Parameters
    ----------
    model : str
        ``models:/<base>-<task>@<method>`` or ``models:/<name>/<version>``.
    stimuli : sequence of str, or ndarray of uint8, shape (n_stimuli, height, width, 3)
        Sentences for a model of text, pictures in RGB for one of images.
    pooling : {'mean', 'last', 'class'}
        One vector a stimulus: mean over tokens or patches, last token, class token.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_stimuli, n_features)
        By layer; ``layer_00`` is the embedding. A layer in which no stimulus differs from another
        is left out. What :func:`pipeline.align` takes.

    Raises
    ------
    PipelineError
        No such model, one that is damaged or would run code that is not this project's, stimuli
        that it does not take, or a pooling that it does not have.

    Examples
    --------
    ::

        pipeline.extract("models:/tiny-gpt2-summarization@prompt", ["A dog ran.", "It rained."])
    """
    items = _checked(stimuli)
    open_store(writing=False)
    registered = resolve(model)
    require_sound(registered, trusted=False)
    modality, of_stimuli = registered.tags["modality"], _modality(items)
    if of_stimuli != modality:
        expected = f"{modality} stimuli, as {registered.uri} takes"
        remedy = "Choose a model of their modality."
        raise DataError(Problem("stimuli", expected, of_stimuli, remedy))
    batch_size = ExtractConfig.model_fields["batch_size"].default
    asked = {"pooling": pooling, "batch_size": batch_size, "prompt_room": -1}
    layers, _ = features_of(registered, items, asked)
    return layers


def _studies(named: str) -> list[str]:
    """List the runs of the studies that a person means."""
    if not named:
        return [latest_study()]
    experiment = mlflow.get_experiment_by_name(named)
    if experiment is None:
        return [named]
    newest: dict[str, str] = {}
    for run in find_runs("tags.stage = 'study' and tags.lineage = 'logged'"):
        if run.info.experiment_id == experiment.experiment_id:
            newest.setdefault(run.info.run_name, run.info.run_id)
    if not newest:
        expected = "an experiment with a study whose models are all aligned"
        remedy = "Run one in it, or leave study out for the newest of the store."
        raise RegistryError(Problem("study", expected, f"'{named}', without one", remedy))
    return list(newest.values())


def _scores_of(study: str) -> pd.DataFrame:
    _, links = read_lineage(study)
    table = pd.concat([chosen_scores(link) for link in links], ignore_index=True)
    return table.rename(columns={"two_vs_two": "score"}).assign(
        study=mlflow.get_run(study).info.run_name,
        study_run=study,
        layer=table.layer.map(layer_number),
    )


def _modality(items: tuple[str, ...] | NDArray[np.uint8]) -> Modality:
    return "text" if isinstance(items, tuple) else "image"


def _checked(stimuli: Sequence[str] | NDArray[np.uint8]) -> tuple[str, ...] | NDArray[np.uint8]:
    """Tell sentences from pictures, and refuse what is neither."""
    if isinstance(stimuli, np.ndarray) and stimuli.dtype == np.uint8:
        refuse(_picture_problems(stimuli), DataError)
        return stimuli
    items = () if isinstance(stimuli, str) else tuple(stimuli)
    if not items or not all(isinstance(item, str) and item.strip() for item in items):
        expected = "a sequence of sentences, none of them empty, or an array of uint8 pictures"
        found = f"{type(stimuli).__name__} {str(stimuli)[:60]!r}"
        raise DataError(Problem("stimuli", expected, found, "Put a single sentence in a list."))
    return tuple(str(item) for item in items)


def _picture_problems(pictures: NDArray[np.uint8]) -> list[Problem]:
    if pictures.ndim == 4 and pictures.shape[-1] == 3 and pictures.size:
        return []
    expected = "shape (n_stimuli, height, width, 3)"
    remedy = "Put a single picture in an array of one; repeat a grey channel three times."
    return [Problem("stimuli", expected, f"shape {pictures.shape}", remedy)]
