"""The mean differences that a study's question is about, in the order in which they are told."""

from __future__ import annotations

import pandas as pd

from pipeline.reporting.methods import FULL, UNTUNED
from pipeline.reporting.results import StudyResults
from pipeline.words import BETWEEN_MODELS

MODALITIES = {"text": "Language", "image": "Pictures"}
#: Pairs of models as they are beyond which a first screen counts them, and names none.
MOST_PAIRS = 6


def asked_contrasts(results: StudyResults) -> pd.DataFrame:
    """Select the differences that the question is about, the primary direction first.

    Returns
    -------
    DataFrame
        Rows of ``results.overall``: tuned methods less full and less the untuned base, and models
        as they are less one another unless they are many, never in shuffled folds where there are
        others; ``where`` names modality and brain dataset.
    """
    overall = results.overall
    if overall.empty:
        return overall
    tuned = results.prompts_only | {FULL}
    of_question = overall["method_a"].isin(tuned) & overall["method_b"].isin([FULL, UNTUNED])
    pairs = between_models(overall)
    of_question |= pairs & (len(overall.loc[pairs, "contrast"].unique()) <= MOST_PAIRS)
    several = overall.groupby("modality")["brain"].transform("nunique") > 1
    whole = (overall["split"] == "shuffled").groupby(overall["brain"]).transform("all")
    of_question &= whole | (overall["split"] != "shuffled")  # shuffled folds leak
    rank = overall.assign(
        where=[
            place_in_words(*row)
            for row in zip(
                overall["modality"], overall["brain"], several, overall["simulated"], strict=True
            )
        ],
        picture=overall["modality"] != "text",
        to_base=overall["method_b"] != FULL,
        of_full=overall["method_a"] == FULL,
        decoding=overall["direction"] != "encoding",
    )
    order = ["picture", "simulated", "to_base", "of_full", "decoding"]
    return rank[of_question].sort_values(order, kind="stable").drop(columns=[order[0], *order[2:]])


def between_models(contrasts: pd.DataFrame) -> pd.Series[bool]:
    """Say which contrasts are those of models that were not tuned, less one another."""
    none = pd.Series("", index=contrasts.index)
    return contrasts.get("family", none) == BETWEEN_MODELS


def place_in_words(modality: str, brain: str, several: bool, simulated: bool) -> str:
    """Name a modality, the brain dataset where there are several, and whether it is simulated."""
    named = f", {brain}" if several else ""
    remark = " (simulated)" if simulated and "simulated" not in named else ""
    return f"{MODALITIES[modality]}{named}{remark}"
