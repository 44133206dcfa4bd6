"""The parts of the page: which tables and figures a study has, and in what order."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.reporting import aggregate
from pipeline.reporting.alpha_borders import border_warning
from pipeline.reporting.ceiling_kinds import ceilings_of
from pipeline.reporting.figures.scores import NamedFigure, accuracy_figure, task_figure
from pipeline.reporting.page import Section
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections import hard_pairs, p_values
from pipeline.reporting.sections.accuracy import two_vs_two_table
from pipeline.reporting.sections.contrasts import contrast_table
from pipeline.reporting.sections.layers import layer_figure
from pipeline.reporting.sections.nuisance import unique_table
from pipeline.reporting.sections.shuffled_folds import leak_sentence, leak_table, split_gaps
from pipeline.reporting.sections.tasks import cost_table, task_table
from pipeline.reporting.table import Table, unconverged_models
from pipeline.reporting.views import View, views_of
from pipeline.words import SPLIT_HALF


def sections_of(
    results: StudyResults,
    tasks: pd.DataFrame,
    summary: pd.DataFrame,
    differences: pd.DataFrame,
) -> list[Section]:
    """Put tables and figures in reading order.

    Parameters
    ----------
    results : StudyResults
    tasks, summary, differences : DataFrame
        As ``task_summary``, ``summarise`` and ``contrasts`` of
        :mod:`pipeline.reporting.aggregate` return them.

    Returns
    -------
    list of Section
        Without those that would be empty.
    """
    methods = [*results.task_scores["method"].unique(), *results.brain_scores["method"].unique()]
    views = views_of(summary)
    task_blocks: list[Table | NamedFigure] = [task_table(b, tasks) for b in tasks["base"].unique()]
    task_blocks += [task_figure(m, tasks, methods) for m in tasks["modality"].unique()]
    task_blocks.append(cost_table(tasks))
    profiles = {
        (view.base, view.brain, view.direction): layer_figure(view, results.layer_profile, methods)
        for view in reversed(views)  # without a split of its own, a profile is drawn once
    }
    proposed = [
        Section("Task scores", "How well each tuned model does its task.", tuple(task_blocks)),
        *_accuracy_sections(results, views, tasks, summary),
        Section(
            "Differences between methods",
            "What changes from one way of adapting a base to another, cell by cell.",
            tuple(t for v in views if (t := contrast_table(v, differences)) is not None),
        ),
        Section(
            "Permutation tests",
            p_values.INTRO,
            tuple(
                t for v in views if (t := p_values.p_value_table(v, results.p_values)) is not None
            ),
        ),
        Section(
            "Hard pairs and ranks",
            hard_pairs.INTRO,
            tuple(hard_pairs.other_scores_table(v, results.brain_scores) for v in views),
        ),
        *_leak_section(results, views),
        Section(
            "Beyond nuisance features",
            "What a model explains that the length and place of a sentence, or the brightness and "
            "pixels of a picture, do not.",
            tuple(t for v in views if (t := unique_table(v, results.unique)) is not None),
        ),
        Section(
            "Layer profiles",
            "Where along the layers the alignment is found.",
            tuple(p for p in reversed(profiles.values()) if p is not None),
        ),
    ]
    return [section for section in proposed if section.blocks]


def _leak_section(results: StudyResults, views: Iterable[View]) -> list[Section]:
    """Say how much shuffled folds add, where grouped ones were scored beside them."""
    gaps = split_gaps(results.brain_scores)
    tables = tuple(t for v in views if (t := leak_table(v, gaps)) is not None)
    return [Section("What shuffled folds add", leak_sentence(gaps), tables)] if tables else []


def _accuracy_sections(
    results: StudyResults, views: Iterable[View], tasks: pd.DataFrame, summary: pd.DataFrame
) -> list[Section]:
    units = aggregate.unit_means(results.brain_scores)
    counts = aggregate.subject_counts(results.brain_scores)
    methods = [*results.task_scores["method"].unique(), *results.brain_scores["method"].unique()]
    by_brain: dict[str, list[Table | NamedFigure]] = {}
    views_of_brain: dict[str, list[View]] = {}
    for view in views:
        ceilings = ceilings_of(view, results.ceilings)
        blocks = by_brain.setdefault(view.brain, [])
        blocks.append(two_vs_two_table(view, summary, ceilings, unconverged_models(tasks)))
        drawn = ceilings.get(SPLIT_HALF, {})
        blocks.append(accuracy_figure(view, summary, units, drawn, methods))
        views_of_brain.setdefault(view.brain, []).append(view)
    return [
        Section(
            f"Brain alignment: {views_of_brain[brain][0].subjects}",
            f"{counts[brain]} {'subject' if counts[brain] == 1 else 'subjects'}. Encoding "
            "predicts voxels from features, decoding features from voxels.",
            tuple(blocks),
            border_warning(views_of_brain[brain], results.brain_scores),
        )
        for brain, blocks in by_brain.items()
    ]
