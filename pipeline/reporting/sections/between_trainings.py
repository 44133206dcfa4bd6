"""Variation of differences between methods from training to training."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import contrast_in_words
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, number
from pipeline.reporting.views import SPLIT_WORDS, slug

INTRO = (
    "Standard deviation of a difference in 2v2 accuracy between trainings that differ in their "
    "seed alone, were subjects beyond number: a component of variance of trainings crossed with "
    "subjects, with its 95 % interval (Ting et al. 1990). Known from three seeds on."
)


def between_trainings_table(overall: pd.DataFrame) -> Table | None:
    """Show the spread between trainings of every mean difference.

    Parameters
    ----------
    overall : DataFrame
        As ``StudyResults.overall``.

    Returns
    -------
    Table or None
        None where no difference has three trainings.
    """
    if "training_sd" not in overall:
        return None
    # of methods that train nothing, all seeds are one version
    rows = overall[overall["training_high"] > 0].reset_index(drop=True)
    if rows.empty:
        return None
    texts = [
        {
            "difference": contrast_in_words(row.method_a, row.method_b),
            "brain": f"{row.brain}, {row.direction}, {SPLIT_WORDS.get(row.split, row.split)}",
            "mean": number(row.difference, signed=True),
            "between trainings": number(row.training_sd),
            "95 % interval": f"{number(row.training_low)} to {number(row.training_high)}",
            "trainings": str(row.n_seeds),
            "subjects": str(row.n_subjects),
        }
        for row in rows.itertuples()
    ]
    title = "Spread of differences between trainings"
    note = "Mean over ROIs, tasks and bases."
    return Table(slug(title), title, note, rows, pd.DataFrame(texts), n_labels=2)


def _content(results: StudyResults) -> Content:
    table = between_trainings_table(results.overall)
    return Content((table,) if table else (), INTRO)


SECTION = Section("From training to training", ("overall",), _content)
