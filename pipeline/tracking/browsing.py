"""Addresses of the MLflow UI: a study, the scores of its runs, its models and their comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import mlflow
from mlflow.entities import Run

from pipeline.errors import RegistryError
from pipeline.tracking.lineage import Link, latest_study, read_lineage
from pipeline.tracking.registered import Registered, resolve
from pipeline.tracking.remembered import run_with
from pipeline.tracking.runs import NOTE
from pipeline.tracking.store import HTTP, chosen_experiment
from pipeline.tuning.methods import METHODS
from pipeline.words import DIRECTIONS, UI_PORT

#: The UI opens in its mode for chat applications unless told otherwise.
WORKFLOW = "workflowType=machine_learning"
#: A view of the runs page that the UI finds, by this key, in a tag of the experiment.
VIEW, VIEW_TAG = "scores", "mlflow.sharedViewState.scores"
COLUMNS = ("base", "task", "method", "brain")  # tags of an align run
FULL = "full"
GUIDE = """\
**Where to look.** A study's own run says what was found: its description, and `report.html` among
its artifacts. Below it lie the runs of its stages. The tab *Models* shows brain and task scores of
every tuned model; the model registry, prompt beside full fine-tuning (tick two versions, Compare).
"""


def browse_link(port: int) -> str:
    """Give the address at which the UI shows the runs of the newest study.

    Parameters
    ----------
    port : int
        On which ``make ui`` serves; the store's own server needs none.
    """
    return f"{_experiment_page(port)}/runs?{WORKFLOW}"


def how_to_browse() -> str:
    """Say how to look at the runs of the newest study."""
    link = browse_link(UI_PORT)
    return link if mlflow.get_tracking_uri().startswith(HTTP) else f"make ui, then open {link}"


def run_page(run_id: str) -> str:
    """Give the address of a run: on the store's server, else where ``make ui`` serves it."""
    experiment = run_with(run_id).info.experiment_id
    return f"{_server(UI_PORT)}/#/experiments/{experiment}/runs/{run_id}?{WORKFLOW}"


def version_page(name: str, version: str) -> str:
    """Give the address of a registered version, as :func:`run_page` does."""
    return f"{_server(UI_PORT)}/#/models/{quote(name)}/versions/{version}?{WORKFLOW}"


def links(port: int) -> dict[str, str]:
    """Give the addresses that answer a newcomer's questions, by what they show.

    Parameters
    ----------
    port : int
        As for :func:`browse_link`.

    Returns
    -------
    dict of str to str
        Without a finished study only the experiment's runs.
    """
    page = _experiment_page(port)
    try:
        study = latest_study()
    except RegistryError:
        return {"Runs": f"{page}/runs?{WORKFLOW}"}
    named = {
        "Answer and report": f"{page}/runs/{study}?{WORKFLOW}",
        "Scores of all runs": f"{page}/runs?{WORKFLOW}&viewStateShareKey={VIEW}",
        "Models": f"{page}/models?{WORKFLOW}",
    }
    compared = _compared(read_lineage(study)[1])
    if compared:
        versions = json.dumps({version.version: version.run_id for version in compared})
        place = f"{_server(port)}/#/compare-model-versions"
        name = quote(json.dumps(compared[0].name))
        named["Prompt beside full"] = f"{place}?name={name}&runs={quote(versions)}&{WORKFLOW}"
    return named


def guide_readers(study: str) -> None:
    """Have the experiment of a study say what to look at, and its runs page show the scores.

    Parameters
    ----------
    study : str
        Id of the study's run.
    """
    runs = [run_with(link.align_run) for link in read_lineage(study)[1]]
    view = {
        "searchFilter": "tags.stage = 'align'",
        "orderByKey": "tags.`mlflow.runName`",  # by date, the UI would fold them into the study
        "orderByAsc": True,
        "selectedColumns": [
            *(f"tags.`{name}`" for name in COLUMNS),
            *(f"metrics.`{name}`" for name in _scores(runs)),
        ],
    }
    client = mlflow.MlflowClient()
    experiment = mlflow.get_run(study).info.experiment_id
    client.set_experiment_tag(experiment, VIEW_TAG, json.dumps(view))
    client.set_experiment_tag(experiment, NOTE, GUIDE)


def _scores(runs: Sequence[Run]) -> list[str]:
    """List the mean accuracy over ROIs and those of each: of encoding, if there is any."""
    names = sorted({name for run in runs for name in run.data.metrics if name.count("/") == 1})
    for direction in DIRECTIONS:
        if of_rois := [name for name in names if name.startswith(f"{direction}_2v2/")]:
            return [f"mean/{direction}_2v2", *of_rois]
    return []


def _compared(links: Sequence[Link]) -> list[Registered]:
    """Choose the versions of one registered model that were tuned by a prompt and fully."""
    by_name: dict[str, dict[str, Registered]] = {}
    for registered in _versions(links):
        own = by_name.setdefault(registered.name, {})
        method = registered.names["method"]
        if method == FULL or (method in METHODS and METHODS[method].trains_prompts_only):
            own.setdefault(method, registered)
    return next(
        (list(own.values()) for own in by_name.values() if FULL in own and len(own) > 1), []
    )


def _versions(links: Sequence[Link]) -> Iterator[Registered]:
    yield from (resolve(uri) for uri in dict.fromkeys(link.model for link in links))


def _experiment_page(port: int) -> str:
    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    newest: Sequence[Any] = client.search_runs(
        experiments, "tags.stage = 'study'", order_by=["attributes.start_time DESC"], max_results=1
    )
    experiment = newest[0].info.experiment_id if newest else chosen_experiment()
    return f"{_server(port)}/#/experiments/{experiment}"


def _server(port: int) -> str:
    server = mlflow.get_tracking_uri()
    return server.rstrip("/") if server.startswith(HTTP) else f"http://127.0.0.1:{port}"
