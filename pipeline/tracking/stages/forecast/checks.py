"""Checks of every cell of a study with its inputs at hand, before any cell is worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.alignment.dataset.plan import make_plan
from pipeline.alignment.dataset.units import check_place
from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig, RegimeConfig, StudyConfig, TuneConfig
from pipeline.data import TASKS
from pipeline.data.task import TaskData
from pipeline.errors import ConfigError, PipelineError, Problem, refuse
from pipeline.extraction.foreign import foreign_layers
from pipeline.models.bases import Base
from pipeline.models.devices import chosen_device
from pipeline.tracking.runs import finished_runs
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.regimes.stage import regime_requests, request_problems
from pipeline.tracking.stages.tune.inputs import TuneRequest, misfits
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tuning.methods import METHODS
from pipeline.tuning.session import Session

ANY_VERSION = "models:/any@any"  # stands in for a version that the study has yet to make


def refuse_unfit(study: StudyConfig, in_store: bool) -> None:
    """Refuse a study with a cell that could not be completed, before any cell is worked on.

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
    plans: set[AlignConfig] = set()
    for cell in study.cells():
        config = cell.settings.model_validate(cell.tune)
        base, folder = inputs.base(config.base) or (None, None)
        if not isinstance(config, RegimeConfig):
            data = inputs.data(config)
            if not (in_store and _has_been_tuned(config, base, folder, data)):
                inputs.check(tuning_problems(config, base, folder, data))
        for align in cell.aligns:
            settings = AlignConfig.model_validate({**align, "model": ANY_VERSION})
            inputs.check(pooling_problems(settings, base, folder))
            if isinstance(config, RegimeConfig):
                inputs.check(fold_problems(config, settings, folder, inputs.brain(settings)))
            if settings not in plans:
                plans.add(settings)
                inputs.check(plan_problems(settings, inputs.brain(settings)))
    for model in study.untuned_models():
        base, folder = inputs.untuned(model) or (None, None)
        for align in model.aligns:
            settings = AlignConfig.model_validate(align)
            inputs.check(untuned_problems(settings, base, folder, inputs.brain(settings)))
    refuse(inputs.wrong.values(), ConfigError)


def _has_been_tuned(
    config: TuneConfig, base: Base | None, folder: Path | None, data: TaskData | None
) -> bool:
    if base is None or folder is None or data is None:
        return False
    request = TuneRequest(config, base, folder, TASKS[config.task], data)
    return bool(finished_runs(request.fingerprint(run_tune)))


def untuned_problems(
    config: AlignConfig, base: Base | None, folder: Path | None, brain: BrainDataset | None
) -> Iterator[Problem]:
    """Find what keeps a model as it is from a brain dataset, as far as these are here."""
    yield from pooling_problems(config, base, folder)
    yield from plan_problems(config, brain)
    if brain is None:
        return
    modality = brain.stimuli.modality
    if base is not None and base.modality != modality:
        expected, finding = f"a model for {modality}, as {brain.name} is", f"'{config.model}'"
        remedy = "Put it into a grid with other brain datasets."
        yield Problem("models", expected, f"{finding}, for {base.modality}", remedy)
    if config.features:
        features = Path(config.features).expanduser()
        yield from _problems_of(lambda: foreign_layers(features, brain.stimuli))


def tuning_problems(
    config: TuneConfig, base: Base | None, folder: Path | None, data: TaskData | None
) -> Iterator[Problem]:
    """Find what keeps a method from a base and a task, as far as these are here."""
    method, task = METHODS[config.method], TASKS[config.task]
    if base is not None:
        yield from misfits(base, task, method)
        if folder is not None and data is not None and not method.interpolates:
            yield from Session(config, base, folder, task, data, method).problems()


def fold_problems(
    config: RegimeConfig, align: AlignConfig, folder: Path | None, brain: BrainDataset | None
) -> Iterator[Problem]:
    """Find what keeps a base from being tuned fold by fold, as far as it is here."""
    if folder is None or brain is None:
        return
    try:
        yield from request_problems(regime_requests(config, align, brain))
    except PipelineError as error:
        yield from error.problems


def pooling_problems(
    config: AlignConfig, base: Base | None, folder: Path | None
) -> Iterator[Problem]:
    """Find out whether a language model has the class token that features are asked of."""
    if config.pooling != "class" or base is None or folder is None or base.modality != "text":
        return
    from transformers import AutoConfig

    from pipeline.models.travelling.architecture import kind_of

    if kind_of(AutoConfig.from_pretrained(folder)) != "encoder":
        yield Problem(
            "pooling",
            f"mean or last, which {base.name} has",
            f"'{config.pooling}'",
            "Change pooling.",
        )


def place_problems(config: AlignConfig) -> Iterator[Problem]:
    """Find out whether scheduler and GPU are there, where an alignment asks for any."""
    yield from _problems_of(lambda: check_place(config))
    if config.device == "cuda":
        yield from _problems_of(lambda: chosen_device(config.device))


def plan_problems(config: AlignConfig, brain: BrainDataset | None) -> Iterator[Problem]:
    """Find what an alignment lacks to compute on, and what keeps folds from being made."""
    yield from place_problems(config)
    if brain is None:
        return
    yield from _problems_of(lambda: make_plan(config, brain))


def _problems_of(check: Callable[[], object]) -> Sequence[Problem]:
    """Call, and give what it refuses."""
    try:
        check()
    except PipelineError as error:
        return error.problems
    return ()
