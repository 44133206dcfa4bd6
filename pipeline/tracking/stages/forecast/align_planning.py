"""Runs that take a model, tuned or as it is, to a brain dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.brains.dataset import BrainDataset
from pipeline.config import AlignConfig
from pipeline.extraction.foreign import foreign_layers
from pipeline.forecast.alignment import align_cost, extract_cost, foreign_cost, reference_cost
from pipeline.forecast.facts import BrainFacts, FeatureFacts, NetworkFacts
from pipeline.forecast.known_sizes import BRAINS
from pipeline.forecast.machine import Machine
from pipeline.forecast.planned import PlannedRun
from pipeline.tracking.registered import Registered, made_by
from pipeline.tracking.runs import Stage
from pipeline.tracking.stages.align.reference import reference_stage
from pipeline.tracking.stages.align.stage import align_stage
from pipeline.tracking.stages.extract import extract_stage
from pipeline.tracking.stages.forecast.earlier_runs import EarlierRuns
from pipeline.tracking.stages.forecast.facts import brain_facts, feature_facts
from pipeline.tracking.stages.forecast.inputs import Inputs
from pipeline.tracking.stages.foreign import foreign_stage
from pipeline.tracking.weightless import weight_problems


@dataclass(frozen=True)
class FeatureSource:
    """Where the features of a model come from.

    Parameters
    ----------
    title_of : callable
        Names the run of a stage.
    registered : Registered or None
        Its version, where an earlier study has made it.
    network : NetworkFacts or None
        What computes them; None where that is not known.
    assumed : bool
        Whether the size of the network is the published one.
    """

    title_of: Callable[[str], str]
    registered: Registered | None
    network: NetworkFacts | None
    assumed: bool


@dataclass
class AlignPlanning:
    """Lists features, reference and alignment of models with brain datasets."""

    inputs: Inputs
    machine: Machine
    earlier: EarlierRuns

    def of_network(self, config: AlignConfig, source: FeatureSource) -> Iterator[PlannedRun]:
        """List the runs of a model whose features are computed here."""
        brain = self.inputs.brain(config)
        facts = _facts(config, brain)
        network, registered = source.network, source.registered
        cost = extract_cost(config, network, facts, self.machine) if network and facts else None
        title = f"{source.title_of('extract')} for {config.brain}"
        extracted = self.earlier.planned(
            PlannedRun("extract", title, cost, assumed=source.assumed or brain is None),
            extract_stage(config, registered, brain) if registered and brain else None,
        )
        if registered and not extracted.reuses:
            self.inputs.check(weight_problems(registered))
        yield extracted
        features = network.features if network else None
        yield from self._scored(config, brain, extracted, features, source)

    def of_folder(self, config: AlignConfig) -> Iterator[PlannedRun]:
        """List the runs of features that another tool computed."""
        brain = self.inputs.brain(config)
        folder = Path(config.features).expanduser()
        layers = self.inputs.take(partial(foreign_layers, folder, brain.stimuli)) if brain else None
        cost = (
            foreign_cost(feature_facts(layers), len(brain.stimuli), self.machine)
            if (layers and brain)
            else None
        )
        title = f"features of {config.model} for {config.brain}"
        copying = self.earlier.planned(
            PlannedRun("extract", title, cost, assumed=brain is None),
            foreign_stage(config, layers, brain) if layers and brain else None,
        )
        yield copying
        registered = made_by(copying.reuses) if copying.reuses else None
        source = FeatureSource(
            lambda stage: f"features {stage} {config.model}", registered, None, False
        )
        features = feature_facts(layers) if layers else None
        yield from self._scored(config, brain, copying, features, source)

    def _scored(
        self,
        config: AlignConfig,
        brain: BrainDataset | None,
        extracted: PlannedRun,
        features: FeatureFacts | None,
        source: FeatureSource,
    ) -> Iterator[PlannedRun]:
        """List what follows features: the reference of the brain dataset, and the alignment."""
        facts = _facts(config, brain)
        stage = reference_stage(config, brain) if brain else None
        referred = self._reference(config, facts, stage)
        if self.earlier.is_first(stage.fingerprint if stage else f"reference {config}"):
            yield referred
        cost = align_cost(config, features, facts, self.machine) if features and facts else None
        title = f"{source.title_of('align')} with {config.brain}"
        run = PlannedRun("align", title, cost, assumed=source.assumed or brain is None)
        if source.registered and brain and extracted.reuses and referred.reuses:
            inputs = (config, source.registered, brain, extracted.reuses, referred.reuses)
            yield self.earlier.planned(run, align_stage(*inputs))
        else:
            yield run

    def _reference(
        self, config: AlignConfig, facts: BrainFacts | None, stage: Stage | None
    ) -> PlannedRun:
        cost = reference_cost(config, facts, self.machine) if facts else None
        title = f"reference of {config.brain}"
        run = PlannedRun("reference", title, cost, assumed=stage is None)
        return self.earlier.planned(run, stage)


def _facts(config: AlignConfig, brain: BrainDataset | None) -> BrainFacts | None:
    """Count a brain dataset, or take the published counts."""
    return brain_facts(brain) if brain else BRAINS.get(config.brain)
