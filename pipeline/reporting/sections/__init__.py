"""SECTIONS: the parts of the page in reading order, a file each; those not folded come first."""

from __future__ import annotations

from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections import (
    accuracy,
    between_trainings,
    brain_pictures,
    differences,
    drift,
    families,
    fit_scores,
    hard_pairs,
    layers,
    main_figure,
    main_table,
    matched,
    minimal_pairs,
    nuisance,
    p_values,
    parameters,
    paths,
    published,
    regimes,
    shuffled_folds,
    specifications,
    task_and_brain,
    tasks,
)
from pipeline.reporting.sections.section import Content, Section

SECTIONS: dict[str, Section] = {
    "main-figure": main_figure.SECTION,
    "main-table": main_table.SECTION,
    "regimes": regimes.SECTION,
    "task-and-brain": task_and_brain.SECTION,
    "paths": paths.SECTION,
    "matched": matched.SECTION,
    "families": families.SECTION,
    "specifications": specifications.SECTION,
    "differences": differences.SECTION,
    "between-trainings": between_trainings.SECTION,
    "accuracy": accuracy.SECTION,
    "tasks": tasks.SECTION,
    "published": published.SECTION,
    "p-values": p_values.SECTION,
    "hard-pairs": hard_pairs.SECTION,
    "fit-scores": fit_scores.SECTION,
    "shuffled-folds": shuffled_folds.SECTION,
    "nuisance": nuisance.SECTION,
    "layers": layers.SECTION,
    "drift": drift.SECTION,
    "minimal-pairs": minimal_pairs.SECTION,
    "parameters": parameters.SECTION,
    "brain-pictures": brain_pictures.SECTION,
}


def sections_of(results: StudyResults) -> dict[str, tuple[Section, Content]]:
    """Make every section that a study has the frames for.

    Returns
    -------
    dict of str to (Section, Content)
        By name, in reading order, without those that would be empty.
    """
    contents = {
        name: (section, section.content(results))
        for name, section in SECTIONS.items()
        if all(results.has(frame) for frame in section.needs)
    }
    return {name: part for name, part in contents.items() if part[1].blocks}
