"""Lineage of a study: the runs it is made of, as its own run keeps them for the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import mlflow

from pipeline.errors import Problem, RegistryError
from pipeline.tracking.missing_names import ANOTHER_STUDY, no_studies, no_study
from pipeline.tracking.runs import artifact, find_runs
from pipeline.words import PathKind

FILE = "lineage.json"


@dataclass(frozen=True)
class Link:
    """One tuned model of a study with one brain dataset.

    Parameters
    ----------
    model : str
        URI of the registered version.
    tune_run, extract_run, align_run : str
        Ids of the runs that hold its results, whether this study made them or reused them. Where
        folds were put together, the second is empty, and the first that of the first fold.
    brain : str
    simulated : bool
        Whether that brain dataset's subjects are.
    specification : str
        Settings in which the alignment is not as the study declares it; empty: it is.
    path : 'alpha', 'step' or ''
        What the version is a point of: the way from a base to its fully tuned version, or that of
        a training; empty: it is what its method came to.
    place : float
        Where on that path.
    fold : int
        The outer fold that it is about, of a model that has a version for each; -1: all of them.
    pairs_run : str
        Id of the run that holds its accuracy on minimal pairs; empty where it has none.
    """

    model: str
    tune_run: str
    extract_run: str
    align_run: str
    brain: str
    simulated: bool
    specification: str = ""
    path: PathKind | Literal[""] = ""
    place: float = 0.0
    fold: int = -1
    pairs_run: str = ""

    @property
    def is_declared(self) -> bool:
        """Whether it is what a method came to, aligned as the study declares."""
        return not (self.specification or self.path) and self.fold < 0


def log_lineage(links: Sequence[Link], asks: str) -> None:
    """Log the links of a study to its run, the active one."""
    mlflow.log_dict({"asks": asks, "links": [asdict(link) for link in links]}, FILE)
    mlflow.set_tag("lineage", "logged")


def read_lineage(study: str) -> tuple[str, list[Link]]:
    """Read what a study asks and the links it logged, of the alignments that it declares.

    Raises
    ------
    RegistryError
        When there is no such run, it is no study, or not all its models are aligned yet.
    """
    try:
        run = mlflow.get_run(study)
    except mlflow.exceptions.MlflowException as error:
        raise no_study(study) from error
    if run.data.tags.get("lineage") != "logged":
        finding = f"'{study}', a run of stage {run.data.tags.get('stage')} ({run.info.status})"
        expected = "the run id of a study whose models are all aligned"
        raise RegistryError(Problem("study", expected, finding, ANOTHER_STUDY))
    asks, links = _read(study)
    return asks, [link for link in links if link.is_declared]


def read_further_links(study: str) -> list[Link]:
    """Read the links of a study by other specifications, and along paths; there may be none.

    Parameters
    ----------
    study : str
        Of which :func:`read_lineage` reads the others.
    """
    return [link for link in _read(study)[1] if not link.is_declared]


def _read(study: str) -> tuple[str, list[Link]]:
    stored = json.loads(Path(artifact(study, FILE)).read_text(encoding="utf-8"))
    return stored["asks"], [Link(**link) for link in stored["links"]]


def latest_study() -> str:
    """Find the run of the newest study that has something to report.

    Raises
    ------
    RegistryError
        When no study has come that far in this store.
    """
    for run in find_runs("tags.stage = 'study'"):
        if run.data.tags.get("lineage") == "logged":
            run_id: str = run.info.run_id
            return run_id
    raise no_studies()
