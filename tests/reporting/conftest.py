"""Plausible made-up results: two modalities, three methods each, three subjects, five folds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from study_differences import DIFFERENCES, contrast_frames

from pipeline.reporting.report import StudyResults

TEXT = {
    "base": "tiny-gpt2",
    "tasks": ("summarization", "question-answering", "translation"),
    "methods": ("base", "full", "prompt"),
    "brain": "pereira-simulated",
    "rois": ("language", "dmn", "task", "visual"),
    "metric": "bertscore_f1",
    "modality": "text",
    "layers": 5,
}
IMAGE = {
    "base": "tiny-vit",
    "tasks": ("digits", "shapes"),
    "methods": ("base", "full", "vpt-shallow"),
    "brain": "bold5000-simulated",
    "rois": ("LOC", "OPA", "EarlyVis"),
    "metric": "accuracy",
    "modality": "image",
    "layers": 4,
}
ADVANTAGE = {"base": 0.0, "full": 0.03, "prompt": 0.07, "vpt-shallow": -0.01}
TRAINABLE = {"base": 0, "full": 1_250_000, "prompt": 1_280, "vpt-shallow": 1_920}
SUBJECTS = ("sub-01", "sub-02", "sub-03")
N_FOLDS = 5


def trained(task: str, method: str) -> dict:
    """Say how a training ended; one did not come to its end."""
    if not TRAINABLE[method]:
        return {
            "beats_base": "",
            "stopped": "",
            "slope": math.nan,
            "examples": math.nan,
            "budget": "",
        }
    cut = (task, method) == ("translation", "prompt")
    return {
        "beats_base": "true",
        "stopped": "budget" if cut else "patience",
        "slope": -0.5 if cut else 0.01,
        "examples": 4800 if cut else 4000,
        "budget": "300 steps of 16 examples",
    }


def task_rows(world: dict, rng: np.random.Generator) -> list[dict]:
    return [
        {
            "base": world["base"],
            "task": task,
            "method": method,
            "seed": 0,
            "metric": world["metric"],
            "score": round(0.72 + 2 * ADVANTAGE[method] + rng.normal(0, 0.03), 4),
            "score_sd_error": round(rng.uniform(0.008, 0.02), 4),
            "model": f"{world['base']}-{task} v{number}",
            "trainable_parameters": TRAINABLE[method],
            "total_parameters": 1_250_000,
            "bytes_stored": 4 * TRAINABLE[method] + 900,
            **trained(task, method),
            "modality": world["modality"],
            "trains_prompts_only": method in ("prompt", "vpt-shallow"),
        }
        for number, (task, method) in enumerate(
            itertools.product(world["tasks"], world["methods"]), start=1
        )
    ]


def brain_rows(world: dict, rng: np.random.Generator, simulated: bool) -> list[dict]:
    subject_gain = {subject: rng.normal(0, 0.02) for subject in SUBJECTS}
    roi_gain = {roi: 0.16 - 0.05 * place for place, roi in enumerate(world["rois"])}
    return [
        {
            "base": world["base"],
            "task": task,
            "method": method,
            "seed": 0,
            "brain": world["brain"] if simulated else world["brain"].removesuffix("-simulated"),
            "simulated": simulated,
            "direction": direction,
            "split": "grouped",
            "roi": roi,
            "subject": subject,
            "fold": fold,
            "two_vs_two": 0.56
            + roi_gain[roi]
            + ADVANTAGE[method] * (1 if direction == "encoding" else 0.5)
            + subject_gain[subject]
            + rng.normal(0, 0.02),
            "two_vs_two_within": 0.52 + rng.normal(0, 0.02),
            "n_pairs_within": 40,
            "rank_accuracy": 0.55 + rng.normal(0, 0.02),
            "layer": 3,
            "alpha_at_border": fold == 0,
        }
        for direction, task, method, roi, subject, fold in itertools.product(
            ("encoding", "decoding"),
            world["tasks"],
            world["methods"],
            world["rois"],
            SUBJECTS,
            range(N_FOLDS),
        )
    ]


def layer_rows(brain_scores: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    keys = ["base", "task", "method", "seed", "brain", "direction", "roi", "subject"]
    means = brain_scores.groupby(keys, sort=False)["two_vs_two"].mean().reset_index()
    per_layer = [
        means.assign(
            layer=layer,
            two_vs_two=means["two_vs_two"]
            - 0.02 * abs(layer - 3)
            + rng.normal(0, 0.01, len(means)),
        )
        for layer in range(6)
    ]
    return pd.concat(per_layer, ignore_index=True)


def ceiling_rows(world: dict, simulated: bool) -> list[dict]:
    return [
        {
            "kind": kind,
            "brain": world["brain"] if simulated else world["brain"].removesuffix("-simulated"),
            "subject": subject,
            "roi": roi,
            "direction": "encoding",
            "two_vs_two": top - 0.04 * place,
            "p": 0.005 if kind == "across-subjects" else float("nan"),
        }
        for kind, top in (("across-subjects", 0.93), ("split-half", 0.8))
        for subject in SUBJECTS
        for place, roi in enumerate(world["rois"][:-1])
    ]


def lineage_rows(task_scores: pd.DataFrame) -> pd.DataFrame:
    keys = task_scores[["base", "task", "method", "seed"]].copy()
    keys["model"] = [f"models:/{r.base}-{r.task}@{r.method}" for r in keys.itertuples()]
    keys["align_run"] = [f"{number:032x}" for number in range(len(keys))]
    keys["align_run_link"] = [f"http://localhost:5000/#/runs/{run}" for run in keys["align_run"]]
    return keys


SETTINGS = {
    "folds": "5, stimulus groups never split",
    "alpha": "chosen per fold on inner folds from 10 values, 0.1 to 100,000",
    "layer and pooling": "chosen with alpha, on the training stimuli only",
    "search trials": 20,
    "seeds": (0,),
    "BERTScore": {"model": "tiny-bert", "rescaled": False},
}


@cache
def study_fields(simulated: bool) -> dict[str, object]:
    rng = np.random.default_rng(0)
    worlds = (TEXT, IMAGE)
    tasks = pd.DataFrame([row for w in worlds for row in task_rows(w, rng)])
    brains = pd.DataFrame([row for w in worlds for row in brain_rows(w, rng, simulated)])
    return {
        "title": "Prompt tuning or fine-tuning?",
        "task_scores": tasks,
        "brain_scores": brains,
        "ceilings": pd.DataFrame([r for w in worlds for r in ceiling_rows(w, simulated)]),
        "layer_profile": layer_rows(brains, rng),
        "settings": SETTINGS,
        "lineage": lineage_rows(tasks),
        **contrast_frames(brains, tasks),
    }


def make_study(simulated: bool = True, **replaced: object) -> StudyResults:
    """Make the results of a whole study; keywords replace single fields.

    With other brain scores than its own there are no differences unless they are passed too.
    """
    fields = dict(study_fields(simulated))
    if "brain_scores" in replaced:
        for name in DIFFERENCES:
            del fields[name]
    own = {f: v.copy() if isinstance(v, pd.DataFrame) else v for f, v in fields.items()}
    return StudyResults(**{**own, **replaced})


@pytest.fixture
def make_results() -> Callable[..., StudyResults]:
    return make_study


@pytest.fixture(scope="module")
def whole_study() -> StudyResults:
    return make_study()
