"""Runs that a study would make or reuse, in the order in which it makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.config import (
    ONLY_SCORES,
    AlignConfig,
    Cell,
    RegimeConfig,
    StudyConfig,
    TuneConfig,
    UntunedModel,
    declared_aligns,
)
from pipeline.data import TASKS
from pipeline.forecast.facts import NetworkFacts, TaskFacts
from pipeline.forecast.known_sizes import NETWORKS, largest_task
from pipeline.forecast.machine import Machine
from pipeline.forecast.minimal_pairs import minimal_pairs_cost
from pipeline.forecast.planned import PlannedRun
from pipeline.forecast.run_cost import Cost, report_cost
from pipeline.forecast.tuning import base_cost, tune_cost, untuned_cost
from pipeline.models.bases import Base
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.names import run_title
from pipeline.tracking.registered import Registered
from pipeline.tracking.registry import whole_version_of
from pipeline.tracking.stages.cell import heeded
from pipeline.tracking.stages.forecast.align_planning import AlignPlanning, FeatureSource
from pipeline.tracking.stages.forecast.checks import (
    ANY_VERSION,
    cell_problems,
    spelling_problems,
    untuned_problems,
)
from pipeline.tracking.stages.forecast.earlier_runs import EarlierRuns
from pipeline.tracking.stages.forecast.facts import (
    network_facts,
    pair_facts,
    reads_masked,
    task_facts,
)
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.forecast.regime_planning import RegimePlanning
from pipeline.tracking.stages.minimal_pairs import STAGE, TITLE, minimal_pairs_stage
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name
from pipeline.tracking.stages.tune.interpolate import find_interpolated
from pipeline.tracking.stages.tune.paths import path_of
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tracking.stages.untouched import METHOD, untouched_stage
from pipeline.tuning.hub_check import NO_SCORER
from pipeline.tuning.methods import METHODS
from pipeline.tuning.methods.wise_ft import ALPHAS
from pipeline.tuning.training.states import log_spaced


class Planning:
    """Lists the runs of a study.

    Parameters
    ----------
    inputs : Inputs
    machine : Machine
    has_store : bool
        Whether there is a store in which earlier runs may be found.
    """

    def __init__(self, inputs: Inputs, machine: Machine, has_store: bool) -> None:
        self.inputs, self.machine = inputs, machine
        self.earlier = EarlierRuns(machine, has_store)
        self.alignments = AlignPlanning(inputs, machine, self.earlier)
        self.regimes = RegimePlanning(inputs, machine, self.earlier, self.alignments)

    def runs(self, study: StudyConfig) -> Iterator[PlannedRun]:
        """List the runs of a study in their order."""
        cells, untuned = list(study.cells()), list(study.untuned_models())
        for cell in cells:
            self.inputs.check(cell_problems(cell, self.inputs), cell.grid)
            yield from self._cell(cell)
        for model in untuned:
            self.inputs.check(untuned_problems(model, self.inputs), model.grid)
            yield from self._untuned(model)
        self.inputs.check(spelling_problems(study, self.inputs))
        models: list[Cell | UntunedModel] = [*cells, *untuned]
        brains = {align["brain"] for model in models for align in model.aligns}
        cost = report_cost(len(models), len(brains), self.machine)
        yield PlannedRun("report", f"report of {study.name}", cost)

    def _cell(self, cell: Cell) -> Iterator[PlannedRun]:
        config = cell.settings.model_validate(cell.tune)
        base, folder = self.inputs.base(config.base) or (None, None)
        network, assumed = _network(base, folder)
        yield from self._kept_base(config.base, base, folder, network)
        if isinstance(config, RegimeConfig):
            for align in cell.aligns:
                settings = AlignConfig.model_validate({**align, "model": ANY_VERSION})
                yield from self.regimes.folds(config, settings, folder, network, assumed)
            return
        tuned, registered = self._tune(config, base, folder, network, assumed)
        yield tuned
        if cell.minimal_pairs and TASKS[config.task].modality == "text":
            yield self._minimal_pairs(cell, config, folder, network, registered)
        source = FeatureSource(partial(_title, config=config), registered, network, assumed)
        for align in cell.aligns:
            settings = AlignConfig.model_validate({**align, "model": ANY_VERSION})
            yield from self.alignments.of_network(settings, source)
        bare = [
            AlignConfig.model_validate({**align, **ONLY_SCORES, "model": ANY_VERSION})
            for align in declared_aligns(cell.aligns).values()
        ]
        for version in _along(config, registered):
            for settings in bare:
                on_path = replace(source, registered=version)
                yield from self.alignments.of_network(settings, on_path)
        for name, value, tune in heeded(cell):
            if getattr(config, name) != value:
                varied = TuneConfig.model_validate(tune)
                tuned, registered = self._tune(varied, base, folder, network, assumed)
                yield tuned
                title = partial(_title, config=varied)
                on_curve = replace(source, title_of=title, registered=registered)
                for settings in bare:
                    yield from self.alignments.of_network(settings, on_curve)

    def _minimal_pairs(
        self,
        cell: Cell,
        config: TuneConfig,
        folder: Path | None,
        network: NetworkFacts | None,
        registered: Registered | None,
    ) -> PlannedRun:
        """Plan the accuracy of a tuned model on minimal pairs."""
        phenomena = self.inputs.minimal_pairs(cell.minimal_pairs)
        title = _title(TITLE, config)
        if phenomena is None or network is None:
            return PlannedRun(STAGE, title, None, assumed=True)
        masked = folder is not None and reads_masked(folder)
        cost = minimal_pairs_cost(pair_facts(phenomena), network, masked, self.machine)
        stage = minimal_pairs_stage(registered, phenomena) if registered else None
        return self.earlier.planned(PlannedRun(STAGE, title, cost, assumed=folder is None), stage)

    def _untuned(self, model: UntunedModel) -> Iterator[PlannedRun]:
        """List the runs of a model as it is: a base, or features of another tool."""
        base, folder = self.inputs.untuned(model) or (None, None)
        configs = [AlignConfig.model_validate(align) for align in model.aligns]
        if not model.is_base:
            for config in configs:
                yield from self.alignments.of_folder(config)
            return
        network, assumed = _network(base, folder)
        yield from self._kept_base(model.model, base, folder, network)
        run, registered = self._untouched(model.model, base, folder, assumed)
        yield run
        name = base.name if base else model.model
        title = partial(run_title, METHOD, 0, subject=name)
        for config in configs:
            yield from self.alignments.of_network(
                config, FeatureSource(title, registered, network, assumed)
            )

    def _untouched(
        self, name: str, base: Base | None, folder: Path | None, assumed: bool
    ) -> tuple[PlannedRun, Registered | None]:
        """Plan the run that registers a base as it is."""
        cost = untuned_cost(self.machine)
        run = PlannedRun("tune", f"base {name} as it is", cost, assumed=assumed)
        if not (base and folder and self.earlier.has_store):
            return run, None
        stage = untouched_stage(base, folder)
        registered = whole_version_of(stage.fingerprint)
        return self.earlier.or_reused(run, registered.run_id if registered else ""), registered

    def _kept_base(
        self, name: str, base: Base | None, folder: Path | None, network: NetworkFacts | None
    ) -> Iterator[PlannedRun]:
        """Plan the run that keeps the files of a base, once in a study."""
        if folder and network:
            mark = f"base-{base_digest(folder)}"
            if self.earlier.is_first(mark):
                run = PlannedRun("base", f"base {name}", base_cost(network, self.machine))
                yield self.earlier.or_reused(run, self.earlier.finished(mark))
        elif base and self.earlier.is_first(f"base {base.name}"):
            cost = base_cost(network, self.machine) if network else None
            yield PlannedRun("base", f"base {base.name}", cost, assumed=True)

    def _tune(
        self,
        config: TuneConfig,
        base: Base | None,
        folder: Path | None,
        network: NetworkFacts | None,
        assumed: bool,
    ) -> tuple[PlannedRun, Registered | None]:
        data = self.inputs.data(config)
        task = TASKS[config.task]
        facts = task_facts(task, data) if data else largest_task(config, task)
        cost = self._tune_cost(config, network, facts) if network else None
        run = PlannedRun("tune", _title("tune", config), cost, assumed=assumed or data is None)
        if not (base and folder and data and self.earlier.has_store):
            return run, None
        request = TuneRequest(config, base, folder, task, data)
        registered = _registered(config, request)
        return self.earlier.or_reused(run, registered.run_id if registered else ""), registered

    def _tune_cost(self, config: TuneConfig, network: NetworkFacts, task: TaskFacts) -> Cost:
        scorer = None
        if task.similarity and config.bertscore_model != NO_SCORER:
            place = self.inputs.scorer(config.bertscore_model)
            known = NETWORKS.get(config.bertscore_model)
            scorer = network_facts(place) if place else known
        modality = TASKS[config.task].modality
        storage = METHODS[config.method].storage.get(modality, "whole")
        return tune_cost(config, network, task, scorer, self.machine, storage)


def _along(config: TuneConfig, registered: Registered | None) -> list[Registered | None]:
    """List the versions along a path that are aligned too: those there are, or as many unknown."""
    if registered:
        points = path_of(registered)
        return [p.version for p in points if p.version.uri != registered.uri]
    method = METHODS[config.method]
    if method.interpolates:
        return [None] * (len(ALPHAS) - 1)  # the best of them is the method's own
    steps = log_spaced(config.checkpoints, config.max_steps)
    return [None] * (len(steps) if method.recipes else 0)


def _title(stage: str, config: TuneConfig) -> str:
    """Name a run as it will be named, but for the version, which nobody knows yet."""
    return run_title(config.method, config.seed, stage, model_name(config))


def _network(base: Base | None, folder: Path | None) -> tuple[NetworkFacts | None, bool]:
    """Read the size of a base, or take the published one, which is then assumed."""
    if folder is not None:
        return network_facts(folder), False
    known = NETWORKS.get(base.hub.repository) if base and base.hub else None
    return known, True


def _registered(config: TuneConfig, request: TuneRequest) -> Registered | None:
    """Find the version that a tuning has made before."""
    if METHODS[config.method].interpolates:
        return find_interpolated(config, request)
    return whole_version_of(request.fingerprint(run_tune))
