"""The mean difference over the primary family: one number, its tests, and equivalence."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.reporting.results import StudyResults
from pipeline.reporting.sections.section import Content, Section
from pipeline.reporting.table import MISSING, Table, interval, number, p_text

INTRO = (
    "The differences that a study declares, in every ROI, task and base, averaged. Encoding is the "
    "primary direction; decoding is a family of its own. The sign-flip test is over subjects alone "
    "and exact; with few subjects its p cannot be small. Equivalent: the 90 % interval lies within "
    "the margin of the study; the least margin is what these data could establish."
)
#: Ways to correct the p values of a family, and the column that counts what is left.
CORRECTIONS = {"Holm": "n_holm", "Benjamini-Hochberg": "n_bh", "maximum": "n_max"}


def family_table(families: pd.DataFrame) -> Table:
    """Show a row for each brain dataset, split and direction.

    Parameters
    ----------
    families : DataFrame
        As ``StudyResults.families``, with rows.
    """
    return Table(
        name="families",
        title="Mean difference over the primary family",
        note=(
            "Last, how many cells differ after correction of their p: Holm's (the chance of any "
            "false one), Benjamini-Hochberg's (the share of false ones among them), and by the "
            "largest difference of the family."
        ),
        values=families.reset_index(drop=True),
        texts=pd.DataFrame([_texts(row) for row in families.itertuples()]),
        n_labels=2,
    )


def _texts(row: Any) -> dict[str, str]:
    folds = "" if row.split == "grouped" else f", {row.split}"
    known = not pd.isna(row.low)
    equivalent = "yes" if known and bool(row.equivalent) else "no"
    return {
        "brain": f"{row.brain}{folds}",
        "direction": row.direction,
        "cells": str(row.n_cells),
        "difference": number(row.difference, signed=True),
        "95 % interval": interval(row.low, row.high) if known else row.reason,
        "p": p_text(row.p) if known else MISSING,
        "sign flips (least p)": f"{p_text(row.p_sign_flip)} ({p_text(row.least_p_sign_flip)})",
        "equivalent (least margin)": (
            f"{equivalent} ({number(row.least_margin)})" if known else MISSING
        ),
        **{
            f"differ ({name})": str(getattr(row, count)) if known else MISSING
            for name, count in CORRECTIONS.items()
        },
    }


def _content(results: StudyResults) -> Content:
    return Content((family_table(results.families),), INTRO)


SECTION = Section("One number for the study", ("families",), _content)
