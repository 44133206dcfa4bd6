"""Checks of every model of a study with its inputs at hand, before any of them is worked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import AlignConfig, Cell, RegimeConfig, StudyConfig, TuneConfig, UntunedModel
from pipeline.data import TASKS
from pipeline.data.task import TaskData
from pipeline.errors import ConfigError, Problem, refuse
from pipeline.models.bases import Base, short_name
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.runs import finished_runs
from pipeline.tracking.stages.cell import heeded
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.forecast.misfits import (
    fold_problems,
    foreign_problems,
    plan_problems,
    stimuli_problems,
    tuning_problems,
)
from pipeline.tracking.stages.tune.inputs import TuneRequest
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tuning.methods import METHODS
from pipeline.tuning.session import longest_prompt

ANY_VERSION = "models:/any@any"  # stands in for a version that the study has yet to make


def refuse_unfit(study: StudyConfig, in_store: bool) -> None:
    """Refuse a study with a model that could not be completed, before any is worked on.

    Parameters
    ----------
    study : StudyConfig
    in_store : bool
        Whether the store is open, and may hold versions of an earlier run of the study: these fit,
        and to look at their networks once more would only take the seconds that torch takes to
        start.

    Raises
    ------
    ConfigError
        With everything that is here and damaged, or does not fit together.
    """
    inputs = Inputs()
    for cell in study.cells():
        inputs.check(cell_problems(cell, inputs, in_store), cell.grid)
    for model in study.untuned_models():
        inputs.check(untuned_problems(model, inputs), model.grid)
    inputs.check(spelling_problems(study, inputs))
    refuse(inputs.wrong.values(), ConfigError)


def spelling_problems(study: StudyConfig, inputs: Inputs) -> Iterator[Problem]:
    """Find a base that is named in two ways: a model of it would stand in a report twice.

    Other weights under the same last name, two folders ``checkpoint-500``, are another base.
    """
    spellings: defaultdict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    for cell in study.cells():
        base, learned = cell.tune["base"], cell.tune.get("task", cell.regime)
        spellings[short_name(base), learned, cell.tune["method"]][base] = None
    for base in study.untuned_bases():
        spellings[short_name(base),][base] = None
    for several in spellings.values():
        first: dict[str, str] = {}
        for name in several if len(several) > 1 else ():
            _, folder = inputs.base(name) or (None, None)
            if folder is None:
                continue
            earlier = first.setdefault(base_digest(folder), name)
            if earlier != name:
                finding = f"'{earlier}' and '{name}', which have the same files"
                yield Problem("bases", "one name for a base", finding, f"Keep '{earlier}'.")


def cell_problems(cell: Cell, inputs: Inputs, in_store: bool = False) -> Iterator[Problem]:
    """Find what keeps a cell of a grid from being completed, as far as its inputs are here."""
    declared = cell.settings.model_validate(cell.tune)
    varied = [TuneConfig.model_validate(tune) for _, _, tune in heeded(cell)]
    base, folder = inputs.base(declared.base) or (None, None)
    aligns = [AlignConfig.model_validate({**align, "model": ANY_VERSION}) for align in cell.aligns]
    for config in (declared, *varied):
        length = longest_prompt(config, METHODS[config.method])
        if not isinstance(config, RegimeConfig):
            data = inputs.data(config)
            if in_store and _has_been_tuned(config, base, folder, data):
                length = 0  # it fitted; to count tokens would take as long
            else:
                yield from tuning_problems(config, base, folder, data)
        for align in aligns:
            yield from _stimuli_problems(align, config.base, length, inputs)
            if isinstance(config, RegimeConfig):
                yield from fold_problems(config, align, folder, inputs.brain(align))
    for align in aligns:
        yield from _plan_problems(align, inputs)


def untuned_problems(model: UntunedModel, inputs: Inputs) -> Iterator[Problem]:
    """Find what keeps a model as it is from its brain datasets, as far as these are here."""
    for settings in model.aligns:
        align = AlignConfig.model_validate(settings)
        if model.is_base:
            yield from _stimuli_problems(align, model.model, 0, inputs)
        yield from foreign_problems(align, inputs.brain(align))
        yield from _plan_problems(align, inputs)


def _stimuli_problems(
    align: AlignConfig, base_name: str, prompt_length: int, inputs: Inputs
) -> list[Problem]:
    """Find what keeps a base from stimuli, once for each way of reading them."""
    base, folder = inputs.base(base_name) or (None, None)
    brain = inputs.brain(align)

    def find() -> list[Problem]:
        return [*stimuli_problems(align, base, folder, brain, prompt_length)]

    return inputs.once(("stimuli", align, base_name, prompt_length), find)


def _plan_problems(align: AlignConfig, inputs: Inputs) -> list[Problem]:
    """Find what is wrong with the folds, once for each way of making them."""
    settings = align.model_copy(update={"model": ANY_VERSION, "features": ""})
    brain = inputs.brain(align)
    return inputs.once(("plan", settings), lambda: [*plan_problems(settings, brain)])


def _has_been_tuned(
    config: TuneConfig, base: Base | None, folder: Path | None, data: TaskData | None
) -> bool:
    if base is None or folder is None or data is None:
        return False
    request = TuneRequest(config, base, folder, TASKS[config.task], data)
    return bool(finished_runs(request.fingerprint(run_tune)))
