"""``align``: a registered version and a brain dataset in, 2v2 per ROI and subject out."""

from __future__ import annotations

from dataclasses import dataclass

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Run
from numpy.typing import NDArray

from pipeline.alignment import AlignSettings, align, best_layers, make_folds
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.responses import Responses
from pipeline.config import AlignConfig, ExtractConfig
from pipeline.tracking.brains import brain_input, load_brain
from pipeline.tracking.ceilings import split_half_ceilings
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.registry import Registered, resolve, tag_version
from pipeline.tracking.runs import (
    NOTE,
    Stage,
    always,
    artifact,
    log,
    logged_folder,
    once,
    visible_refusal,
)
from pipeline.tracking.stages.extract import Extracted, run_extract

CODE = ("alignment",)
SHARED = set(ExtractConfig.model_fields)  # what align passes on to extract
SCORES, CEILINGS = "scores.csv", "ceilings.csv"


@dataclass(frozen=True)
class Aligned:
    """The scores of one version with one brain dataset, and the runs that hold them.

    Parameters
    ----------
    run_id : str
        Of the align run.
    extract_run : str
        Of the run whose features were scored.
    """

    run_id: str
    extract_run: str

    def scores(self) -> pd.DataFrame:
        """Read every score: one row a subject, direction, ROI, layer and fold."""
        return pd.read_csv(artifact(self.run_id, SCORES))

    def ceilings(self) -> pd.DataFrame:
        """Read the noise ceilings; no rows where stimuli were shown only once."""
        return pd.read_csv(artifact(self.run_id, CEILINGS))


def run_align(config: AlignConfig) -> Aligned:
    """Align a registered version with a brain dataset, or find the scores computed before.

    Features are extracted first where no run holds them yet.

    Raises
    ------
    PipelineError
        When the model is not registered, the brain dataset cannot be read, folds would hold
        fewer than two stimuli, or a pattern is constant.
    """
    names = {"brain": config.brain}
    stage = Stage(
        "align", f"align {config.model} with {config.brain}", "", config.model_dump(), names
    )
    with visible_refusal(stage):
        settings = _settings(config)
        registered = resolve(config.model)
        brain = load_brain(config.brain, config.brain_dir)
        make_folds(brain.stimuli.groups, settings.n_folds, settings.split, settings.seed)
    extracted = run_extract(ExtractConfig(**config.model_dump(include=SHARED)))
    inputs = {"features": extracted.run_id, "brain": brain.digest}
    stage = Stage(
        "align",
        f"align {registered.title} with {brain.name}",
        fingerprint("align", config.model_dump(exclude=SHARED), inputs, CODE),
        {**config.model_dump(), "model": registered.uri},
        {"brain": brain.name, **registered.names},
    )

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="responses")
        scores = _scores(extracted, brain, settings)
        with logged_folder() as folder:
            scores.to_csv(folder / SCORES, index=False)
            ceilings = split_half_ceilings(brain, config.folds, config.split, config.seed)
            ceilings.to_csv(folder / CEILINGS, index=False)
        _log(scores, registered, brain)

    return Aligned(once(stage, work, always), extracted.run_id)


def _settings(config: AlignConfig) -> AlignSettings:
    return AlignSettings(
        split=config.split,
        n_folds=config.folds,
        n_inner_folds=config.inner_folds,
        trials=config.trials,
        alpha_low=config.alpha_low,
        alpha_high=config.alpha_high,
        similarity=config.similarity,
        seed=config.seed,
    )


def _by_roi(subject: Responses) -> dict[str, NDArray[np.float32]]:
    return {roi: subject.values[:, columns] for roi, columns in subject.rois.items()}


def _scores(extracted: Extracted, brain: BrainDataset, settings: AlignSettings) -> pd.DataFrame:
    features = extracted.read()
    tables = []
    for name, subject in brain.subjects.items():
        rows = subject.rows(len(brain.stimuli))
        shown = {layer: x[rows] for layer, x in features.items()}
        table = align(shown, _by_roi(subject), brain.stimuli.groups[rows], settings)
        table.insert(0, "subject", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _log(scores: pd.DataFrame, registered: Registered, brain: BrainDataset) -> None:
    """Log means over folds, and over subjects, to the run, the model and its tune run."""
    chosen = best_layers(scores)
    by_subject = chosen.groupby(["direction", "roi", "subject"], sort=False).two_vs_two.mean()
    by_roi = by_subject.groupby(["direction", "roi"], sort=False).mean()
    means = {f"{direction}_2v2/{roi}": value for (direction, roi), value in by_roi.items()}
    single = {
        f"{direction}_2v2/{roi}/{subject}": value
        for (direction, roi, subject), value in by_subject.items()
    }
    mlflow.log_metrics(
        {**means, **single}, model_id=registered.model_id, dataset=brain_input(brain)
    )
    # the registry's Compare shows the metrics of the run that made each version
    client = mlflow.MlflowClient()
    for metric, value in means.items():
        client.log_metric(registered.run_id, metric, value)
    tag_version(registered, {f"{brain.name}/{k}": f"{v:.4f}" for k, v in means.items()})
    best = ", ".join(f"{name.replace('_2v2/', ' ')} {value:.3f}" for name, value in means.items())
    log.info("  %s", best)
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in means.items())
    mlflow.set_tag(
        NOTE,
        f"2v2 accuracy of `{registered.uri}` with **{brain.name}** ({brain.source}), mean over "
        f"{len(brain.subjects)} subjects; chance is 0.5.\n\n| | 2v2 |\n|---|---|\n{rows}",
    )
