"""Accuracy of models of text on minimal pairs, beside their brain scores."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import in_words
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, number
from pipeline.reporting.views import View, slug

INTRO = (
    "How often a model holds the good sentence of a minimal pair more likely than the bad one: by "
    "the log-likelihood of a decoder, by the pseudo-log-likelihood of a masked model (Salazar et "
    "al. 2020). Guessing comes to 0.5. Models whose head names no words are left out."
)
MEAN = "mean over phenomena"


def pairs_table(view: View, pairs: pd.DataFrame, summary: pd.DataFrame) -> Table | None:
    """Show the accuracies of one base's models, and their brain scores of one view.

    Parameters
    ----------
    view : View
    pairs : DataFrame
        As ``StudyResults.minimal_pairs``.
    summary : DataFrame
        As :func:`pipeline.reporting.aggregate.summarise` returns it.

    Returns
    -------
    Table or None
        None where no model of the base was scored.
    """
    own = view.rows_of(pairs)
    if own.empty:
        return None
    cell = ["task", "method"]
    wide = own.pivot_table("accuracy", cell, "phenomenon", aggfunc="mean", sort=False)
    phenomena = list(wide.columns)
    wide[MEAN] = wide[phenomena].mean(axis=1)
    brain = view.rows_of(summary).groupby(cell, sort=False)["mean"].mean().rename("mean 2v2")
    both = wide.join(brain, how="inner").reset_index()
    texts = both.assign(method=both["method"].map(in_words))
    for column in (*phenomena, MEAN, "mean 2v2"):
        texts[column] = both[column].map(number)
    counts = own.drop_duplicates("phenomenon").set_index("phenomenon")["n_pairs"]
    note = "Pairs: " + ", ".join(f"{name} {counts[name]}" for name in phenomena) + "."
    title = f"Minimal pairs beside {view.direction} accuracy: {view.subjects}, {view.base}"
    return Table(slug(f"minimal-pairs-{view.name}"), title, note, both, texts, n_labels=2)


def _content(results: StudyResults) -> Content:
    tables = (
        pairs_table(view, results.minimal_pairs, results.summary) for view in results.main_views
    )
    return Content(tuple(table for table in tables if table), INTRO)


SECTION = Section("Minimal pairs", ("minimal_pairs",), _content)
