"""Scores of fits beside 2v2: how well voxels are predicted, and how alike geometries are."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.aggregate import CELL_KEYS, by_unit, mean_and_error
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table, error_words, number, roi_heading, score_grid
from pipeline.reporting.views import View, views_of

KEYS = [*CELL_KEYS, "score"]
INTRO = (
    "Scores of the encoding fits at the layer and alpha that were chosen inside each training "
    "fold: Pearson's r and R² of single voxels over the held-out stimuli (median and quartiles "
    "over voxels), and how alike features and responses hold stimuli apart (nothing is fitted for "
    "these)."
)
NO_CEILINGS = pd.DataFrame()
ONE_VOXEL = (
    f"{MISSING}: an ROI of one voxel has no pattern over voxels, so that geometries, and 2v2 in "
    "encoding, do not exist for it; its layer and alpha are chosen by voxel r."
)


def fit_score_means(fit_scores: pd.DataFrame) -> pd.DataFrame:
    """Give mean and standard error over units of every score of each cell.

    Parameters
    ----------
    fit_scores : DataFrame
        As ``StudyResults.fit_scores``, with rows.

    Returns
    -------
    DataFrame
        Keys of the cell, ``score``, ``mean``, ``standard_error``, ``unit`` and ``n_units``.
    """
    return mean_and_error(by_unit(fit_scores, KEYS, "value"), KEYS, "value")


def fit_score_table(
    view: View, fit_scores: pd.DataFrame, rsa_ceilings: pd.DataFrame = NO_CEILINGS
) -> Table:
    """Show the scores of fits of one view: rows task x score x method, columns ROI.

    Parameters
    ----------
    view : View
    fit_scores : DataFrame
        As ``StudyResults.fit_scores``, with rows of the view.
    rsa_ceilings : DataFrame
        As ``StudyResults.rsa_ceilings``; may be empty.
    """
    means = fit_score_means(view.rows_of(fit_scores))
    texts = score_grid(means)
    missing = bool((texts == MISSING).any(axis=None))
    notes = [f"Mean ± {error_words(means)}. Chance is 0.", *([ONE_VOXEL] if missing else [])]
    notes += _bounds(view.rows_of(rsa_ceilings)) if not rsa_ceilings.empty else []
    return Table(
        name=f"fits-{view.name}",
        title=view.titled("scores of voxels and geometry"),
        note=" ".join(notes),
        values=means,
        texts=texts,
        n_labels=3,
    )


def _bounds(ceilings: pd.DataFrame) -> list[str]:
    """Say between which bounds the RSA of a model that subjects share would lie."""
    if ceilings.empty:
        return []
    intervals = ", ".join(
        f"{roi_heading(str(row.roi))} {number(row.low)} to {number(row.high)}"
        for row in ceilings.itertuples()
    )
    return [f"Bounds of RSA with correlation distances, by how alike subjects are: {intervals}."]


def _content(results: StudyResults) -> Content:
    views = views_of(results.fit_scores)
    return Content(
        tuple(fit_score_table(view, results.fit_scores, results.rsa_ceilings) for view in views),
        INTRO,
    )


SECTION = Section("Voxels and geometry", ("fit_scores",), _content)
