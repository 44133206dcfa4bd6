"""Align runs that a report is made of: those of a study, or any others that a person names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import mlflow
from mlflow.entities import Run

from pipeline.config import ReportConfig
from pipeline.config.stage import listed_names
from pipeline.errors import Problem, RegistryError, refuse
from pipeline.tracking.lineage import Link, latest_study, read_further_links, read_lineage
from pipeline.tracking.registered import DIGEST, resolve
from pipeline.tracking.runs import find_runs

_RUN_IDS = re.compile(r"\s*[0-9a-f]{32}(\s*,\s*[0-9a-f]{32})*\s*")
#: Tag of an align run: the run whose features it scored.
FEATURES = "features"
#: Tag of one that a study made beside those it declares: the specification, or the path.
ASIDE = "aside"
#: Weights of a version that is registered no more: any newer run of its names stands for it.
GONE = "gone"
ASKS = "What do these alignments show?"


@dataclass(frozen=True)
class Reportable:
    """What a report is about.

    Parameters
    ----------
    study : str
        Id of the study's run; empty where runs were named.
    title, asks : str
    links, further : list of Link
        Alignments as declared, and by other specifications or of versions along paths.
    """

    study: str
    title: str
    asks: str
    links: list[Link]
    further: list[Link]


def what_to_report(config: ReportConfig) -> Reportable:
    """Find the align runs that a report is asked for.

    Raises
    ------
    RegistryError
        When there is no such study or run, a run is no finished align run, or nothing matches.
    """
    if not config.runs:
        study = config.study or latest_study()
        asks, links = read_lineage(study)
        title = mlflow.get_run(study).data.tags["mlflow.runName"]
        return Reportable(study, title, asks, links, read_further_links(study))
    named = _RUN_IDS.fullmatch(config.runs) is not None
    runs = _named_runs(config.runs) if named else _newest(_matching_runs(config.runs))
    links = [_link(run) for run in runs]
    brains = ", ".join(dict.fromkeys(link.brain for link in links))
    return Reportable("", f"alignments with {brains}", ASKS, links, [])


def _named_runs(ids: str) -> list[Run]:
    runs, problems = [], []
    for run_id in listed_names(ids):
        try:
            run = mlflow.get_run(run_id)
        except mlflow.exceptions.MlflowException:
            problems.append(_no_align_run(f"'{run_id}', which this store does not have"))
            continue
        if run.data.tags.get("stage") == "align" and run.info.status == "FINISHED":
            runs.append(run)
        else:
            stage = run.data.tags.get("stage")
            problems.append(_no_align_run(f"'{run_id}', of stage {stage} ({run.info.status})"))
    refuse(problems, RegistryError)
    return runs


def _no_align_run(what: str) -> Problem:
    return Problem(
        "runs",
        "ids of finished align runs",
        what,
        "The Runs page shows them: tags.stage = 'align'.",
    )


def _matching_runs(filter_string: str) -> list[Run]:
    whole = f"tags.stage = 'align' and attributes.status = 'FINISHED' and {filter_string}"
    try:
        runs = find_runs(whole)
    except mlflow.exceptions.MlflowException as error:
        problem = Problem(
            "runs",
            "ids of align runs, or a filter such as tags.brain = 'arrays'",
            f"'{filter_string}' ({error.message})",
            "Filters are those of MLflow's Runs page.",
        )
        raise RegistryError(problem) from error
    computed = [run for run in runs if not {"reuses", ASIDE} & run.data.tags.keys()]
    if not computed:
        remedy = "Align a model first, or ask for fewer things at once."
        problem = Problem("runs", f"align runs with {filter_string}", "none", remedy)
        raise RegistryError(problem)
    return computed


def _newest(runs: list[Run]) -> Iterator[Run]:
    """Keep the newest run of each base, task, method, seed and brain; they come newest first.

    Bases of one name and other weights are several.
    """
    weights: dict[str, str] = {}
    cells: dict[tuple[str | None, ...], set[str]] = {}
    for run in runs:
        model = run.data.params["model"]
        if model not in weights:
            weights[model] = _weights_of(model)
        names = ("base", "task", "method", "seed", "brain")
        present = cells.setdefault(tuple(run.data.tags.get(name) for name in names), set())
        if weights[model] not in present and (weights[model] != GONE or not present):
            present.add(weights[model])
            yield run


def _weights_of(model: str) -> str:
    try:
        return resolve(model).tags.get(DIGEST, "")
    except RegistryError:
        return GONE


def _link(run: Run) -> Link:
    tags, model = run.data.tags, run.data.params["model"]
    return Link(
        model=model,
        tune_run=resolve(model).run_id,
        extract_run=tags.get(FEATURES, ""),
        align_run=run.info.run_id,
        brain=tags["brain"],
        simulated="simulated" in tags["brain"],
    )
