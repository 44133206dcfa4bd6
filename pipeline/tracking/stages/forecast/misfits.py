"""Misfits of a base, a method, a task and a brain dataset, as far as these are here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pipeline.alignment.dataset.plan import Plan, make_plan
from pipeline.alignment.dataset.units import check_place
from pipeline.alignment.folds import nested_folds
from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig, RegimeConfig, TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import Task, TaskData
from pipeline.errors import PipelineError, Problem, TuningError, refuse
from pipeline.extraction.cuts import prompt_room_problems, room_problems
from pipeline.extraction.foreign import foreign_layers
from pipeline.models.bases import Base
from pipeline.models.devices import chosen_device
from pipeline.tracking.stages.extract import stimulus_problems
from pipeline.tracking.stages.forecast.facts import network_facts
from pipeline.tracking.stages.regimes.stage import regime_requests, request_problems
from pipeline.tracking.stages.tune.inputs import misfits
from pipeline.tuning.forms import FORMS
from pipeline.tuning.hub_check import lacks_deciding_score
from pipeline.tuning.loading import text_config
from pipeline.tuning.methods import METHODS
from pipeline.tuning.scores.bertscore import NAMES, Scorer
from pipeline.tuning.session import Session
from pipeline.tuning.tune import empty_splits

Settings = TypeVar("Settings", bound=TuneConfig)


def tuning_problems(
    config: TuneConfig, base: Base | None, folder: Path | None, data: TaskData | None
) -> Iterator[Problem]:
    """Find what keeps a method from a base and a task, as far as these are here."""
    method, task = METHODS[config.method], TASKS[config.task]
    yield from device_problems(config.device)
    yield from lacks_deciding_score(config)
    if data is not None:
        yield from empty_splits(task, data)
        yield from scorer_problems(config, task, data)
    if base is not None:
        yield from misfits(base, task, method)
        if folder is not None and data is not None and not method.interpolates:
            yield from Session(_anywhere(config), base, folder, task, data, method).problems()


def scorer_problems(config: TuneConfig, task: Task, data: TaskData) -> Iterator[Problem]:
    """Find what keeps the model behind BERTScore from the texts of a task, as far as it is here."""
    scorer = Scorer(config.bertscore_model, config.bertscore_layers)
    if set(NAMES) & set(scorer.choose(task.scores)):
        references = FORMS[task.modality, task.form].references(data.test)
        for problem in scorer.problems(references):
            yield replace(problem, where=f"task {task.name}: {problem.where}")


def fold_problems(
    config: RegimeConfig, align: AlignConfig, folder: Path | None, brain: BrainDataset | None
) -> Iterator[Problem]:
    """Find what keeps a base from being tuned fold by fold, as far as it is here."""
    yield from device_problems(config.device)
    if folder is None or brain is None:
        return

    def check() -> None:
        requests = regime_requests(_anywhere(config), align, brain)
        refuse(request_problems(requests), TuningError)

    yield from problems_of(check)


def stimuli_problems(
    config: AlignConfig,
    base: Base | None,
    folder: Path | None,
    brain: BrainDataset | None,
    prompt_length: int = 0,
) -> Iterator[Problem]:
    """Find what keeps a base from the stimuli of a brain dataset, as far as these are here.

    Parameters
    ----------
    config : AlignConfig
    base : Base or None
    folder : Path or None
        Its config and weights.
    brain : BrainDataset or None
    prompt_length : int
        Of the longest prompt that may stand before the stimuli.
    """
    if base is None:
        return
    if brain is not None:
        yield from stimulus_problems(config, base.name, base.modality, brain)
        if base.modality != brain.stimuli.modality:
            return
    if folder is None:
        return
    if config.pooling == "class" and not _has_class_token(base, folder):
        expected = "mean or last" if base.modality == "text" else "mean"
        expected = f"{expected}, which {base.name} has"
        yield Problem("pooling", expected, f"'{config.pooling}'", "Change pooling.")
    if base.modality == "text" and config.width > (columns := network_facts(folder).width):
        yield _too_wide(config, f"at most {columns}, the features of a layer of {base.name}")
    if base.modality == "text" and brain is not None:
        yield from _lacks_room(config, folder, brain.stimuli.items, prompt_length)


def _has_class_token(base: Base, folder: Path) -> bool:
    """Say whether a token of a base stands for a whole text or picture."""
    if base.modality == "image":
        from pipeline.models.travelling.vision_networks import has_class_token, outline_of

        return has_class_token(outline_of(folder))
    from pipeline.models.travelling.architecture import kind_of

    return kind_of(text_config(folder)) == "encoder"


def _lacks_room(
    config: AlignConfig, folder: Path, items: Any, prompt_length: int
) -> Iterator[Problem]:
    """Find out whether a context is too short for stimuli with what is to stand before them."""
    if config.prompt_room < 0 and not prompt_length:
        return
    from pipeline.models.travelling.architecture import context_length
    from pipeline.models.travelling.framing import as_segments, encode_segments, room_beside_prompts
    from pipeline.models.travelling.text import UNLIMITED
    from pipeline.models.travelling.text_networks import load_tokenizer

    context = context_length(text_config(folder))
    if context is None:
        return
    if problems := list(prompt_room_problems(config.prompt_room, context, folder.name)):
        yield from problems
        return
    room = room_beside_prompts(context, config.prompt_room)
    if context - room < prompt_length < context:  # of a longer one the method says so
        encoded = encode_segments(load_tokenizer(folder), UNLIMITED, as_segments(items))
        counts = [len(one["input_ids"]) for one in encoded]
        yield from room_problems(counts, room, context - prompt_length, prompt_length)


def plan_problems(config: AlignConfig, brain: BrainDataset | None) -> Iterator[Problem]:
    """Find what an alignment lacks to compute on, and what keeps folds from being made."""
    yield from problems_of(lambda: check_place(config))
    yield from device_problems(config.device)
    if brain is None:
        return
    plans: list[Plan] = []
    yield from problems_of(lambda: plans.append(make_plan(config, brain)))
    if config.width and plans:
        n_train = _least_training_rows(plans[0])
        if config.width >= n_train:  # centred, they span one dimension less
            yield _too_wide(config, f"below {n_train}, the training stimuli of a fold")


def _least_training_rows(plan: Plan) -> int:
    """Count the training rows of the smallest outer training fold of any subject."""
    parts = [nested_folds(part.some.groups, part.settings) for part in plan.parts()]
    return min(len(fold.outer.train) for folds in parts for fold in folds)


def _too_wide(config: AlignConfig, expected: str) -> Problem:
    return Problem("width", expected, str(config.width), "Lower width.")


def device_problems(device: str) -> Iterator[Problem]:
    """Find out whether a GPU is there, where one is asked for."""
    if device == "cuda":  # nothing else needs torch, which takes seconds to start
        yield from problems_of(lambda: chosen_device(device))


def foreign_problems(config: AlignConfig, brain: BrainDataset | None) -> Iterator[Problem]:
    """Find what keeps features of another tool from the stimuli of a brain dataset."""
    if config.features and brain is not None:
        folder = Path(config.features).expanduser()
        yield from problems_of(lambda: foreign_layers(folder, brain.stimuli))


def problems_of(check: Callable[[], object]) -> Sequence[Problem]:
    """Call, and give what it refuses."""
    try:
        check()
    except PipelineError as error:
        return error.problems
    return ()


def _anywhere(config: Settings) -> Settings:
    """Give the same settings on the CPU, where what does not fit is found without a GPU."""
    return config.model_copy(update={"device": "cpu"})
