"""Difference of the primary family by each way of measuring it."""

from __future__ import annotations

from functools import partial

import pandas as pd

from pipeline.reporting.asked_contrasts import MODALITIES
from pipeline.reporting.figures.named import NamedFigure
from pipeline.reporting.figures.specifications import specification_figure
from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import Table, interval, number, p_text
from pipeline.reporting.views import slug

PLACE = ["modality", "brain", "direction"]
DECLARED = "as declared"
INTRO = (
    "The mean difference over the primary family where alignments are made in other ways, all "
    "combinations of the settings that the study lists. No single one is picked: the test is of "
    "the median over all, signs of subjects flipped alike in each."
)


def specification_blocks(specifications: pd.DataFrame) -> list[Table | NamedFigure]:
    """Make a figure and a table for each modality, brain dataset and direction.

    Parameters
    ----------
    specifications : DataFrame
        As ``StudyResults.specifications``, with rows.
    """
    blocks: list[Table | NamedFigure] = []
    for place, own in specifications.groupby(PLACE, sort=False):
        modality, brain, direction = map(str, place)
        label = own["specification"].replace("", DECLARED)
        rows = own.assign(label=label, declared=label == DECLARED)
        name = slug(f"specifications-{direction}-{brain}")
        title = f"{MODALITIES[modality]}, {brain}: {direction} by specification"
        blocks.append(_figure(name, title, rows))
        blocks.append(_table(name, title, rows))
    return blocks


def _figure(name: str, title: str, rows: pd.DataFrame) -> NamedFigure:
    differences = "; ".join(
        f"{r.label}: {number(r.difference, signed=True)}" for r in rows.itertuples()
    )
    return NamedFigure(
        name=name,
        title=title,
        caption="Marks: mean difference, filled as declared; bars: 95 % interval where one holds.",
        alt=f"{title}. {differences}.",
        draw=partial(specification_figure, title, rows),
    )


def _table(name: str, title: str, rows: pd.DataFrame) -> Table:
    first = rows.iloc[0]
    above = int((rows["difference"] > 0).sum())
    median = number(float(rows["difference"].median()), signed=True)
    note = (
        f"Median {median}, above 0 in {above} of {len(rows)}; joint test "
        f"p {p_text(first.p_joint)} (these subjects allow no less than "
        f"{p_text(first.least_p_joint)})."
    )
    texts = [
        {
            "specification": row.label,
            "difference": number(row.difference, signed=True),
            "95 % interval": row.reason if pd.isna(row.low) else interval(row.low, row.high),
        }
        for row in rows.itertuples()
    ]
    return Table(name, title, note, rows.reset_index(drop=True), pd.DataFrame(texts), n_labels=1)


def _content(results: StudyResults) -> Content:
    return Content(tuple(specification_blocks(results.specifications)), INTRO)


SECTION = Section("Other ways to measure it", ("specifications",), _content)
