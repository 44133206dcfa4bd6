"""Differences between methods with their intervals, as one table and as the main figure."""

from __future__ import annotations

import mlflow
import pandas as pd
from matplotlib.figure import Figure

from pipeline.config import ReportConfig
from pipeline.errors import ConfigError, DataError, Problem
from pipeline.reporting.figures.differences import differences_figure
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.main_figure import main_contrasts
from pipeline.reporting.views import View
from pipeline.tracking.api.studies import studies
from pipeline.tracking.lineage import latest_study, read_lineage
from pipeline.tracking.stages.report.cells import models_of, sums_of
from pipeline.tracking.stages.report.gather import study_results
from pipeline.tracking.stages.report.method_contrasts import method_contrasts
from pipeline.tracking.store import open_store
from pipeline.words import Direction


def contrasts(study: str = "", *, overall: bool = False) -> pd.DataFrame:
    """Read the differences between the methods of a study, or of all studies of an experiment.

    Parameters
    ----------
    study : str
        As for ``pipeline.scores``.
    overall : bool
        False: a row for each ROI, task and base. True: means over them, the answer of the report.

    Returns
    -------
    DataFrame
        study, study_run, then what a difference is of (modality, brain, simulated, split,
        direction; base, task and roi unless ``overall``), ``contrast`` with ``method_a`` and
        ``method_b``, ``difference`` in 2v2 accuracy of the first less the second, and ``low``
        and ``high`` of its 95 % interval over subjects, stimulus groups and trainings, ``p``,
        ``p_holm`` and counts, by the margin and family that the study declares. Where ``reason``
        says why there is no interval, it is NaN. No rows where nothing was compared.

    Raises
    ------
    PipelineError
        No such study or experiment, or what a run logged is gone or damaged.

    Examples
    --------
    >>> table = pipeline.contrasts(overall=True)
    >>> table.loc[table.method_b == "full", ["contrast", "brain", "n_subjects"]].head(1)
                 contrast               brain  n_subjects
    0  vpt-shallow − full  simulated-pictures           3
    """
    open_store(writing=False)
    return pd.concat([_contrasts_of(run, overall) for run in studies(study)], ignore_index=True)


def plot_contrast(
    study: str = "", *, base: str = "", brain: str = "", direction: Direction = "encoding"
) -> Figure:
    """Draw the main figure of a study's report: prompts less full fine-tuning in each ROI.

    Parameters
    ----------
    study : str
        Run id of a study; empty: the newest of the store.
    base, brain : str
        May be left out where the study has one.
    direction : {'encoding', 'decoding'}

    Returns
    -------
    Figure
        Differences with 95 % intervals, and a ring for each subject.

    Raises
    ------
    PipelineError
        No such study, several bases or brain datasets of which none is named, or no prompt
        tuning beside full fine-tuning among those named.

    Examples
    --------
    >>> figure = pipeline.plot_contrast(brain="simulated-pictures")
    >>> figure.axes[0].get_xlabel()
    '← lower      difference in 2v2 accuracy      higher →'
    """
    open_store(writing=False)
    results = _results(study or latest_study())
    view = _view(results, base, brain, direction)
    cells = main_contrasts(results, view)
    if cells.empty:
        expected = "prompt tuning beside full fine-tuning, with pair sums"
        remedy = "pipeline.scores() has the accuracies of each method."
        raise DataError(Problem("study", expected, f"none in {view.title}", remedy))
    subjects = view.rows_of(results.subject_contrasts)
    return differences_figure(view, cells, subjects, results.method_names).draw()


def _contrasts_of(study: str, overall: bool) -> pd.DataFrame:
    _, links = read_lineage(study)
    models = models_of(links)
    declared = _declared(study)
    compared = method_contrasts(sums_of(links, models), declared.margin, declared.family)
    table = compared.overall if overall else compared.cells
    name = mlflow.get_run(study).info.run_name
    named = pd.DataFrame({"study": name, "study_run": study}, index=table.index)
    return pd.concat([named, table], axis=1)


def _results(study: str) -> StudyResults:
    asks, links = read_lineage(study)
    declared = _declared(study)
    return study_results(asks, links, declared.margin, declared.family)


def _declared(study: str) -> ReportConfig:
    """Give margin and family as a study declares them; one made before it said so has defaults."""
    params = mlflow.get_run(study).data.params
    named = {name: params[name] for name in ("margin", "family") if name in params}
    return ReportConfig.model_validate({"study": study, **named})


def _view(results: StudyResults, base: str, brain: str, direction: Direction) -> View:
    """Choose the one view that a person means: grouped folds where there are several splits."""
    of_direction = [view for view in results.views if view.direction == direction]
    fitting = {
        (view.base, view.brain): view
        for view in sorted(of_direction, key=lambda view: view.split != "shuffled")
        if base in ("", view.base) and brain in ("", view.brain)
    }
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    listed = "; ".join(f"base '{b}' and brain '{n}'" for b, n in fitting or _all(of_direction))
    finding = f"base '{base}', brain '{brain}', direction '{direction}': {len(fitting)} fit"
    raise ConfigError(Problem("base and brain", f"one of {listed}", finding, "Name them."))


def _all(views: list[View]) -> dict[tuple[str, str], None]:
    return dict.fromkeys((view.base, view.brain) for view in views)
