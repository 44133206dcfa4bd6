"""``reference``: what a brain dataset gives without any model, for all models to be seen beside.

Its noise ceilings, and how well nuisance features predict it. Every alignment in the same folds
uses the same reference, so it is a run of its own, made by the first that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mlflow
import pandas as pd
from mlflow.entities import Run

from pipeline.alignment.dataset.ceilings import (
    ceiling_units,
    mean_ceilings,
    rsa_bounds_of,
    simulated_signals,
)
from pipeline.alignment.dataset.finished_units import compute_unfinished
from pipeline.alignment.dataset.plan import Plan, compute_parts, make_plan, nuisance_units
from pipeline.alignment.dataset.subject_rois import Arrays
from pipeline.alignment.score_tables import ALL_NUISANCE
from pipeline.brains import BRAINS
from pipeline.brains.dataset import BrainDataset, Stimuli
from pipeline.config import AlignConfig, ComputeConfig, ExtractConfig
from pipeline.extraction.nuisance import nuisance_features
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.names import metric_name
from pipeline.tracking.runs import Stage, artifact, logged_folder, once
from pipeline.tracking.score_files import read_scores
from pipeline.tracking.seals import is_whole
from pipeline.tracking.unfinished import forget, unfinished_folder

#: What an alignment does not depend on: the model's side, and where the work is done.
NOT_OF_SCORING = {*ExtractConfig.model_fields, *ComputeConfig.model_fields, "features"}
#: What only a model's own scores depend on.
ONLY_MODELS = {"width", "permutations", "maps", "partition", "fold"}
CEILINGS, NUISANCE, PAIR_SUMS = "ceilings.csv", "nuisance.csv", "pair_sums.parquet"
RSA_CEILINGS = "rsa_ceilings.csv"


@dataclass(frozen=True)
class Reference:
    """What a brain dataset gives without a model, and the run that holds it."""

    run_id: str

    def ceilings(self) -> pd.DataFrame:
        """Read the noise ceilings: kind, split, subject, roi and scores; no rows where unknown."""
        return read_scores(artifact(self.run_id, CEILINGS))

    def rsa_ceilings(self) -> pd.DataFrame:
        """Read the bounds of RSA: split, roi, low, high; no rows where unknown."""
        files = mlflow.MlflowClient().list_artifacts(self.run_id)
        if not any(file.path == RSA_CEILINGS for file in files):
            return pd.DataFrame()  # of a run that was made before they were kept
        return pd.read_csv(artifact(self.run_id, RSA_CEILINGS), dtype={"roi": str})

    def nuisance(self) -> pd.DataFrame:
        """Read the scores of nuisance features; no rows where they were not asked for."""
        return read_scores(artifact(self.run_id, NUISANCE))

    def pair_sums(self) -> pd.DataFrame:
        """Read the sums over pairs of groups of nuisance features: see :class:`Computed`."""
        return pd.read_parquet(artifact(self.run_id, PAIR_SUMS))


def nuisance_of(config: AlignConfig, brain: BrainDataset) -> Arrays:
    """Compute the nuisance features of an alignment's stimuli; none where they are not wanted."""
    return _nuisance(brain.stimuli, config.split == "shuffled") if config.nuisance else {}


@lru_cache(maxsize=2)  # a study aligns many models with the same brain dataset
def _nuisance(stimuli: Stimuli, with_groups: bool) -> Arrays:
    return nuisance_features(stimuli, with_groups)


def reference_stage(config: AlignConfig, brain: BrainDataset) -> Stage:
    """Describe the stage; the model of the settings is not looked at."""
    settings = config.model_dump(exclude=NOT_OF_SCORING | ONLY_MODELS)
    # of the same responses, a simulation knows the signal and a prepared copy does not
    inputs = {"brain": brain.digest, "simulation": str("simulated" in config.brain)}
    signals_from = (BRAINS[config.brain].read,) if "simulated" in config.brain else ()
    return Stage(
        "reference",
        f"reference of {brain.name}",
        fingerprint("reference", settings, inputs, run_reference, *signals_from),
        {**settings, "brain": config.brain, "brain_dir": config.brain_dir},
        {"brain": brain.name},
    )


def reference_of(config: AlignConfig, brain: BrainDataset) -> Reference:
    """Give the reference of a brain dataset in all folds, of which an alignment may score one."""
    whole = config.model_copy(update={"fold": -1})
    return run_reference(whole, make_plan(whole, brain))


def run_reference(config: AlignConfig, plan: Plan) -> Reference:
    """Estimate ceilings and encode from nuisance features, or find what was computed before.

    Parameters
    ----------
    config : AlignConfig
        Its model is not looked at.
    plan : Plan
    """
    stage = reference_stage(config, plan.brain)

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(plan.brain), context="responses")
        folder = unfinished_folder(stage.fingerprint)
        signals = simulated_signals(config.brain, plan.brain)
        units = [
            unit
            for settings in plan.splits
            for unit in ceiling_units(plan.brain, signals, plan.groups, settings)
        ]
        tables = compute_unfinished([unit.unit for unit in units], folder, config)
        ceilings = mean_ceilings(units, tables)
        bounds = [rsa_bounds_of(plan.brain, plan.groups, settings) for settings in plan.splits]
        units_alone = list(nuisance_units(plan, nuisance_of(config, plan.brain)))
        computed = compute_parts(units_alone, folder, config)
        alone = computed.scores
        with logged_folder() as logged:
            ceilings.to_csv(logged / CEILINGS, index=False)
            pd.concat(bounds).to_csv(logged / RSA_CEILINGS, index=False)
            alone.to_csv(logged / NUISANCE, index=False)
            computed.pair_sums.to_parquet(logged / PAIR_SUMS)
        _log_means(ceilings[ceilings.split == config.split], alone)
        forget(folder)

    return Reference(once(stage, work, is_whole))


def _log_means(ceilings: pd.DataFrame, nuisance: pd.DataFrame) -> None:
    means = {
        metric_name(f"ceiling_{kind}_2v2", roi): value
        for (kind, roi), value in ceilings.groupby(["kind", "roi"]).two_vs_two.mean().items()
    }
    if not nuisance.empty:
        alone = nuisance[nuisance.layer == ALL_NUISANCE]
        by_roi = alone.groupby(["split", "roi"]).two_vs_two.mean()
        means |= {metric_name("nuisance_2v2", roi, split): v for (split, roi), v in by_roi.items()}
    mlflow.log_metrics(means)
