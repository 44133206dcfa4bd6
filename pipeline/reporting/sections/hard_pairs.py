"""Scores beside 2v2: the hard pairs of one stimulus group, and ranks among all test stimuli."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.aggregate import CELL_KEYS, by_unit, mean_and_error, weighted_mean
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, error_words, score_grid
from pipeline.reporting.views import View

WITHIN = "2v2 within groups"
#: Score -> its column, and the column that says how many pairs a fold's score rests on.
SCORES = {
    "2v2": ("two_vs_two", None),
    WITHIN: ("two_vs_two_within", "n_pairs_within"),
    "rank accuracy": ("rank_accuracy", None),
}
INTRO = (
    "2v2 accuracy counts every pair of test stimuli, and those of different stimulus groups may be "
    "told apart by what their groups have in common. 2v2 within groups counts only the pairs of "
    "one stimulus group, as two sentences of a passage: the hard ones. Rank accuracy is the mean "
    "share of the other test stimuli whose pattern fits a prediction less well than its own "
    "(Pereira et al. 2018)."
)


def score_means(brain_scores: pd.DataFrame) -> pd.DataFrame:
    """Give mean and standard error over units of every score of each cell.

    Returns
    -------
    DataFrame
        Keys of the cell, ``score`` (of :data:`SCORES`), ``mean``, ``standard_error``, ``unit``
        and ``n_units``, as :func:`pipeline.reporting.aggregate.summarise` gives them. Within a
        subject every hard pair counts the same, whichever fold it is in; subjects count the same.
        A cell without a hard pair has no such row.
    """
    frames = []
    for score, (column, weight) in SCORES.items():
        means = mean_and_error(by_unit(brain_scores, CELL_KEYS, column, weight), CELL_KEYS, column)
        if weight is not None:
            by_subject = weighted_mean(brain_scores, [*CELL_KEYS, "subject"], column, weight)
            over_subjects = by_subject.groupby(CELL_KEYS, sort=False)[column].mean()
            means = means.drop(columns="mean").join(over_subjects.rename("mean"), on=CELL_KEYS)
        frames.append(means.assign(score=score))
    columns = [*CELL_KEYS, "score", "mean", "standard_error", "unit", "n_units"]
    return pd.concat(frames, ignore_index=True)[columns]


def other_scores_table(view: View, brain_scores: pd.DataFrame) -> Table:
    """Show 2v2, 2v2 within groups and rank accuracy: rows task x score x method, columns ROI.

    Returns
    -------
    Table
        Without rows of 2v2 within groups where no two test stimuli share a stimulus group.
    """
    rows = view.rows_of(brain_scores)
    means = score_means(rows)
    texts = score_grid(means)
    return Table(
        name=f"scores-{view.name}",
        title=view.titled("2v2, hard pairs and ranks"),
        note=(f"Mean ± {error_words(means)}. Chance is 0.5 for every score. {_pair_words(rows)}"),
        values=means,
        texts=texts,
        n_labels=3,
    )


def _pair_words(rows: pd.DataFrame) -> str:
    repeat = ["repeat"] if "repeat" in rows.columns else []
    once = rows.groupby(["task", "method", "seed", "roi", "subject", *repeat], sort=False)
    fewest, most = (int(n) for n in once["n_pairs_within"].sum().agg(["min", "max"]))
    if not most:
        return "No two test stimuli share a stimulus group, so there are no hard pairs."
    counted = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    return f"{WITHIN[0].upper()}{WITHIN[1:]}: {counted} pairs for each subject, all folds together."


def _content(results: StudyResults) -> Content:
    tables = tuple(other_scores_table(view, results.brain_scores) for view in results.views)
    return Content(tables, INTRO)


SECTION = Section("Hard pairs and ranks", ("brain_scores",), _content)
