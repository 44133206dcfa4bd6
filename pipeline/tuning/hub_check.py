"""Checks that the hub gives what a tuning needs, made before anything expensive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.config import TuneConfig
from pipeline.data import TASKS, hub_tables
from pipeline.errors import PipelineError, Problem, refuse
from pipeline.hub import absence
from pipeline.models import hub_bases
from pipeline.models.bases import find_base, folder_of

NO_SCORER = "none"
BERTSCORE = "bertscore_"  # how the names of its scores begin


def refuse_out_of_reach(configs: Iterable[TuneConfig], untuned: Iterable[str] = ()) -> None:
    """Refuse tunings whose base, data or scorer neither the hub nor its local cache will give.

    Reads no weights, downloads nothing and imports nothing that takes long.

    Parameters
    ----------
    configs : iterable of TuneConfig
    untuned : iterable of str
        Bases that are aligned as they are, or tuned on no task.

    Raises
    ------
    PipelineError
        With everything that is out of reach.
    """
    tunings = list(configs)
    # each thing once: the cells of a study share most of them
    names = [*(config.base for config in tunings), *untuned]
    bases = dict.fromkeys(find_base(name).hub for name in names)
    tables = dict.fromkeys(_table(config) for config in tunings)
    scorers = dict.fromkeys(_scorer(config) for config in tunings)
    layers = dict.fromkeys((_scorer(config), config.bertscore_layers) for config in tunings)
    problems = [
        *dict.fromkeys(problem for config in tunings for problem in lacks_deciding_score(config)),
        *(problem for base in bases if base for problem in hub_bases.out_of_reach(base)),
        *(problem for table in tables if table for problem in hub_tables.out_of_reach(table)),
        *(problem for scorer in scorers if scorer for problem in scorer_out_of_reach(scorer)),
        *(problem for scorer, n in layers if scorer for problem in too_few_layers(scorer, n)),
    ]
    refuse(problems, PipelineError)


def _table(config: TuneConfig) -> hub_tables.HubTable | None:
    task = TASKS[config.task]
    return None if task.hub is None or config.data_dir else task.hub(config.languages)


def _scorer(config: TuneConfig) -> str:
    scored = any(name.startswith(BERTSCORE) for name in TASKS[config.task].scores)
    return config.bertscore_model if scored and config.bertscore_model != NO_SCORER else ""


def lacks_deciding_score(config: TuneConfig) -> Iterator[Problem]:
    """Find out whether BERTScore is left out where it is what decides."""
    if config.bertscore_model == NO_SCORER and TASKS[config.task].scores[0].startswith(BERTSCORE):
        yield Problem(
            "bertscore_model",
            f"a model, as BERTScore decides which version of {config.task} is best",
            "none",
            "Leave bertscore_model out, or choose a task with another deciding score.",
        )


def scorer_out_of_reach(model: str) -> Iterator[Problem]:
    """Find out whether the model behind BERTScore is neither here, nor cached, nor to be had."""
    from huggingface_hub import try_to_load_from_cache

    if folder_of(model) is None:
        cached = isinstance(try_to_load_from_cache(model, "config.json"), str)
        if not cached and (absent := absence(model, "", "model")):
            yield no_scorer(model, absent.reason)


def too_few_layers(model: str, layer: int) -> Iterator[Problem]:
    """Find out whether the model behind BERTScore has the layer that is to be compared."""
    from huggingface_hub import try_to_load_from_cache

    folder = folder_of(model)
    config = folder / "config.json" if folder else try_to_load_from_cache(model, "config.json")
    if not isinstance(config, (str, Path)) or not Path(config).is_file():
        return  # another check says that the model is out of reach
    described = json.loads(Path(config).read_text(encoding="utf-8"))
    layers = described.get("num_hidden_layers", described.get("num_layers"))
    if layers is not None and layer > layers:
        yield Problem(
            "bertscore_layers",
            f"at most {layers}, the layers of {model}",
            str(layer),
            "Change bertscore_layers.",
        )


def no_scorer(model: str, reason: str) -> Problem:
    """Say that a model cannot serve behind BERTScore."""
    return Problem(
        "bertscore_model",
        "a model in the repository, a local directory, or a hub name that can be reached",
        f"'{model}', {reason}",
        "Pass the directory of a model, bertscore_model=tiny-bert for simulated text, or none.",
    )
