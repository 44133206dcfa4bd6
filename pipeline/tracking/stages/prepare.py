"""``prepare``: brain data as a lab has it in, one checked copy that later stages map out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.entities import Run

from pipeline.alignment.dataset.ceilings import split_half_ceilings
from pipeline.brains import BRAINS
from pipeline.brains.dataset import BrainDataset
from pipeline.brains.overview import overview, overview_text
from pipeline.brains.prepared import write_canonical
from pipeline.brains.spread import voxel_spread
from pipeline.config import PrepareConfig
from pipeline.errors import AlignmentError
from pipeline.reporting.figures.brain import regions_figure, responses_figure
from pipeline.reporting.figures.stimuli import stimuli_figure
from pipeline.tracking.brain_inputs import brain_input
from pipeline.tracking.fetching import fetch_for_good
from pipeline.tracking.fingerprints import fingerprint
from pipeline.tracking.runs import (
    NOTE,
    Stage,
    artifact,
    artifact_uri,
    log,
    logged_folder,
    once,
    visible_refusal,
)
from pipeline.tracking.seals import is_whole

COPY, TEXT = "prepared", "overview.txt"
FOLDS = 5  # in which the ceilings of the overview are scored


@dataclass(frozen=True)
class Prepared:
    """A prepared brain dataset, as logged."""

    run_id: str

    @property
    def folder(self) -> Path:
        """The copy that later stages open as brain ``prepared``."""
        return artifact(self.run_id, COPY)

    @property
    def lasting_folder(self) -> Path:
        """The copy, which for a store on a server is put into this directory."""
        uri = artifact_uri(self.run_id, COPY)
        return fetch_for_good(uri, Path.cwd() / f"prepared-{self.run_id[:8]}")

    @property
    def text(self) -> str:
        """What was found, as a table for a terminal."""
        return artifact(self.run_id, TEXT).read_text(encoding="utf-8")


def run_prepare(config: PrepareConfig) -> Prepared:
    """Read, check, show and keep a brain dataset, or find the copy made before.

    Raises
    ------
    PipelineError
        When files are missing, damaged, or do not match one another.
    """
    tags = {"brain": config.brain}
    stage = Stage("prepare", f"prepare {config.brain}", "", config.model_dump(), tags)
    with visible_refusal(stage):
        brain = BRAINS[config.brain].load(config)
    mark = fingerprint("prepare", {}, {"brain": brain.digest}, run_prepare)
    stage = stage.settled(f"prepare {brain.name}", mark, {}, {"brain": brain.name})

    def work(_: Run) -> None:
        mlflow.log_input(brain_input(brain), context="prepared")
        ceilings = _ceilings(brain)
        table, text = overview(brain, ceilings), overview_text(brain, ceilings)
        with logged_folder() as folder:
            write_canonical(brain, folder / COPY)
            (folder / TEXT).write_text(text, encoding="utf-8")
            table.to_csv(folder / "overview.csv", index=False)
        for name, figure in {
            "regions": regions_figure(brain.name, table),
            "responses": responses_figure(brain.name, voxel_spread(brain)),
            "stimuli": stimuli_figure(brain.name, brain.stimuli),
        }.items():
            mlflow.log_figure(figure, f"{name}.png")
        mlflow.log_metrics({"subjects": len(brain.subjects), "stimuli": len(brain.stimuli)})
        mlflow.set_tag(NOTE, f"```\n{text[:7000]}\n```")

    return Prepared(once(stage, work, is_whole))


def _ceilings(brain: BrainDataset) -> pd.DataFrame:
    """Score the repeats of each subject; none where too few stimuli repeat for the folds."""
    tables = []
    for name, subject in brain.subjects.items():
        if subject.repeats is None:
            continue
        try:
            alone = replace(brain, subjects={name: subject})
            tables.append(split_half_ceilings(alone, FOLDS, "grouped", seed=0))
        except AlignmentError as refusal:
            log.info("no noise ceiling of %s: %s", name, refusal)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
