"""The answer to the study's question in one plain sentence or two per modality."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from pipeline.reporting.methods import FULL
from pipeline.reporting.sections.contrasts import beyond_error
from pipeline.reporting.table import Unconverged

#: With fewer subjects than this, a standard error over them is itself hardly known.
FEW_SUBJECTS = 8
NOT_COMPARED = "no prompt tuning was run beside full fine-tuning, so the two cannot be compared."


def verdicts(
    contrasts: pd.DataFrame,
    modality_of_task: Mapping[str, str],
    unconverged: Unconverged,
    prompt_methods: Collection[str],
) -> list[str]:
    """Count where prompt tuning and full fine-tuning differ, per modality.

    Simulated and measured subjects never share a verdict. Where both splits were run, only the
    grouped folds count: shuffled folds leak.

    Parameters
    ----------
    contrasts : DataFrame
        As :func:`pipeline.reporting.aggregate.contrasts` returns it.
    modality_of_task : mapping of str to str
        Task -> 'text' or 'image'.
    unconverged : frozenset
        (base, task, method) of models that did not converge.
    prompt_methods : collection of str
        Methods that train prompts only.

    Returns
    -------
    list of str
        Text before image, measured before simulated subjects; then modalities without a prompt.
    """
    compared = contrasts["minuend"].isin(prompt_methods) & (contrasts["subtrahend"] == FULL)
    rows = contrasts.assign(modality=contrasts["task"].map(modality_of_task))[compared]
    if rows.empty:
        return [f"{NOT_COMPARED[0].upper()}{NOT_COMPARED[1:]}"]
    if "grouped" in set(rows["split"]):
        rows = rows[rows["split"] == "grouped"]
    groups = rows.groupby(["modality", "simulated"])
    ordered = sorted(groups, key=lambda item: (item[0][0] != "text", item[0][1]))
    found = [
        _verdict(str(modality), bool(simulated), cells, unconverged)
        for (modality, simulated), cells in ordered
    ]
    without = [
        m for m in dict.fromkeys(modality_of_task.values()) if m not in set(rows["modality"])
    ]
    return found + [f"{m.capitalize()}: {NOT_COMPARED}" for m in without]


def _verdict(modality: str, simulated: bool, cells: pd.DataFrame, unconverged: Unconverged) -> str:
    who = "these simulated subjects" if simulated else "these subjects"
    counts = [
        _count(direction, rows, _kind_of_cells(cells))
        for direction, rows in sorted(cells.groupby("direction"))
    ]
    return (
        f"{modality.capitalize()}: in {who} prompt tuning scored higher than full fine-tuning by "
        f"more than two standard errors {' and '.join(counts)}."
        f"{_caveats(simulated, cells, unconverged)}"
    )


def _count(direction: str, rows: pd.DataFrame, kind: str) -> str:
    beyond = beyond_error(rows)
    higher = int((beyond & (rows["mean"] > 0)).sum())
    lower = int((beyond & (rows["mean"] < 0)).sum())
    unknown = int(rows["standard_error"].isna().sum())
    silent = f"; {unknown} without a standard error" if unknown else ""
    where = f"in {higher} of {len(rows)} {kind} cells when {direction}"
    return f"{where} (lower in {lower}{silent})"


def _kind_of_cells(cells: pd.DataFrame) -> str:
    several = [key for key in ("base", "brain", "split") if cells[key].nunique() > 1]
    methods = ["method"] if cells["minuend"].nunique() > 1 else []
    return " x ".join([*several, *methods, "ROI", "task"])


def _caveats(simulated: bool, cells: pd.DataFrame, unconverged: Unconverged) -> str:
    told = []
    n_subjects = int(cells["n_subjects"].min())
    if n_subjects == 1:
        told.append(
            "With one subject the standard errors are over folds, which share training stimuli: "
            "they are too small and say nothing about other subjects."
        )
    elif n_subjects < FEW_SUBJECTS:
        told.append(
            f"With only {n_subjects} subjects a standard error is itself uncertain: this "
            "describes these subjects and is no test."
        )
    shaky = sum(
        (c.base, c.task, c.minuend) in unconverged or (c.base, c.task, FULL) in unconverged
        for c in cells.itertuples()
    )
    if shaky:
        told.append(f"{shaky} of these {len(cells)} cells hold a model that did not converge.")
    if "shuffled" in set(cells["split"]):
        told.append("The folds split stimulus groups, so all accuracies may be too high.")
    if simulated:
        told.append("Simulated responses say nothing about brains.")
    return " " + " ".join(told) if told else ""
