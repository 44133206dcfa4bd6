"""The seed paper's numbers beside those of this study, where the two are of the same thing."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import FULL, in_words
from pipeline.reporting.published import (
    BRAIN_OF,
    CLAIM_LABEL,
    DIRECTION,
    FIRST_SUBJECT,
    ODDITIES,
    PUBLISHED_CLAIMS,
    PUBLISHED_SCORES,
    SEED_PAPER,
)
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, number
from pipeline.reporting.views import SPLIT_WORDS


def beside_published(brain_scores: pd.DataFrame, prompts_only: frozenset[str]) -> pd.DataFrame:
    """Find the published score of each cell with the same base, task, ROI and subject.

    Parameters
    ----------
    brain_scores : DataFrame
        As ``StudyResults.brain_scores``.
    prompts_only : frozenset of str
        Methods that the paper would call prompt-tuned.

    Returns
    -------
    DataFrame
        Columns table, split, roi, task, method, subject, published, ours, difference; no rows
        where nothing matches.
    """
    rows = brain_scores[
        (brain_scores["direction"] == DIRECTION)
        & brain_scores["subject"].astype(str).str.fullmatch(FIRST_SUBJECT)
        & ~brain_scores["simulated"].astype(bool)
    ]
    kinds = {FULL: "full", **dict.fromkeys(prompts_only, "prompt")}
    rows = rows.assign(kind=rows["method"].map(kinds), folded_roi=rows["roi"].str.casefold())
    of_paper = pd.Series(False, index=rows.index)
    for base, start in BRAIN_OF.items():
        of_paper |= (rows["base"] == base) & rows["brain"].astype(str).str.startswith(start)
    published = pd.DataFrame([vars(score) for score in PUBLISHED_SCORES])
    published = published.assign(folded_roi=published["roi"].str.casefold()).drop(columns="roi")
    cell = ["split", "base", "task", "roi", "folded_roi", "kind", "method", "subject"]
    ours = rows[of_paper].groupby(cell, sort=False)["two_vs_two"].mean().rename("ours")
    both = published.merge(ours.reset_index(), on=["base", "task", "folded_roi", "kind"])
    both = both.rename(columns={"score": "published"})
    both["difference"] = both["ours"] - both["published"]
    columns = ["table", "split", "roi", "task", "method", "subject"]
    return both[[*columns, "published", "ours", "difference"]]


def published_table(beside: pd.DataFrame) -> Table:
    """Show published, ours and the difference, a row for each cell of the paper's tables."""
    texts = pd.DataFrame(
        {
            "folds": beside["split"].map(lambda split: SPLIT_WORDS.get(split, split)),
            "table of the paper": beside["table"] + ", " + beside["roi"],
            "task": beside["task"],
            "method": beside["method"].map(in_words),
            "published": beside["published"].map(number),
            "ours": beside["ours"].map(number),
            "difference": beside["difference"].map(lambda d: number(d, signed=True)),
        }
    )
    return Table(
        name="published",
        title="Published decoding 2v2 accuracy beside ours, first subject",
        note=f"{SEED_PAPER} {ODDITIES}",
        values=beside,
        texts=texts,
        n_labels=4,
    )


def claims_table() -> Table:
    """List what was published in words."""
    values = pd.DataFrame([vars(claim) for claim in PUBLISHED_CLAIMS])
    texts = values[["finding", "setting", "source"]]
    return Table("claims", CLAIM_LABEL, "", values, texts, 3)


def _content(results: StudyResults) -> Content:
    beside = beside_published(results.brain_scores, results.prompts_only)
    if beside.empty:
        return Content(
            (claims_table(),),
            "No cell of this study has the base, task, ROI and subject of a published number.",
        )
    return Content((published_table(beside), claims_table()))


SECTION = Section("Published beside ours", ("brain_scores",), _content)
