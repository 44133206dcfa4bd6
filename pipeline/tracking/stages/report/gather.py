"""Results of a study, gathered from its runs for the report."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.config.tune import TRAINING_SETTINGS
from pipeline.data import TASKS
from pipeline.reporting.frames import FRAMES
from pipeline.reporting.results import StudyResults
from pipeline.tracking.browsing import run_page, version_page
from pipeline.tracking.lineage import Link
from pipeline.tracking.registered import Registered
from pipeline.tracking.remembered import run_with
from pipeline.tracking.stages.extract import CUT_STIMULI
from pipeline.tracking.stages.minimal_pairs import read_accuracies
from pipeline.tracking.stages.report.brain_frames import brain_frames, numbered
from pipeline.tracking.stages.report.cells import is_untuned, key_of, models_of, sums_of
from pipeline.tracking.stages.report.drift import drift_table
from pipeline.tracking.stages.report.method_contrasts import method_contrasts, specifications
from pipeline.tracking.stages.report.paths import matched_table, path_scores
from pipeline.tracking.stages.report.regimes import regime_contrasts, regime_rows
from pipeline.tracking.stages.report.settings import budget, settings_of
from pipeline.tracking.stages.report.voxel_contrasts import voxel_contrasts
from pipeline.tracking.stages.tune.records import BERTSCORE, CUT_EXAMPLES
from pipeline.tuning.methods import METHODS
from pipeline.words import ON_STIMULI

#: Shown of every task that has them, beside the score that decides which of its models is best.
METRICS = ("bertscore_f1", "exact_match", "accuracy")
#: Settings of tuning that matter only to a model with something of it: param -> tag of the version.
NEEDED = {
    **dict.fromkeys(("max_train", *TRAINING_SETTINGS), "trainable_parameters"),
    "prompt_length": "prompt_length",
}


def study_results(
    asks: str,
    links: Sequence[Link],
    margin: float,
    family: str,
    further: Sequence[Link] = (),
) -> StudyResults:
    """Gather what the runs of a study logged.

    Parameters
    ----------
    asks : str
        What the study asks; the title of its report.
    links : sequence of Link
    margin : float
        Differences in 2v2 accuracy within ± this count as none.
    family : str
        The primary family, as in :class:`pipeline.config.ReportConfig`.
    further : sequence of Link
        Alignments of the same models by other specifications, and of versions along paths.

    Raises
    ------
    PipelineError
        What a run logged is gone or damaged.
    """
    models = models_of([*links, *further])
    specified = [link for link in further if link.specification]
    on_paths = [link for link in further if link.path]
    ends = dict.fromkeys(link.model for link in links)
    tuned = [models[model] for model in ends if not is_untuned(models[model])]
    on_tasks = [model for model in tuned if model.names["task"] not in ON_STIMULI]
    tune_rows = [row for model in on_tasks for row in _task_rows(model)]
    tune_rows += regime_rows(links, models)
    sums, path_sums = sums_of(links, models), sums_of(on_paths, models)
    contrasts = method_contrasts(sums, margin, family)
    return StudyResults(
        title=asks,
        task_scores=pd.DataFrame(tune_rows, columns=FRAMES["task_scores"].columns),
        settings=settings_of(list(_runs_of(links, models))),
        lineage=pd.DataFrame(_lineage_rows(links, models)),
        contrasts=contrasts.cells,
        subject_contrasts=contrasts.subjects,
        overall=contrasts.overall,
        families=contrasts.families,
        paths=path_scores(path_sums, models),
        minimal_pairs=_minimal_pairs(links, models),
        matched=matched_table(path_sums, models, margin, family),
        specifications=specifications(contrasts, specified, models, margin, family),
        drift=numbered(drift_table(links, models)),
        voxel_contrasts=voxel_contrasts(links, models),
        **regime_contrasts(sums, margin),
        **brain_frames(links, models, sums),
    )


def _minimal_pairs(links: Sequence[Link], models: Mapping[str, Registered]) -> pd.DataFrame:
    """Put the accuracies of each model on minimal pairs below each other."""
    runs = {link.model: link.pairs_run for link in links if link.pairs_run}
    tables = [read_accuracies(run).assign(**key_of(models[model])) for model, run in runs.items()]
    return pd.concat([pd.DataFrame(), *(t for t in tables if not t.empty)], ignore_index=True)


def metrics_to_report(task: str, logged: Container[str]) -> list[str]:
    """List the scores of a task that a report shows, the deciding one first.

    Parameters
    ----------
    task : str
        In TASKS.
    logged : container of str
        Keys of the metrics that a tune run has: ``task/<score>``.
    """
    proposed = dict.fromkeys((TASKS[task].scores[0], *METRICS))
    return [metric for metric in proposed if f"task/{metric}" in logged]


def _task_rows(registered: Registered) -> Iterator[dict[str, Any]]:
    run = run_with(registered.run_id)
    metrics, tags = run.data.metrics, registered.tags
    trained = {
        # a version that an earlier release made says nothing of these
        "beats_base": tags.get("beats_base", ""),
        "stopped": tags.get("stopped", ""),
        "slope": metrics.get("loss/validation_slope", math.nan),
        "examples": metrics.get("examples", math.nan),
        "budget": budget(run.data.params) if int(tags["trainable_parameters"]) else "",
    }
    by = tags.get(BERTSCORE, "")
    for metric in metrics_to_report(registered.names["task"], metrics):
        yield {
            **key_of(registered),
            "metric": metric + (f" ({by})" if by and metric.startswith(BERTSCORE) else ""),
            "score": metrics[f"task/{metric}"],
            "score_sd_error": metrics[f"task/{metric}_error"],
            "model": f"{registered.name} v{registered.version}",
            "trainable_parameters": int(tags["trainable_parameters"]),
            "total_parameters": int(tags["total_parameters"]),
            "bytes_stored": int(tags["bytes_stored"]),
            **trained,
            "modality": tags["modality"],
            "trains_prompts_only": METHODS[tags["method"]].trains_prompts_only,
        }


def _runs_of(
    links: Sequence[Link], models: Mapping[str, Registered]
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield the params of every tune and align run that its results depend on, and its names."""
    for link in links:
        registered = models[link.model]
        unheeded = [name for name, tag in NEEDED.items() if registered.tags[tag] == "0"]
        tuned = run_with(link.tune_run).data
        cut = {CUT_EXAMPLES: tuned.tags[CUT_EXAMPLES]} if CUT_EXAMPLES in tuned.tags else {}
        # trials of tune and of align are different things
        own = {k: v for k, v in tuned.params.items() if k not in ("trials", *unheeded)}
        yield {**own, **cut}, registered.names
        aligned = run_with(link.align_run).data
        n_cut = aligned.metrics.get(CUT_STIMULI, 0)
        cut = {CUT_STIMULI: f"{n_cut:g}"} if n_cut else {}
        yield {**aligned.params, **cut}, {**registered.names, "brain": link.brain}


def _lineage_rows(links: Sequence[Link], models: dict[str, Registered]) -> Iterator[dict[str, Any]]:
    for link in links:
        registered = models[link.model]
        responses = run_with(link.align_run).inputs.dataset_inputs
        runs = {"align": link.align_run, "tune": link.tune_run, "extract": link.extract_run}
        yield {
            **key_of(registered),
            "brain": link.brain,
            "brain_digest": responses[0].dataset.digest,
            "model": link.model,
            "model_link": version_page(registered.name, registered.version),
            **{f"{stage}_run": run_id for stage, run_id in runs.items()},
            **{f"{stage}_run_link": _address(run_id) for stage, run_id in runs.items()},
        }


def _address(run_id: str) -> str:
    # an alignment that was made before it named its features' run has none
    return run_page(run_id) if run_id else ""
