"""The answer of a study in words, as far as it is about what bases were tuned on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pipeline.reporting.asked_contrasts import place_in_words
from pipeline.reporting.methods import UNTUNED, contrast_in_words
from pipeline.reporting.results import StudyResults
from pipeline.reporting.table import interval, number
from pipeline.words import ON_RESPONSES


def regime_sentences(results: StudyResults) -> Iterator[str]:
    """Say by how much each regime differs from the untuned base, and responses from stimuli alone.

    Parameters
    ----------
    results : StudyResults

    Yields
    ------
    str
        A sentence a brain dataset, in encoding where there is any; mean over ROIs and methods.
    """
    every = results.regime_overall
    if every.empty:
        return
    from_stimuli = every["method_a"].isin(ON_RESPONSES) & (every["method_b"] == "stimulus")
    rows = every[(every["method_b"] == UNTUNED) | from_stimuli]
    directions = set(rows["direction"])
    rows = rows[rows["direction"] == ("encoding" if "encoding" in directions else "decoding")]
    several = rows.groupby("modality")["brain"].nunique() > 1
    for (modality, brain, simulated), own in rows.groupby(
        ["modality", "brain", "simulated"], sort=False
    ):
        where = place_in_words(modality, brain, several[modality], simulated)
        differences = "; ".join(_difference(row) for row in own.itertuples())
        yield f"{where}, by what was learned, mean over methods and ROIs: {differences}."


def _difference(row: Any) -> str:
    size = f"{contrast_in_words(row.method_a, row.method_b)} {number(row.difference, signed=True)}"
    return size if math.isnan(row.low) else f"{size} ({interval(row.low, row.high)})"
