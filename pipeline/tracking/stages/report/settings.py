"""The settings of a study's runs, in the words of its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.tracking.stages.extract import CUT_STIMULI
from pipeline.tracking.stages.tune.records import CUT_EXAMPLES

LABELS_OF_PARAMS = {  # params of tune and align runs, and cuts, that a reader wants to know
    "max_train": "training examples, at most",
    "max_eval": "examples to validate on and to test on, at most",
    "max_steps": "training steps, at most",
    "prompt_length": "prompt length",
    "bertscore_model": "BERTScore model",
    "bertscore_layers": "BERTScore layer",
    "pooling": "pooling",
    "split": "split into folds",
    "folds": "outer folds",
    "repeats": "repeats of the split",
    "near_identical": "pixel correlation from which pictures share a group",
    "nuisance": "nuisance features",
    "inner_folds": "inner folds",
    "trials": "Optuna trials over alpha",
    "alpha_low": "smallest alpha",
    "alpha_high": "largest alpha",
    "objective": "inner score that chooses alpha and layer",
    "width": "principal components of every layer (0: all features)",
    "voxel_ceiling": "ceiling above which a voxel is learned",
    "permutations": "permutations for p values",
    "similarity": "similarity of patterns",
    CUT_EXAMPLES: "task examples",
    CUT_STIMULI: "stimuli longer than what is read of them",
}

WORDS = {"True": "yes", "False": "no", "two_vs_two": "2v2 accuracy"}
#: Tags by which differing values are attributed to runs, shortest first.
ATTRIBUTED_BY = (
    ("base",),
    ("method",),
    ("brain",),
    ("task",),
    ("base", "method"),
    ("task", "method"),
)

#: A value, and what names the run that has it.
TextAndTags = tuple[str, Mapping[str, str]]


def settings_of(
    runs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]],
) -> dict[str, str]:
    """Collect the settings of runs; where they differ, say which value is whose.

    Parameters
    ----------
    runs : sequence of (mapping, mapping)
        Params of a run, as MLflow keeps them, and what names it: base, task, method, brain.

    Returns
    -------
    dict of str to str
        Setting in words -> value, as '60 (full), 100 (prompt)' where there are several.
    """
    texts_of_settings = {
        label: [(params[param], names) for params, names in runs if param in params]
        for param, label in LABELS_OF_PARAMS.items()
    }
    return {label: _text(values) for label, values in texts_of_settings.items() if values}


def budget(params: Mapping[str, str]) -> str:
    """Say what a training was allowed: trials, steps and examples."""
    searched = int(params["trials"])
    trials = f"{searched} trials of {params['trial_steps']} steps, then " if searched else ""
    return f"{trials}{params['max_steps']} steps of {params['batch_size']} examples"


def as_text(value: str) -> str:
    """Write a param as a person would."""
    try:
        return f"{float(value):,g}"
    except ValueError:
        return WORDS.get(value, value)


def _text(values: Sequence[TextAndTags]) -> str:
    distinct = list(dict.fromkeys(value for value, _ in values))
    if len(distinct) == 1:
        return as_text(distinct[0])
    for keys in ATTRIBUTED_BY:
        whose = [
            dict.fromkeys(
                " ".join(names.get(key, "") for key in keys) for v, names in values if v == value
            )
            for value in distinct
        ]
        every = [name for names in whose for name in names]
        if len(every) == len(set(every)):
            pairs = zip(distinct, whose, strict=True)
            return ", ".join(f"{as_text(value)} ({', '.join(names)})" for value, names in pairs)
    return ", ".join(map(as_text, distinct))
