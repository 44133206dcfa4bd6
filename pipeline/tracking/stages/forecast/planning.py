"""Runs that a study would make or reuse, in the order in which it makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.brains.dataset import BrainDataset
from pipeline.config import ONLY_SCORES, AlignConfig, Cell, StudyConfig, TuneConfig
from pipeline.data import TASKS
from pipeline.forecast.alignment import align_cost, extract_cost, reference_cost
from pipeline.forecast.facts import BrainFacts, NetworkFacts, TaskFacts
from pipeline.forecast.known_sizes import BRAINS, NETWORKS, largest_task
from pipeline.forecast.machine import Machine
from pipeline.forecast.planned import PlannedRun
from pipeline.forecast.run_cost import Cost, report_cost
from pipeline.forecast.tuning import base_cost, tune_cost
from pipeline.models.bases import Base
from pipeline.models.travelling.card import base_digest
from pipeline.tracking.names import run_title
from pipeline.tracking.registered import Registered
from pipeline.tracking.registry import made_whole_by
from pipeline.tracking.runs import Stage, finished_runs
from pipeline.tracking.seals import is_whole
from pipeline.tracking.stages.align.reference import reference_stage
from pipeline.tracking.stages.align.stage import align_stage
from pipeline.tracking.stages.cell import heeded
from pipeline.tracking.stages.extract import extract_stage
from pipeline.tracking.stages.forecast.checks import (
    ANY_VERSION,
    plan_problems,
    pooling_problems,
    tuning_problems,
)
from pipeline.tracking.stages.forecast.facts import brain_facts, network_facts, task_facts
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.tune.inputs import TuneRequest, model_name
from pipeline.tracking.stages.tune.interpolate import find_interpolated
from pipeline.tracking.stages.tune.paths import path_of
from pipeline.tracking.stages.tune.stage import run_tune
from pipeline.tuning.methods import METHODS
from pipeline.tuning.methods.wise_ft import ALPHAS
from pipeline.tuning.training.states import log_spaced

REUSE = 0.5  # bookkeeping of a run that is reused: it is looked up, and its seal compared


@dataclass
class Planning:
    """Lists the runs of a study.

    Parameters
    ----------
    inputs : Inputs
    machine : Machine
    has_store : bool
        Whether there is a store in which earlier runs may be found.
    """

    inputs: Inputs
    machine: Machine
    has_store: bool
    _once: set[str] = field(default_factory=set)

    def runs(self, study: StudyConfig) -> Iterator[PlannedRun]:
        """List the runs of a study in their order."""
        cells = list(study.cells())
        for cell in cells:
            yield from self._cell(cell)
        brains = {align["brain"] for cell in cells for align in cell.aligns}
        cost = report_cost(len(cells), len(brains), self.machine)
        yield PlannedRun("report", f"report of {study.name}", cost)

    def _cell(self, cell: Cell) -> Iterator[PlannedRun]:
        config = TuneConfig.model_validate(cell.tune)
        base, folder = self.inputs.base(config.base) or (None, None)
        network, assumed = _network(base, folder)
        if folder and network:
            yield from self._kept_base(config, folder, network)
        elif base and self._is_first(f"base {base.name}"):
            cost = base_cost(network, self.machine) if network else None
            yield PlannedRun("base", f"base {base.name}", cost, assumed=True)
        tuned, registered = self._tune(config, base, folder, network, assumed)
        yield tuned
        for align in cell.aligns:
            settings = AlignConfig.model_validate({**align, "model": ANY_VERSION})
            self.inputs.check(pooling_problems(settings, base, folder))
            yield from self._aligned(settings, config, registered, network, assumed)
        declared = {align["brain"]: align for align in cell.aligns}
        bare = [
            AlignConfig.model_validate({**align, **ONLY_SCORES, "model": ANY_VERSION})
            for align in declared.values()
        ]
        for version in _along(config, registered):
            for settings in bare:
                yield from self._aligned(settings, config, version, network, assumed)
        for name, value, tune in heeded(cell):
            if getattr(config, name) != value:
                varied = TuneConfig.model_validate(tune)
                tuned, registered = self._tune(varied, base, folder, network, assumed)
                yield tuned
                for settings in bare:
                    yield from self._aligned(settings, varied, registered, network, assumed)

    def _kept_base(
        self, config: TuneConfig, folder: Path, network: NetworkFacts
    ) -> Iterator[PlannedRun]:
        mark = f"base-{base_digest(folder)}"
        if self._is_first(mark):
            run = PlannedRun("base", f"base {config.base}", base_cost(network, self.machine))
            yield self._or_reused(run, self._finished(mark))

    def _tune(
        self,
        config: TuneConfig,
        base: Base | None,
        folder: Path | None,
        network: NetworkFacts | None,
        assumed: bool,
    ) -> tuple[PlannedRun, Registered | None]:
        data = self.inputs.data(config)
        self.inputs.check(tuning_problems(config, base, folder, data))
        task = TASKS[config.task]
        facts = task_facts(task, data) if data else largest_task(config, task)
        cost = self._tune_cost(config, network, facts) if network else None
        run = PlannedRun("tune", _title("tune", config), cost, assumed=assumed or data is None)
        if not (base and folder and data and self.has_store):
            return run, None
        request = TuneRequest(config, base, folder, task, data)
        registered = _registered(config, request)
        return self._or_reused(run, registered.run_id if registered else ""), registered

    def _tune_cost(self, config: TuneConfig, network: NetworkFacts, task: TaskFacts) -> Cost:
        scorer = None
        if task.similarity:
            place = self.inputs.scorer(config.bertscore_model)
            known = NETWORKS.get(config.bertscore_model)
            scorer = network_facts(place) if place else known
        modality = TASKS[config.task].modality
        storage = METHODS[config.method].storage.get(modality, "whole")
        return tune_cost(config, network, task, scorer, self.machine, storage)

    def _aligned(
        self,
        config: AlignConfig,
        tuning: TuneConfig,
        registered: Registered | None,
        network: NetworkFacts | None,
        assumed: bool,
    ) -> Iterator[PlannedRun]:
        """List features, reference and alignment of one version with one brain dataset."""
        brain = self.inputs.brain(config)
        facts = brain_facts(brain) if brain else BRAINS.get(config.brain)
        self._check_plan(config, brain)
        extract, reference, align = self._costs(config, network, facts)
        assumed = assumed or brain is None
        title = f"{_title('extract', tuning)} for {config.brain}"
        extracted = self._planned(
            PlannedRun("extract", title, extract, assumed=assumed),
            extract_stage(config, registered, brain) if registered and brain else None,
        )
        yield extracted
        stage = reference_stage(config, brain) if brain else None
        referred = self._planned(
            PlannedRun("reference", f"reference of {config.brain}", reference, assumed=not brain),
            stage,
        )
        if self._is_first(stage.fingerprint if stage else f"reference {config}"):
            yield referred
        title = f"{_title('align', tuning)} with {config.brain}"
        run = PlannedRun("align", title, align, assumed=assumed)
        if registered and brain and extracted.reuses and referred.reuses:
            inputs = (config, registered, brain, extracted.reuses, referred.reuses)
            yield self._planned(run, align_stage(*inputs))
        else:
            yield run

    def _costs(
        self, config: AlignConfig, network: NetworkFacts | None, brain: BrainFacts | None
    ) -> tuple[Cost | None, Cost | None, Cost | None]:
        if brain is None:
            return None, None, None
        reference = reference_cost(config, brain, self.machine)
        if network is None:
            return None, reference, None
        return (
            extract_cost(config, network, brain, self.machine),
            reference,
            align_cost(config, network, brain, self.machine),
        )

    def _check_plan(self, config: AlignConfig, brain: BrainDataset | None) -> None:
        """Let what is wrong with the folds be told, once for each way of making them."""
        if self._is_first(f"plan {config}"):
            self.inputs.check(plan_problems(config, brain))

    def _planned(self, run: PlannedRun, stage: Stage | None) -> PlannedRun:
        return self._or_reused(run, self._finished(stage.fingerprint) if stage else "")

    def _finished(self, mark: str) -> str:
        """Find the run that holds a result already; empty where there is none."""
        if not self.has_store:
            return ""
        return next((run.info.run_id for run in finished_runs(mark) if is_whole(run)), "")

    def _or_reused(self, run: PlannedRun, run_id: str) -> PlannedRun:
        if not run_id:
            return run
        return replace(run, cost=Cost(REUSE * self.machine.bookkeeping), reuses=run_id)

    def _is_first(self, name: str) -> bool:
        is_first = name not in self._once
        self._once.add(name)
        return is_first


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
    mark = request.fingerprint(run_tune)
    versions = (made_whole_by(run.info.run_id) for run in finished_runs(mark))
    return next((version for version in versions if version), None)
