"""What the frames of a study must hold, checked in full before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from pipeline.errors import Problem

MODEL = ("base", "task", "method", "seed")
TASK_SCORE_COLUMNS = (
    *MODEL,
    "metric",
    "score",
    "score_sd_error",
    "model",
    "trainable_parameters",
    "total_parameters",
    "bytes_stored",
    "converged",
    "modality",
    "trains_prompts_only",
)
#: A subject's ROI in one direction and split, aligned with one model.
ALIGNED = (*MODEL, "brain", "simulated", "direction", "split", "roi", "subject")
BRAIN_SCORE_COLUMNS = (
    *ALIGNED,
    "fold",
    "two_vs_two",
    "two_vs_two_within",
    "n_pairs_within",
    "rank_accuracy",
    "layer",
    "alpha_at_border",
)
CEILING_COLUMNS = ("kind", "brain", "subject", "roi", "direction", "two_vs_two")
LAYER_COLUMNS = (*MODEL, "brain", "direction", "roi", "subject", "layer", "two_vs_two")
UNIQUE_COLUMNS = (*ALIGNED, "fold", "nuisance", "unique")
P_VALUE_COLUMNS = (*ALIGNED, "p", "permutations")
LINEAGE_COLUMNS = (*MODEL, "model_uri", "run_id", "link")

#: What makes a row of scores one measurement: a second row with the same key is a mistake.
TASK_KEY = [*MODEL, "metric"]
P_VALUE_KEY = [column for column in ALIGNED if column != "simulated"]
BRAIN_KEY = [*P_VALUE_KEY, "fold"]

ACCURACIES = ("two_vs_two", "two_vs_two_within", "rank_accuracy")
MAY_BE_NAN = ("score_sd_error",)  # an external score comes without a bootstrap


def frame_problems(
    task_scores: pd.DataFrame,
    brain_scores: pd.DataFrame,
    ceilings: pd.DataFrame,
    layer_profile: pd.DataFrame,
    lineage: pd.DataFrame,
    unique: pd.DataFrame,
    p_values: pd.DataFrame,
) -> Iterator[Problem]:
    """Yield everything that keeps the frames from being reported.

    Parameters
    ----------
    task_scores, brain_scores : DataFrame
        Must have rows.
    ceilings, layer_profile, lineage, unique, p_values : DataFrame
        May be empty; with rows, they must have their columns.
    """
    yield from _problems_of("task_scores", task_scores, TASK_SCORE_COLUMNS, TASK_KEY)
    yield from _problems_of("brain_scores", brain_scores, BRAIN_SCORE_COLUMNS, BRAIN_KEY)
    for name, frame, columns, key in (
        ("ceilings", ceilings, CEILING_COLUMNS, []),
        ("layer_profile", layer_profile, LAYER_COLUMNS, []),
        ("lineage", lineage, LINEAGE_COLUMNS, []),
        ("unique", unique, UNIQUE_COLUMNS, []),
        ("p_values", p_values, P_VALUE_COLUMNS, P_VALUE_KEY),
    ):
        if not frame.empty:
            yield from _problems_of(name, frame, columns, key)
    if "layer" in layer_profile.columns and not is_numeric_dtype(layer_profile["layer"]):
        yield Problem(
            "layer_profile: layer",
            "numbers, which an axis can show",
            f"such as '{layer_profile['layer'].iloc[0]}'",
            "Number the layers from 0, the embedding.",
        )
    if "task" in task_scores.columns and "task" in brain_scores.columns:
        yield from _untold_tasks(task_scores, brain_scores)


def _problems_of(
    name: str, frame: pd.DataFrame, columns: tuple[str, ...], key: list[str]
) -> Iterator[Problem]:
    if frame.empty:
        yield Problem(name, "at least one row", "none", "Run the earlier stages first.")
        return
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        yield Problem(
            f"{name}: columns",
            ", ".join(columns),
            f"no {', '.join(missing)}",
            "Add the missing columns.",
        )
    yield from _missing_values(name, frame, [c for c in columns if c in frame.columns])
    for accuracy in ACCURACIES:
        if accuracy in frame.columns:
            yield from _impossible_accuracies(name, frame, accuracy)
    if name == "p_values" and "p" in frame.columns:
        yield from _impossible_p_values(frame)
    if not missing and key:
        yield from _repeated_rows(name, frame, key)


def _repeated_rows(name: str, frame: pd.DataFrame, key: list[str]) -> Iterator[Problem]:
    repeated = int(frame.duplicated(key).sum())
    if repeated:
        yield Problem(
            f"{name}: rows",
            f"one row for each {', '.join(key)}",
            f"{repeated} repeated",
            "Keep one measurement of each; averaging them here would hide which one is right.",
        )


def _missing_values(name: str, frame: pd.DataFrame, columns: list[str]) -> Iterator[Problem]:
    for column in columns:
        if column in MAY_BE_NAN:
            continue
        values = frame[column]
        bad = values.isna() | values.isin([np.inf, -np.inf])
        if bad.any():
            yield Problem(
                f"{name}: {column}",
                "a value in every row",
                f"NaN or infinite in {int(bad.sum())} of {len(frame)} rows",
                "Find the run that logged it; leave the rows out only if you say so.",
            )


def _impossible_accuracies(name: str, frame: pd.DataFrame, accuracy: str) -> Iterator[Problem]:
    values = pd.to_numeric(frame[accuracy], errors="coerce")
    outside = values[(values < 0) | (values > 1)]
    if len(outside):
        yield Problem(
            f"{name}: {accuracy}",
            "accuracies from 0 to 1",
            f"{len(outside)} outside, such as {outside.iloc[0]:g}",
            "Give fractions, not percentages.",
        )


def _impossible_p_values(frame: pd.DataFrame) -> Iterator[Problem]:
    values = pd.to_numeric(frame["p"], errors="coerce")
    outside = values[(values <= 0) | (values > 1)]
    if len(outside):
        yield Problem(
            "p_values: p",
            "p values above 0 and at most 1",
            f"{len(outside)} outside, such as {outside.iloc[0]:g}",
            "Count the observed order among the permutations: then no p value is 0.",
        )


def _untold_tasks(task_scores: pd.DataFrame, brain_scores: pd.DataFrame) -> Iterator[Problem]:
    known = set(task_scores["task"])
    untold = [task for task in brain_scores["task"].unique() if task not in known]
    if untold:
        yield Problem(
            "brain_scores: task",
            "tasks that task_scores lists too",
            f"no task score, and so no modality, for {', '.join(map(str, untold))}",
            "Add their task scores, or leave these brain scores out.",
        )
