"""The studies that a person means by a run id, by the name of an experiment, or by nothing."""

from __future__ import annotations

import mlflow

from pipeline.errors import Problem, RegistryError
from pipeline.tracking.lineage import latest_study
from pipeline.tracking.runs import find_runs


def studies(named: str) -> list[str]:
    """List the runs of the studies that a person means.

    Parameters
    ----------
    named : str
        Run id of a study, or name of an experiment: the newest study of each name in it.
        Empty: the newest study of the store.

    Raises
    ------
    RegistryError
        No such experiment with a study; a run id is looked at by who reads it.
    """
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
