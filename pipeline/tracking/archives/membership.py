"""The runs that a study rests on, whether it made them or reused them."""

from __future__ import annotations

import mlflow
from mlflow.entities import Run

from pipeline.config import ReportConfig
from pipeline.tracking.lineage import Link, read_lineage
from pipeline.tracking.registered import resolve
from pipeline.tracking.runs import find_runs
from pipeline.tracking.stages.report.stage import run_report


def runs_of_study(study: str) -> list[Run]:
    """Find every run that a study rests on: its own, its stages', bases, references, trials.

    Parameters
    ----------
    study : str
        Run id.

    Raises
    ------
    RegistryError
        It is no study whose models are all aligned.
    """
    _, links = read_lineage(study)
    ids = dict.fromkeys([study, run_report(ReportConfig(study=study)).run_id])
    for link in links:
        ids |= dict.fromkeys(_of_link(link))
    runs = {run_id: mlflow.get_run(run_id) for run_id in ids if run_id}
    for run_id in list(runs):
        children = find_runs(f"tags.`mlflow.parentRunId` = '{run_id}'")
        runs |= {child.info.run_id: child for child in children if child.info.status == "FINISHED"}
    return list(runs.values())


def _of_link(link: Link) -> list[str]:
    """List the runs behind one tuned model with one brain dataset."""
    registered = resolve(link.model)
    runs = [link.tune_run, link.extract_run, link.align_run]
    runs.append(mlflow.get_run(link.align_run).data.tags["reference"])
    runs.append(_base_run(link.model))
    if "interpolates" in registered.tags:
        towards = registered.tags["interpolates"]
        runs += [resolve(towards).run_id, _base_run(towards)]
    return runs


def _base_run(model: str) -> str:
    """Give the run that keeps the base of a registered version."""
    flavor = mlflow.models.get_model_info(model).flavors["python_function"]
    base: str = flavor["config"]["base_uri"].removeprefix("runs:/")
    return base.partition("/")[0]
