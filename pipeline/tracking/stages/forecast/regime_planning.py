"""Runs of a model that is tuned on stimuli or responses: a version for every outer fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig, RegimeConfig
from pipeline.errors import PipelineError
from pipeline.forecast.facts import NetworkFacts, TaskFacts
from pipeline.forecast.machine import Machine
from pipeline.forecast.planned import PlannedRun
from pipeline.forecast.run_cost import Cost
from pipeline.forecast.tuning import tune_cost
from pipeline.tracking.names import run_title
from pipeline.tracking.registry import made_whole_by
from pipeline.tracking.runs import finished_runs
from pipeline.tracking.stages.forecast.align_planning import AlignPlanning, FeatureSource
from pipeline.tracking.stages.forecast.earlier_runs import EarlierRuns
from pipeline.tracking.stages.forecast.facts import brain_facts
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.regimes.inputs import RegimeRequest, regime_model_name
from pipeline.tracking.stages.regimes.stage import regime_mark, regime_requests
from pipeline.tuning.methods import METHODS


@dataclass
class RegimePlanning:
    """Lists the tunings, features and alignments of models that have a version for every fold.

    Parameters
    ----------
    inputs : Inputs
    machine : Machine
    earlier : EarlierRuns
    alignments : AlignPlanning
    """

    inputs: Inputs
    machine: Machine
    earlier: EarlierRuns
    alignments: AlignPlanning

    def folds(
        self,
        config: RegimeConfig,
        align: AlignConfig,
        folder: Path | None,
        network: NetworkFacts | None,
        assumed: bool,
    ) -> Iterator[PlannedRun]:
        """List the runs of one model with one brain dataset."""
        brain = self.inputs.brain(align)
        requests = _requests(config, align, folder, brain)
        is_control = not METHODS[config.method].recipes
        n_folds = 1 if is_control else len(requests) or align.folds
        cost = self._tune_cost(config, align, network, brain) if network and brain else None
        name = regime_model_name(config, align.brain)
        title = partial(run_title, config.method, config.seed, subject=name)
        for number in range(n_folds):
            own = f"{title('tune')}{'' if is_control else f' fold {number}'}"
            run = PlannedRun("tune", own, cost, assumed=assumed or brain is None)
            registered = None
            if requests and self.earlier.has_store:
                marks = finished_runs(regime_mark(requests[number]))
                versions = (made_whole_by(run.info.run_id) for run in marks)
                registered = next((version for version in versions if version), None)
            yield self.earlier.or_reused(run, registered.run_id if registered else "")
            source = FeatureSource(title, registered, network, assumed)
            of_fold = align if is_control else align.model_copy(update={"fold": number})
            yield from self.alignments.of_network(of_fold, source)
        if not is_control:
            entry = Cost(self.machine.bookkeeping)
            yield PlannedRun("align", f"{title('align')}, {n_folds} folds", entry)

    def _tune_cost(
        self,
        config: RegimeConfig,
        align: AlignConfig,
        network: NetworkFacts,
        brain: BrainDataset,
    ) -> Cost:
        facts = brain_facts(brain)
        n_tuned_on = facts.n_stimuli * (align.folds - 1) / align.folds
        n_validation = round(n_tuned_on / align.inner_folds)
        task = TaskFacts(
            n_train=round(n_tuned_on) - n_validation,
            n_validation=n_validation,
            n_test=n_validation,
            source_tokens=facts.stimulus_tokens,
            target_tokens=0.0,
            longest_target=0,
            outputs=0,
            similarity=False,
        )
        storage = METHODS[config.method].storage.get(facts.modality, "whole")
        return tune_cost(config, network, task, None, self.machine, storage)


def _requests(
    config: RegimeConfig, align: AlignConfig, folder: Path | None, brain: BrainDataset | None
) -> list[RegimeRequest]:
    """Load what is tuned on in every fold; nothing where it is not here, or does not fit."""
    if folder is None or brain is None:
        return []
    try:
        return regime_requests(config, align, brain)
    except PipelineError:
        return []  # which the check has told
