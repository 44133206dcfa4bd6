"""Brain scores of a store's studies as one tidy table."""

from __future__ import annotations

import mlflow
import pandas as pd

from pipeline.tracking.api.studies import studies
from pipeline.tracking.lineage import read_lineage
from pipeline.tracking.stages.report.brain_frames import chosen_scores, layer_number
from pipeline.tracking.stages.report.cells import models_of
from pipeline.tracking.store import open_store

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
        ``pipeline.align``. The score of a subject in a ROI is the mean over folds. Where
        stimuli were shuffled there are rows in grouped folds too: ``split`` tells them apart.

    Raises
    ------
    PipelineError
        No such study or experiment, or what a run logged is gone or damaged.

    Examples
    --------
    >>> table = pipeline.scores()
    >>> means = table.groupby(["direction", "roi", "method"]).score.mean().unstack()
    >>> sorted(means.columns)
    ['base', 'full', 'vpt-shallow']
    """
    open_store(writing=False)
    table = pd.concat([_scores_of(run_id) for run_id in studies(study)], ignore_index=True)
    return table[[*KEYS, *(name for name in table.columns if name not in (*KEYS, "source"))]]


def _scores_of(study: str) -> pd.DataFrame:
    _, links = read_lineage(study)
    models = models_of(links)
    tables = [chosen_scores(link, models[link.model]) for link in links]
    table = pd.concat(tables, ignore_index=True)
    return table.rename(columns={"two_vs_two": "score"}).assign(
        study=mlflow.get_run(study).info.run_name,
        study_run=study,
        layer=table.layer.map(layer_number),
    )
